//! One file a route.

pub(crate) mod change;
pub(crate) mod show;
#[cfg(test)]
mod tests;
