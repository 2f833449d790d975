//! One file for what is done to one thing.

#[cfg(test)]
mod tests;
pub(crate) mod update;
