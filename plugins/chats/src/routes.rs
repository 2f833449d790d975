//! One file a route.

pub(crate) mod archive;
pub(crate) mod check;
pub(crate) mod list;
pub(crate) mod messages;
pub(crate) mod mute;
pub(crate) mod pin;
pub(crate) mod presence;
pub(crate) mod profile_picture;
pub(crate) mod read;
#[cfg(test)]
mod tests;
