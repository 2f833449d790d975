//! The event envelope: what hooks, webhooks and the live stream carry. Not how it is stored.

use serde::{Deserialize, Serialize};

/// Where a message of this account comes from: `origin` of [`kind::MESSAGE_SENT`]. More may come.
pub mod origin {
    /// A client of the API asked for it.
    pub const API: &str = "api";
    /// The owner wrote it, on the phone or another linked device.
    pub const PHONE: &str = "phone";

    /// A plugin sent it by itself: in a hook, or when a timer was due.
    pub fn plugin(id: &str) -> String {
        format!("plugin:{id}")
    }
}

/// Event kinds, as they stand in [`Event::event`]. New kinds are added, none is renamed.
pub mod kind {
    /// A message arrived from another person.
    pub const MESSAGE_RECEIVED: &str = "message.received";
    /// A message left this account: by the API, by a plugin, or from the owner's phone.
    pub const MESSAGE_SENT: &str = "message.sent";
    /// A sent message was accepted, delivered, read, or refused.
    pub const MESSAGE_STATUS: &str = "message.status";
    /// The author changed a message's text.
    pub const MESSAGE_EDITED: &str = "message.edited";
    /// A message was taken back for everyone, or removed by the account's owner from their devices (`forMe`).
    pub const MESSAGE_DELETED: &str = "message.deleted";
    /// Somebody put an emoji on a message, or took it back.
    pub const MESSAGE_REACTION: &str = "message.reaction";
    /// A message came that could not be decrypted. It may come again as `message.received`.
    pub const MESSAGE_UNDECRYPTABLE: &str = "message.undecryptable";
    /// Somebody voted in a poll; with the votes so far.
    pub const POLL_VOTED: &str = "poll.voted";
    /// A group's information or settings changed.
    pub const GROUP_UPDATE: &str = "group.update";
    /// People joined or left a group, or became its admins or were no more.
    pub const GROUP_PARTICIPANT: &str = "group.participant";
    /// A person became better known: a name, an address, a picture.
    pub const CONTACT_UPDATE: &str = "contact.update";
    /// A status post arrived. It also comes as `message.received` with `chatType` `STATUS`.
    pub const STATUS_UPDATE: &str = "status.update";
    /// Somebody calls.
    pub const CALL_RECEIVED: &str = "call.received";
    /// Somebody called and nobody answered.
    pub const CALL_MISSED: &str = "call.missed";
    /// Somebody came online, went, or types. Not every keystroke: see the gateway's settings.
    pub const PRESENCE_UPDATED: &str = "presence.updated";
    /// The account's owner archived, pinned, muted, read, cleared or deleted a chat.
    pub const CHAT_UPDATED: &str = "chat.updated";
    /// A label of WhatsApp Business was made, changed or removed.
    pub const LABEL_UPDATED: &str = "label.updated";
    /// A label of WhatsApp Business was put on a chat or taken off.
    pub const LABEL_ASSIGNED: &str = "label.assigned";
    /// A part of the history the phone sends was written down.
    pub const HISTORY_PROGRESS: &str = "history.progress";
    /// The session's connection state changed, or there is a new code to show.
    pub const CONNECTION_UPDATE: &str = "connection.update";
    /// An endpoint of deliveries was disabled: it failed for too long, is gone, or its owner lost access.
    pub const DELIVERY_DISABLED: &str = "delivery.disabled";
    /// There is a new QR or pair code to show. Worthless after a minute.
    pub const SESSION_QR: &str = "session.qr";
    /// The session's connection state changed.
    pub const SESSION_STATUS: &str = "session.status";
    /// Linking asks for the account's passkey; what is asked is at `GET /api/sessions/{id}/passkey`.
    pub const SESSION_PASSKEY: &str = "session.passkey";

    /// All of them.
    pub const ALL: &[&str] = &[
        MESSAGE_RECEIVED,
        MESSAGE_SENT,
        MESSAGE_STATUS,
        MESSAGE_EDITED,
        MESSAGE_DELETED,
        MESSAGE_REACTION,
        MESSAGE_UNDECRYPTABLE,
        POLL_VOTED,
        GROUP_UPDATE,
        GROUP_PARTICIPANT,
        CONTACT_UPDATE,
        STATUS_UPDATE,
        CALL_RECEIVED,
        CALL_MISSED,
        PRESENCE_UPDATED,
        CHAT_UPDATED,
        LABEL_UPDATED,
        LABEL_ASSIGNED,
        HISTORY_PROGRESS,
        CONNECTION_UPDATE,
        SESSION_QR,
        SESSION_STATUS,
        SESSION_PASSKEY,
        DELIVERY_DISABLED,
    ];
}

/// Whether an event of this kind is meant by `pattern`: the kind itself, `*` for every kind, or `message.*` for every
/// kind that starts with `message.`.
pub fn is_meant(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some("") => true,
        Some(start) => start.ends_with('.') && kind.len() > start.len() && kind.starts_with(start),
        None => pattern == kind,
    }
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

#[cfg(test)]
mod tests {
    use super::is_meant;

    #[test]
    fn patterns_mean_what_they_say() {
        for (pattern, kind, meant) in [
            ("message.received", "message.received", true),
            ("message.received", "message.receiver", false),
            ("*", "anything.at.all", true),
            ("message.*", "message.sent", true),
            ("message.*", "message.", false),
            ("message.*", "messages.sent", false),
            ("message*", "message.sent", false),
            ("example.*", "example.a.b", true),
        ] {
            assert_eq!(is_meant(pattern, kind), meant, "{pattern} {kind}");
        }
    }
}
