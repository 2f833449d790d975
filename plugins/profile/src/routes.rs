//! One file for what is done to one thing.

pub(crate) mod get;
pub(crate) mod name;
pub(crate) mod picture;
pub(crate) mod status;
#[cfg(test)]
mod tests;
