//! One file a route.

pub(crate) mod contact;
pub(crate) mod delete;
pub(crate) mod download;
pub(crate) mod edit;
pub(crate) mod forward;
pub(crate) mod list;
pub(crate) mod location;
pub(crate) mod media;
pub(crate) mod poll;
pub(crate) mod react;
pub(crate) mod reply;
pub(crate) mod search;
pub(crate) mod send;
pub(crate) mod spam;
pub(crate) mod star;
#[cfg(test)]
mod tests;
