//! One file a route.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod deliveries;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod redeliver;
pub(crate) mod replay;
pub(crate) mod rotate_secret;
pub(crate) mod test;
#[cfg(test)]
mod tests;
pub(crate) mod update;
