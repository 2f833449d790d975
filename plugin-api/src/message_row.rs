//! The contract's `MessageRow`: a stored message as clients read it.

use serde::Serialize;
use serde_json::Value;

use crate::host::{Message, ext};
use crate::jid;
use crate::time::iso8601;

/// A stored message, with what is known besides the contract's fields.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageRow {
    /// Row id.
    pub id: String,
    /// Row id of its session.
    pub session_id: String,
    /// The chat, canonical.
    pub remote_jid: String,
    /// Who wrote it, canonical.
    pub sender_jid: Option<String>,
    /// Written by this account.
    pub from_me: bool,
    /// WhatsApp's id.
    pub key_id: String,
    /// The sender's push name.
    pub push_name: Option<String>,
    /// `TEXT`, `IMAGE` ...
    #[serde(rename = "type")]
    pub kind: String,
    /// Text or caption.
    pub content: Option<String>,
    /// Where its file is, a path of the gateway.
    pub media_url: Option<String>,
    /// `PENDING`, `SENT`, `DELIVERED`, `READ`, `FAILED`.
    pub status: String,
    /// ISO-8601.
    pub timestamp: String,
    /// WhatsApp's id of the quoted message.
    pub quote_id: Option<String>,
    /// The contract has it; people are known by `senderJid`.
    pub contact_id: Option<String>,
    /// Groups only: who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// What the account calls the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender_name: Option<String>,
    /// What the quoted message says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quoted_content: Option<String>,
    /// The type of its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// The name of its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Bytes of its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
    /// ISO-8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<String>,
    /// ISO-8601.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<String>,
    /// Only when it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starred: Option<bool>,
    /// `{emoji, sender, fromMe, timestamp}` each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reactions: Option<Value>,
}

impl MessageRow {
    /// The row of a message of this session.
    pub fn of(message: Message, session_id: &str) -> Self {
        let known = |key: &str| ext(&message.ext, key).map(str::to_owned);
        let number = |key: &str| ext(&message.ext, key).and_then(|text| text.parse().ok());
        let moment = |key: &str| {
            ext(&message.ext, key)
                .and_then(|text| text.parse().ok())
                .map(iso8601)
        };
        Self {
            sender_name: known("senderName"),
            quoted_content: known("quotedContent"),
            media_url: known("mediaUrl"),
            mime_type: known("mimeType"),
            file_name: known("fileName"),
            file_size: number("fileSize"),
            edited_at: moment("editedAt"),
            deleted_at: moment("deletedAt"),
            starred: ext(&message.ext, "starred").map(|text| text == "true"),
            reactions: ext(&message.ext, "reactions").and_then(|text| serde_json::from_str(text).ok()),
            sender: jid::is_group(&message.chat).then(|| message.sender.clone()),
            id: message.id,
            session_id: session_id.to_owned(),
            sender_jid: Some(message.sender),
            remote_jid: message.chat,
            from_me: message.from_me,
            key_id: message.wa_id,
            push_name: message.push_name,
            kind: message.kind,
            content: message.content,
            status: message.status,
            timestamp: iso8601(message.timestamp_ms),
            quote_id: message.quote_id,
            contact_id: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn row(message: Message) -> Value {
        serde_json::to_value(MessageRow::of(message, "session-1")).unwrap()
    }

    #[test]
    fn a_row_has_every_field_the_contract_requires() {
        let row = row(Message {
            id: "row".to_owned(),
            chat: "5@g.us".to_owned(),
            sender: "1@lid".to_owned(),
            ..Message::default()
        });
        for field in [
            "id",
            "sessionId",
            "remoteJid",
            "senderJid",
            "fromMe",
            "keyId",
            "pushName",
            "type",
            "content",
            "mediaUrl",
            "status",
            "timestamp",
            "quoteId",
            "contactId",
        ] {
            assert!(row.get(field).is_some(), "{field}");
        }
        assert_eq!(
            (&row["sender"], &row["sessionId"]),
            (&json!("1@lid"), &json!("session-1"))
        );
        assert!(row.get("fileName").is_none(), "what is not known is left out");
    }

    #[test]
    fn what_is_known_besides_is_told() {
        let known = [
            ("mediaUrl", "/api/media/a.jpg"),
            ("fileSize", "12"),
            ("editedAt", "0"),
            ("starred", "true"),
            ("reactions", r#"[{"emoji":"x"}]"#),
        ];
        let row = row(Message {
            chat: "1@s.whatsapp.net".to_owned(),
            ext: known
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .to_vec(),
            ..Message::default()
        });
        assert_eq!(
            (&row["mediaUrl"], &row["fileSize"]),
            (&json!("/api/media/a.jpg"), &json!(12))
        );
        assert_eq!(
            (&row["editedAt"], &row["starred"]),
            (&json!("1970-01-01T00:00:00.000Z"), &json!(true))
        );
        assert_eq!(row["reactions"][0]["emoji"], "x");
        assert!(row.get("sender").is_none(), "only in groups");
    }
}
