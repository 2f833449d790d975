//! The contract: every operation of the reference, and what the n8n node sends, over the sandbox.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests: what is not as expected has to fail them"
)]

mod accounts;
mod autoreply;
mod bot;
mod chats;
mod contacts;
mod every;
mod groups;
mod labels;
mod media;
mod messages;
mod n8n;
mod notifications;
mod profile;
mod readmes;
mod scheduler;
mod sends;
mod sessions;
mod status;
mod system;
mod webhooks;

/// The binary under test: the same `main` as the shipped one.
const WAGATE: &str = env!("CARGO_BIN_EXE_wagate-under-contract");
