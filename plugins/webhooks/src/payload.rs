//! What a receiver gets: the contract's envelope around the event, with our fields beside it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wagate_plugin_api::{Error, iso8601};

/// Whose meanings the fields have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum PayloadVersion {
    /// The contract's: in `message.sent`, `from` is the chat.
    #[default]
    #[serde(rename = "1.6.0")]
    Contract,
    /// Of its later versions: `from` is who wrote, `receiver` is who got it.
    #[serde(rename = "later")]
    Later,
}

/// An event, from a hook or from the log.
pub(crate) struct Told<'a> {
    pub(crate) id: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) slug: &'a str,
    pub(crate) sequence: u64,
    pub(crate) chat_sequence: Option<u64>,
    pub(crate) timestamp_ms: i64,
    pub(crate) schema: u32,
    pub(crate) data: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    event: &'a str,
    session_id: &'a str,
    timestamp: String,
    data: &'a RawValue,
    id: &'a str,
    sequence: u64,
    chat_sequence: Option<u64>,
    schema: u32,
}

/// The body for one version.
pub(crate) fn body(event: &Told<'_>, version: PayloadVersion) -> Result<String, Error> {
    let unreadable = |error: serde_json::Error| Error::internal(format!("event {}: {error}", event.id));
    let changed = match version {
        PayloadVersion::Contract => as_the_contract_says(event.kind, event.data),
        PayloadVersion::Later => None,
    };
    let data: &RawValue =
        serde_json::from_str(changed.as_deref().unwrap_or(event.data)).map_err(unreadable)?;
    let envelope = Envelope {
        event: event.kind,
        session_id: event.slug,
        timestamp: iso8601(event.timestamp_ms),
        data,
        id: event.id,
        sequence: event.sequence,
        chat_sequence: event.chat_sequence,
        schema: event.schema,
    };
    serde_json::to_string(&envelope).map_err(unreadable)
}

/// None where nothing differs.
fn as_the_contract_says(kind: &str, data: &str) -> Option<String> {
    if !matches!(kind, "message.sent" | "message.received") {
        return None;
    }
    // Its fields as they stand: nothing in them is looked at.
    let mut data: BTreeMap<Cow<'_, str>, &RawValue> = serde_json::from_str(data).ok()?;
    data.remove("receiver");
    if kind == "message.sent"
        && let Some(chat) = data.get("chat").copied()
    {
        data.insert(Cow::Borrowed("from"), chat);
    }
    serde_json::to_string(&data).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told<'a>(kind: &'a str, data: &'a str) -> Told<'a> {
        Told {
            id: "evt_1",
            kind,
            slug: "shop",
            sequence: 7,
            chat_sequence: Some(2),
            timestamp_ms: 0,
            schema: 1,
            data,
        }
    }

    fn of(kind: &str, data: &str, version: PayloadVersion) -> Value {
        serde_json::from_str(&body(&told(kind, data), version).unwrap()).unwrap()
    }

    #[test]
    fn the_envelope_is_the_contracts_with_ours_beside_it() {
        assert_eq!(
            of("group.update", r#"{"jid":"1@g.us"}"#, PayloadVersion::Contract),
            json!({
                "event": "group.update", "sessionId": "shop", "timestamp": "1970-01-01T00:00:00.000Z",
                "data": { "jid": "1@g.us" }, "id": "evt_1", "sequence": 7, "chatSequence": 2, "schema": 1,
            })
        );
    }

    #[test]
    fn the_versions_differ_in_who_from_is() {
        let data = r#"{"chat":"2@s.whatsapp.net","from":"1@s.whatsapp.net","receiver":"2@s.whatsapp.net"}"#;
        let contract = of("message.sent", data, PayloadVersion::Contract);
        assert_eq!(
            contract["data"],
            json!({ "chat": "2@s.whatsapp.net", "from": "2@s.whatsapp.net" })
        );
        let later = of("message.sent", data, PayloadVersion::Later);
        assert_eq!(later["data"]["from"], "1@s.whatsapp.net");
        assert_eq!(later["data"]["receiver"], "2@s.whatsapp.net");
    }

    /// What is signed and sent is what the event said: numbers are not written anew.
    #[test]
    fn data_passes_as_it_is() {
        let data = r#"{"big":12345678901234567890123,"a":1.50}"#;
        for version in [PayloadVersion::Contract, PayloadVersion::Later] {
            assert!(
                body(&told("call.received", data), version)
                    .unwrap()
                    .contains(data)
            );
        }
    }
}
