//! `/api/user/api-keys`: one's keys, each for what it is needed for; and `/api/user/api-key`, the one that clients of
//! the contract know. A key is shown once, when it is made.

pub(crate) mod create;
pub(crate) mod default;
pub(crate) mod delete;
pub(crate) mod list;
mod view;
