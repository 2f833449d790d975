//! The routes.

pub(crate) mod send;

#[cfg(test)]
mod tests;
