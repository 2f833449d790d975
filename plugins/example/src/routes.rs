//! One file a route.

pub(crate) mod about;
pub(crate) mod call;
pub(crate) mod capabilities;
pub(crate) mod count;
pub(crate) mod fetch;
pub(crate) mod find_reminder;
pub(crate) mod forget_reminder;
pub(crate) mod history;
pub(crate) mod list_reminders;
pub(crate) mod notify;
pub(crate) mod read_counter;
pub(crate) mod read_document;
pub(crate) mod remind;
pub(crate) mod replace_document;
pub(crate) mod session;
