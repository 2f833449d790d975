//! One thing a stream says, and how it is written.

use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use wagate_storage::clock::iso8601;
use wagate_storage::events::EventRow;

use super::cursor;
use super::notices::Notice;

/// What a stream says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Where to go on after it; none where nothing was passed.
    cursor: Option<String>,
    /// None: only that it is still there.
    said: Option<Said>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    event: String,
    json: String,
}

/// Why a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The reader may not read any more.
    Revoked,
    /// The reader does not read.
    Slow,
    /// The gateway stops.
    Closing,
    /// The log cannot be read.
    Unavailable,
}

impl End {
    /// In one word.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Slow => "slow",
            Self::Closing => "closing",
            Self::Unavailable => "unavailable",
        }
    }

    /// Of a WebSocket: 1008 is "policy", 1001 "going away", 1013 "try again later".
    pub(crate) fn close_code(self) -> u16 {
        match self {
            Self::Revoked => 1008,
            Self::Closing => 1001,
            Self::Slow | Self::Unavailable => 1013,
        }
    }
}

/// The envelope that hooks, webhooks and streams share.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    id: &'a str,
    event: &'a str,
    session_id: &'a str,
    sequence: i64,
    chat_sequence: Option<i64>,
    timestamp: String,
    schema: i64,
    data: &'a RawValue,
}

impl Frame {
    /// An event; none when its data cannot be read, which its writer would have to explain.
    pub(crate) fn event(row: &EventRow, slug: &str) -> Option<Self> {
        let event = &row.event;
        let envelope = Envelope {
            id: &event.id,
            event: &event.kind,
            session_id: slug,
            sequence: row.sequence,
            chat_sequence: row.chat_sequence,
            timestamp: iso8601(event.timestamp),
            schema: event.schema,
            data: serde_json::from_str(&event.data).ok()?,
        };
        Some(Self {
            cursor: Some(cursor::write(row.position)),
            said: Some(Said {
                event: event.kind.clone(),
                json: serde_json::to_string(&envelope).ok()?,
            }),
        })
    }

    /// Something of no session, which is in no log: it has no cursor, and moves none.
    pub(crate) fn notice(notice: &Notice) -> Self {
        let envelope = json!({
            "id": notice.id, "event": notice.kind, "sessionId": null, "sequence": null, "chatSequence": null,
            "timestamp": iso8601(notice.at), "schema": 1, "data": notice.data,
        });
        Self {
            cursor: None,
            said: Some(Said {
                event: notice.kind.to_owned(),
                json: envelope.to_string(),
            }),
        }
    }

    /// The first word: where the stream begins.
    pub(crate) fn open(position: i64) -> Self {
        Self::of_stream("stream.open", Some(position), json!({}))
    }

    /// Something is missing here, and why.
    pub(crate) fn gap(position: i64, reason: &str) -> Self {
        Self::of_stream("stream.gap", Some(position), json!({ "reason": reason }))
    }

    /// The last word.
    pub(crate) fn end(end: End) -> Self {
        Self::of_stream("stream.end", None, json!({ "reason": end.reason() }))
    }

    /// Nothing happened, or nothing that is shown; the cursor moves on all the same.
    pub(crate) fn heartbeat(position: i64) -> Self {
        Self {
            cursor: Some(cursor::write(position)),
            said: None,
        }
    }

    fn of_stream(event: &str, position: Option<i64>, mut json: serde_json::Value) -> Self {
        let cursor = position.map(cursor::write);
        if let (Some(object), Some(cursor)) = (json.as_object_mut(), &cursor) {
            object.insert("cursor".to_owned(), cursor.as_str().into());
        }
        Self {
            cursor,
            said: Some(Said {
                event: event.to_owned(),
                json: json.to_string(),
            }),
        }
    }

    /// As a block of an event stream. JSON has no line break, so one `data` line holds it.
    pub(crate) fn as_sse(&self) -> String {
        let id = self
            .cursor
            .as_ref()
            .map(|cursor| format!("id: {cursor}\n"))
            .unwrap_or_default();
        match &self.said {
            Some(said) => format!("{id}event: {}\ndata: {}\n\n", said.event, said.json),
            None => format!(": still here\n{id}\n"),
        }
    }

    /// As a message of a WebSocket; none for what its own pings say.
    pub(crate) fn as_message(&self) -> Option<String> {
        let said = self.said.as_ref()?;
        let data: &RawValue = serde_json::from_str(&said.json).ok()?;
        let message = json!({ "id": self.cursor, "event": said.event, "data": data });
        Some(message.to_string())
    }
}

#[cfg(test)]
mod tests {
    use wagate_storage::events::NewEvent;

    use super::*;

    fn row() -> EventRow {
        EventRow {
            position: 41,
            sequence: 7,
            chat_sequence: None,
            event: NewEvent {
                id: "evt_1".to_owned(),
                session_id: "row".to_owned(),
                kind: "group.update".to_owned(),
                chat: None,
                timestamp: 0,
                schema: 1,
                data: r#"{"subject":"a\nb"}"#.to_owned(),
            },
        }
    }

    #[test]
    fn an_event_is_one_block_or_one_message() {
        let frame = Frame::event(&row(), "shop").unwrap();
        let cursor = cursor::write(41);
        let envelope = r#"{"id":"evt_1","event":"group.update","sessionId":"shop","sequence":7,"chatSequence":null,"timestamp":"1970-01-01T00:00:00.000Z","schema":1,"data":{"subject":"a\nb"}}"#;
        assert_eq!(
            frame.as_sse(),
            format!("id: {cursor}\nevent: group.update\ndata: {envelope}\n\n")
        );
        let message: serde_json::Value = serde_json::from_str(&frame.as_message().unwrap()).unwrap();
        assert_eq!(
            (&message["id"], &message["event"], &message["data"]["sequence"]),
            (&json!(cursor), &json!("group.update"), &json!(7))
        );
    }

    #[test]
    fn a_heartbeat_moves_the_cursor_and_says_nothing() {
        let frame = Frame::heartbeat(5);
        assert_eq!(
            frame.as_sse(),
            format!(": still here\nid: {}\n\n", cursor::write(5))
        );
        assert_eq!(frame.as_message(), None);
        assert_eq!(
            Frame::end(End::Slow).as_sse(),
            "event: stream.end\ndata: {\"reason\":\"slow\"}\n\n"
        );
    }
}
