//! The end-to-end suite: one binary, one file an idea.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests: what is not as expected has to fail them"
)]

mod admin;
mod crash;
mod hostile;
mod javascript;
mod lifecycle;
mod messages;
mod reload;
mod story;
mod timers;

/// The binary under test: the same `main` as the shipped one.
const WAGATE: &str = env!("CARGO_BIN_EXE_wagate-under-test");
