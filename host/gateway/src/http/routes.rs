//! The host's own routes, one file each.

pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod auth;
pub(crate) mod dashboard;
pub(crate) mod docs;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod media;
pub(crate) mod metrics;
pub(crate) mod plugins;
#[cfg(feature = "sandbox")]
pub(crate) mod sandbox;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod system;
pub(crate) mod users;
