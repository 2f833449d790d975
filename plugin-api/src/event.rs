//! Events as a hook sees them, with typed payloads for the kinds that are often used.

use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use wagate_protocol::event::is_meant;
pub use wagate_protocol::event::kind::*;

use crate::error::Error;
use crate::request::SessionRef;

/// A fact about a session, committed before anyone sees it.
#[derive(Debug, Clone)]
pub struct Event {
    /// The same on every delivery.
    pub id: String,
    /// The kind, one of the constants of this module or a newer one.
    pub kind: String,
    /// The session it belongs to.
    pub session: SessionRef,
    /// Position in the session's log, without gaps.
    pub sequence: u64,
    /// The chat it belongs to, canonical.
    pub chat: Option<String>,
    /// Position in the chat, for events that belong to one.
    pub chat_sequence: Option<u64>,
    /// When it happened, milliseconds since 1970.
    pub timestamp_ms: i64,
    /// Version of the shape of the payload for this kind.
    pub schema: u32,
    /// The payload, a JSON object.
    pub data: String,
}

impl Event {
    /// The payload as a type; unknown fields are to be expected.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_str(&self.data).map_err(|error| {
            Error::internal(format!(
                "event {} of kind {}: unexpected payload: {error}",
                self.id, self.kind
            ))
        })
    }
}

/// A timer that is due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fire {
    /// The same on every delivery of this occurrence.
    pub id: String,
    /// The timer.
    pub name: String,
    /// The session it was set for.
    pub session: Option<SessionRef>,
    /// What was given when it was set.
    pub payload: String,
    /// When it should have fired, milliseconds since 1970.
    pub due_ms: i64,
    /// How much later it is, milliseconds.
    pub late_ms: u64,
}

/// The payload of `message.received` and `message.sent`, as far as plugins commonly need it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IncomingMessage {
    /// Which message.
    pub key: MessageKey,
    /// The chat, canonical.
    pub chat: String,
    /// The chat as clients of the contract know it.
    pub from: String,
    /// The sender's push name.
    pub push_name: Option<String>,
    /// Whether the chat is a group.
    pub is_group: bool,
    /// `TEXT`, `IMAGE` ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Text, caption, file name ...
    pub content: Option<String>,
    /// The caption of a medium.
    pub caption: Option<String>,
}

impl IncomingMessage {
    /// The chat it was written in: where an answer goes.
    pub fn chat(&self) -> &str {
        [&self.chat, &self.from, &self.key.remote_jid]
            .into_iter()
            .find(|jid| !jid.is_empty())
            .map_or("", String::as_str)
    }
}

/// Which message, in Baileys' form.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MessageKey {
    /// The chat.
    pub remote_jid: String,
    /// Written by this account.
    pub from_me: bool,
    /// WhatsApp's id.
    pub id: String,
    /// Who wrote it, in groups.
    pub participant: Option<String>,
}
