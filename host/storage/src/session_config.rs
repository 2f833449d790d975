//! The session settings document (`sessions.config`), read leniently: what is missing, unknown or of the wrong type counts
//! as not set, so that a document from another version does not stop a session.

use serde_json::{Map, Value};

/// What a session is set to do. The names are the contract's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionConfig {
    /// `readReceipts`: the people this account talks to may learn that it has read. On unless switched off.
    pub read_receipts: bool,
    /// `ghostMode`: no receipts of reading, never available, never typing.
    pub ghost_mode: bool,
    /// `autoRead`: what arrives is marked as read.
    pub auto_read: bool,
    /// `alwaysOnline`: available as long as it is connected.
    pub always_online: bool,
    /// `rejectCalls`: incoming calls are refused.
    pub reject_calls: bool,
    /// `rejectCallMessage`: what the caller is sent then.
    pub reject_call_text: Option<String>,
    /// `antiDelete`: messages that their senders take back keep their text and media here.
    pub anti_delete: bool,
    /// `syncHistory`: what the phone sends of the past is stored. The gateway's setting where it is not set.
    pub sync_history: Option<bool>,
    /// `historyDays`: nothing older is stored. The gateway's setting where it is not set.
    pub history_days: Option<u32>,
    /// `historyMaxMiB`: chunks beyond this much (compressed) are not stored. The gateway's setting where it is not set.
    pub history_max_mib: Option<u32>,
    /// `sendQueue`: what is sent while the session is not connected waits for the connection.
    pub send_queue: bool,
    /// `sendQueueSeconds`: for so long at most. The gateway's usual time where it is not set.
    pub send_queue_seconds: Option<u32>,
    /// How fast its messages leave.
    pub pacing: PacingConfig,
}

/// What a session's settings say of the pace of its messages; the gateway's settings where they say nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PacingConfig {
    /// `pacing`: whether messages are held back at all.
    pub is_on: Option<bool>,
    /// `messagesPerMinute`; 0: as many as there are.
    pub per_minute: Option<u32>,
    /// `messageBurst`: how many may leave one right after the other.
    pub burst: Option<u32>,
    /// `messageGapMinMs`: the shortest pause between two.
    pub gap_min_ms: Option<u32>,
    /// `messageGapMaxMs`: the longest.
    pub gap_max_ms: Option<u32>,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            read_receipts: true,
            ghost_mode: false,
            auto_read: false,
            always_online: false,
            reject_calls: false,
            reject_call_text: None,
            anti_delete: false,
            sync_history: None,
            history_days: None,
            history_max_mib: None,
            send_queue: false,
            send_queue_seconds: None,
            pacing: PacingConfig::default(),
        }
    }
}

impl SessionConfig {
    /// Of the document's text.
    pub fn parse(document: &str) -> Self {
        let fields = match serde_json::from_str(document) {
            Ok(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        let is_set = |name: &str| fields.get(name).and_then(switch);
        let number = |name: &str| {
            let number = fields.get(name)?.as_u64()?;
            u32::try_from(number).ok()
        };
        let text = fields
            .get("rejectCallMessage")
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|text| !text.is_empty());
        Self {
            read_receipts: is_set("readReceipts").unwrap_or(true),
            ghost_mode: is_set("ghostMode").unwrap_or(false),
            auto_read: is_set("autoRead").unwrap_or(false),
            always_online: is_set("alwaysOnline").unwrap_or(false),
            reject_calls: is_set("rejectCalls").unwrap_or(false),
            reject_call_text: text.map(str::to_owned),
            anti_delete: is_set("antiDelete").unwrap_or(false),
            sync_history: is_set("syncHistory"),
            history_days: number("historyDays"),
            history_max_mib: number("historyMaxMiB"),
            send_queue: is_set("sendQueue").unwrap_or(false),
            send_queue_seconds: number("sendQueueSeconds"),
            pacing: PacingConfig {
                is_on: is_set("pacing"),
                per_minute: number("messagesPerMinute"),
                burst: number("messageBurst"),
                gap_min_ms: number("messageGapMinMs"),
                gap_max_ms: number("messageGapMaxMs"),
            },
        }
    }

    /// Whether others may learn that this account has read something.
    pub fn shows_reading(&self) -> bool {
        self.read_receipts && !self.ghost_mode
    }

    /// Whether the account shows as available while it is connected.
    pub fn shows_online(&self) -> bool {
        self.always_online && !self.ghost_mode
    }
}

/// As forms and scripts write switches.
fn switch(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(on) => Some(*on),
        Value::Number(number) => number.as_i64().and_then(|number| match number {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }),
        Value::String(text) => match text.as_str() {
            "true" | "on" | "1" => Some(true),
            "false" | "off" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::SessionConfig;

    #[test]
    fn what_is_not_understood_counts_as_not_set() {
        for document in [
            "",
            "{",
            "[]",
            "null",
            "7",
            "{\"readReceipts\": {}, \"autoRead\": 2, \"else\": true}",
        ] {
            assert_eq!(
                SessionConfig::parse(document),
                SessionConfig::default(),
                "{document}"
            );
        }
    }

    #[test]
    fn switches_are_read_in_every_spelling() {
        for on in ["true", "1", "\"true\"", "\"on\"", "\"1\""] {
            assert!(
                SessionConfig::parse(&format!("{{\"ghostMode\": {on}}}")).ghost_mode,
                "{on}"
            );
        }
        assert!(!SessionConfig::parse("{\"readReceipts\": false}").read_receipts);
    }

    #[test]
    fn a_ghost_shows_nothing() {
        let ghost =
            SessionConfig::parse("{\"ghostMode\": true, \"alwaysOnline\": true, \"readReceipts\": true}");
        assert!(!ghost.shows_reading() && !ghost.shows_online());
    }
}
