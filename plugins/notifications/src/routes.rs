//! The routes.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod read;

#[cfg(test)]
mod tests;
