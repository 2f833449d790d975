//! WhatsApp sessions: start, stop, pair, send, and what arrives. The only crate that names whatsapp-rust or wacore;
//! none of their types crosses its border.
//!
//! A message is committed with its event before WhatsApp is told that it arrived ([`inbound`]); what is sent has a row
//! before it leaves ([`send`]). One supervisor task a session ([`supervisor`]) owns the library's single-use client and
//! builds the next one.
//!
//! Module order, left to right, a module uses only what stands to its left:
//! `error, passkey, status, abort, media::options, pace, options -> address, http, proxy, content, checked -> store -> context
//! (with media::desk) -> media::row -> normalise -> chats, outcome -> refusal, account -> book -> compose -> send -> groups,
//! reading -> ops -> chores -> notice, inbound, history -> listener -> client -> supervisor -> engine`.

mod abort;
mod account;
pub mod address;
mod book;
mod chats;
mod checked;
mod chores;
mod client;
mod compose;
pub mod content;
mod context;
mod engine;
mod error;
#[cfg(test)]
mod fixture;
mod groups;
mod history;
#[cfg(feature = "sandbox")]
mod http;
mod inbound;
mod listener;
mod media;
mod normalise;
mod notice;
pub mod ops;
mod options;
mod outcome;
mod pace;
mod passkey;
pub mod proxy;
mod reading;
mod refusal;
mod send;
mod status;
mod store;
mod supervisor;

#[cfg(feature = "sandbox")]
pub use abort::abort_at;
pub use account::Account;
pub use book::message_json;
pub use checked::NumberCheck;
pub use engine::Engine;
pub use error::EngineError;
pub use media::{DownloadMode, MediaOptions, StoredMedia};
pub use options::{AddressPolicy, DEFAULT_PRESENCE_EVERY, EngineOptions, HistoryOptions, Network};
pub use pace::PaceOptions;
pub use passkey::{PasskeyAnswer, PasskeyRequest};
pub use send::{
    DEFAULT_WAIT, IfOffline, MAX_WAIT, Outgoing, OutgoingText, SendKey, SendOptions, SendProgress,
    SendReport, SentMessage,
};
pub use status::{SessionSnapshot, SessionStatus};
pub use wagate_storage::clock::{Clock, SystemClock};
