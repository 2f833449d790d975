//! One file for what is done to one thing.

pub(crate) mod accept;
pub(crate) mod create;
pub(crate) mod description;
pub(crate) mod ephemeral;
pub(crate) mod get;
pub(crate) mod invite;
pub(crate) mod leave;
pub(crate) mod list;
pub(crate) mod members;
pub(crate) mod picture;
pub(crate) mod setting;
pub(crate) mod subject;
#[cfg(test)]
mod tests;
