//! One file a route.

pub(crate) mod by_label;
pub(crate) mod chat_labels;
pub(crate) mod chats;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod delete_all;
pub(crate) mod list;
pub(crate) mod set_chat_labels;
#[cfg(test)]
mod tests;
pub(crate) mod update;
pub(crate) mod update_all;
