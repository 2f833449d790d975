//! The event envelope: what hooks, webhooks and the live stream carry. Not how it is stored.

use serde::{Deserialize, Serialize};

/// Event kinds, as they stand in [`Event::event`]. New kinds are added, none is renamed.
pub mod kind {
    /// A message arrived from another person.
    pub const MESSAGE_RECEIVED: &str = "message.received";
    /// A message left this account: by the API, by a plugin, or from the owner's phone.
    pub const MESSAGE_SENT: &str = "message.sent";
    /// A sent message was accepted, delivered, read, or refused.
    pub const MESSAGE_STATUS: &str = "message.status";
    /// The session's connection state changed.
    pub const CONNECTION_UPDATE: &str = "connection.update";
}

/// A fact about a session that was committed before anyone sees it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Stable id: the same on every delivery of this event.
    pub id: String,
    /// The kind, see [`kind`]. Unknown kinds are to be ignored, not refused.
    pub event: String,
    /// The session's slug, as REST clients write it.
    pub session_id: String,
    /// Position in the session's log: 1, 2, 3 ... without gaps.
    pub sequence: i64,
    /// Position within the chat, for events that belong to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_sequence: Option<i64>,
    /// When it happened, ISO-8601 UTC with milliseconds.
    pub timestamp: String,
    /// Version of the shape of `data` for this kind.
    pub schema: u32,
    /// The payload, in the contract's shape for this kind.
    pub data: serde_json::Value,
}
