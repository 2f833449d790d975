//! One file a route.

pub(crate) mod list;
pub(crate) mod messages;
