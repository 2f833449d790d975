//! The end-to-end suite: one binary, one file an idea.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests: what is not as expected has to fail them"
)]

mod accounts;
mod admin;
mod backup;
mod check;
mod crash;
mod disk;
mod documents;
mod events;
mod files;
mod floods;
mod holes;
mod hostile;
mod hot;
mod javascript;
mod lifecycle;
mod matrix;
mod media;
mod messages;
mod native;
mod operations;
mod proxies;
mod reload;
mod repeated;
mod sends;
mod settings;
mod storm;
mod story;
mod stream;
mod timers;
mod webhooks;
mod windows;

/// The binary under test: the same `main` as the shipped one.
const WAGATE: &str = env!("CARGO_BIN_EXE_wagate-under-test");
