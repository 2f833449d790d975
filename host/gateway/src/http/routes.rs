//! The host's own routes, one file each.

pub(crate) mod health;
pub(crate) mod plugins;
pub(crate) mod sessions;
