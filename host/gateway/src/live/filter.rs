//! What of the log a stream shows.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use wagate_protocol::event::{is_meant, kind};
use wagate_storage::events::EventRow;

/// Names in one part of a filter.
const MAX_NAMES: usize = 100;
/// Of one name, in bytes.
const MAX_NAME: usize = 128;

/// What a reader asks for. An empty list means everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Slugs or row ids, as they were asked for.
    pub(crate) sessions: Vec<String>,
    /// Kinds, `message.*`, `*`.
    kinds: Vec<String>,
    /// Chats, canonical.
    chats: HashSet<String>,
    /// Whether the codes that link an account are shown: whoever has one takes the account.
    pub(crate) codes: bool,
}

impl Filter {
    /// From the lists of a query, separated by commas. The error names the field.
    pub(crate) fn parse(
        sessions: Option<&str>,
        kinds: Option<&str>,
        chats: Option<&str>,
    ) -> Result<Self, String> {
        let kinds = names("events", kinds)?;
        if let Some(odd) = kinds.iter().find(|kind| !is_kind(kind)) {
            return Err(format!(
                "events: \"{odd}\" is no event kind, such as \"message.received\", \"message.*\" or \"*\""
            ));
        }
        let chats = names("chats", chats)?;
        if let Some(odd) = chats.iter().find(|chat| !chat.contains('@')) {
            return Err(format!(
                "chats: \"{odd}\" is no address, such as \"12025550102@s.whatsapp.net\", as `chat` in the events"
            ));
        }
        Ok(Self {
            sessions: names("sessions", sessions)?,
            kinds,
            chats: chats.into_iter().collect(),
            codes: false,
        })
    }

    fn wants_kind(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.iter().any(|asked| is_meant(asked, kind))
    }

    /// Whether something that belongs to no session is wanted: not by those who asked for sessions or chats.
    pub(crate) fn wants_notice(&self, kind: &str) -> bool {
        self.sessions.is_empty() && self.chats.is_empty() && self.wants_kind(kind)
    }

    /// Whether an event is wanted, by kind and chat.
    pub(crate) fn wants(&self, row: &EventRow) -> bool {
        let kind = &row.event.kind;
        let by_kind = self.wants_kind(kind);
        let chat = row.event.chat.as_ref();
        let by_chat = self.chats.is_empty() || chat.is_some_and(|chat| self.chats.contains(chat));
        by_kind && by_chat && (self.codes || !shows_code(row))
    }
}

/// The status itself is told by an event of its own, without a code.
fn shows_code(row: &EventRow) -> bool {
    let kind = row.event.kind.as_str();
    if kind != kind::SESSION_QR && kind != kind::CONNECTION_UPDATE {
        return false;
    }
    let data: Value = serde_json::from_str(&row.event.data).unwrap_or_default();
    ["qr", "pairingCode"]
        .iter()
        .any(|field| data.get(field).is_some_and(Value::is_string))
}

/// The sessions a reader may see now: slug by row id.
pub(crate) type Visible = HashMap<String, String>;

fn names(field: &str, list: Option<&str>) -> Result<Vec<String>, String> {
    let names = list.unwrap_or_default().split(',').map(str::trim);
    let names: Vec<String> = names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.len() > MAX_NAMES {
        return Err(format!("{field}: at most {MAX_NAMES} names"));
    }
    if names.iter().any(|name| name.len() > MAX_NAME) {
        return Err(format!("{field}: a name has at most {MAX_NAME} bytes"));
    }
    Ok(names)
}

/// A kind, `*`, or `message.*`. In the areas of the gateway's own kinds there are no others; plugins have theirs.
fn is_kind(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let Some((area, word)) = text.split_once('.') else {
        return false;
    };
    let is_ours = kind::ALL.iter().any(|kind| is_meant(&format!("{area}.*"), kind));
    !area.is_empty()
        && !area.contains('*')
        && match word.strip_suffix('*') {
            Some(start) => !start.contains('*') && (start.is_empty() || start.ends_with('.')),
            None if is_ours => kind::ALL.contains(&text),
            None => !word.is_empty() && !word.ends_with('.'),
        }
}

#[cfg(test)]
mod tests {
    use wagate_storage::events::NewEvent;

    use super::*;

    fn row(kind: &str, chat: Option<&str>) -> EventRow {
        EventRow {
            position: 1,
            sequence: 1,
            chat_sequence: None,
            event: NewEvent {
                id: String::new(),
                session_id: String::new(),
                kind: kind.to_owned(),
                chat: chat.map(str::to_owned),
                timestamp: 0,
                schema: 1,
                data: String::new(),
            },
        }
    }

    #[test]
    fn kinds_and_chats_are_looked_at() {
        let filter = Filter::parse(None, Some("message.*, call.missed"), Some("1@g.us")).unwrap();
        assert!(filter.wants(&row("message.sent", Some("1@g.us"))));
        assert!(filter.wants(&row("call.missed", Some("1@g.us"))));
        assert!(!filter.wants(&row("call.received", Some("1@g.us"))));
        assert!(!filter.wants(&row("message.sent", Some("2@g.us"))));
        assert!(!filter.wants(&row("message.sent", None)));
        assert!(Filter::default().wants(&row("anything.new", None)));
        assert!(Filter::default().wants_notice("plugin.changed"));
        assert!(!filter.wants_notice("plugin.changed"));
        let of_session = Filter::parse(Some("shop"), None, None).unwrap();
        assert!(!of_session.wants_notice("plugin.changed"));
    }

    #[test]
    fn codes_are_shown_to_those_who_may_link() {
        let with = |kind: &str, data: &str| {
            let mut row = row(kind, None);
            row.event.data = data.to_owned();
            row
        };
        let mut filter = Filter::default();
        let code = with("session.qr", r#"{"qr":"2@a","pairingCode":null}"#);
        let pairing = with(
            "connection.update",
            r#"{"status":"SCAN_QR","qr":null,"pairingCode":"ABCD"}"#,
        );
        let status = with("connection.update", r#"{"status":"SCAN_QR","qr":null}"#);
        assert!(!filter.wants(&code) && !filter.wants(&pairing) && filter.wants(&status));
        filter.codes = true;
        assert!(filter.wants(&code) && filter.wants(&pairing) && filter.wants(&status));
    }

    #[test]
    fn odd_filters_are_refused_by_name() {
        for kinds in [
            "message",
            "*.sent",
            "message.*.x",
            "message*",
            ".*",
            "message.",
            "message.recieved",
            "example.",
        ] {
            assert!(
                Filter::parse(None, Some(kinds), None)
                    .unwrap_err()
                    .starts_with("events: "),
                "{kinds}"
            );
        }
        assert!(Filter::parse(None, Some("example.reminded,plugin.changed,session.*"), None).is_ok());
        for chats in ["12025550102", "x"] {
            let refusal = Filter::parse(None, None, Some(chats)).unwrap_err();
            assert!(refusal.starts_with("chats: "), "{refusal}");
        }
        let many = "a,".repeat(MAX_NAMES + 1);
        assert!(
            Filter::parse(Some(&many), None, None)
                .unwrap_err()
                .starts_with("sessions: at most")
        );
        let long = "x".repeat(MAX_NAME + 1);
        assert!(
            Filter::parse(None, None, Some(&long))
                .unwrap_err()
                .starts_with("chats: a name")
        );
    }
}
