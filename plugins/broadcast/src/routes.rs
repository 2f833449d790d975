//! One file a route, or a few that are alike.

pub(crate) mod control;
pub(crate) mod create;
pub(crate) mod history;
#[cfg(test)]
mod tests;
