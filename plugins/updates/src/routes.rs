//! The routes.

pub(crate) mod check;
