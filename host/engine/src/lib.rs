//! WhatsApp sessions: start, stop, pair, send, and what arrives. The only crate that names whatsapp-rust or wacore;
//! none of their types crosses its border.
//!
//! A message is committed with its event before WhatsApp is told that it arrived ([`inbound`]); what is sent has a row
//! before it leaves ([`send`]). One supervisor task a session ([`supervisor`]) owns the library's single-use client and
//! builds the next one.
//!
//! Module order, left to right, a module uses only what stands to its left:
//! `error, status, options -> address -> store -> context -> normalise -> inbound, outcome -> listener -> client -> send
//! -> supervisor -> engine`.

pub mod address;
mod client;
mod context;
mod engine;
mod error;
mod inbound;
mod listener;
mod normalise;
mod options;
mod outcome;
mod send;
mod status;
mod store;
mod supervisor;

pub use engine::Engine;
pub use error::EngineError;
pub use options::{EngineOptions, Network};
pub use send::{OutgoingText, SendKey, SentMessage};
pub use status::{SessionSnapshot, SessionStatus};
pub use wagate_storage::clock::{Clock, SystemClock};
