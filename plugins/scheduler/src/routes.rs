//! The routes.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod update;

#[cfg(test)]
pub(crate) mod tests;
