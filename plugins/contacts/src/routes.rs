//! One file for what is done to one thing.

pub(crate) mod block;
pub(crate) mod list;
#[cfg(test)]
mod tests;
