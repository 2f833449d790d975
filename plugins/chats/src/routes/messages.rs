//! `GET /api/chat/{sessionId}/{jid}`

use serde::Serialize;
use wagate_plugin_api::{Error, Host, Message, Request, Response, iso8601};

use crate::Chats;

/// How many messages the contract promises at most.
const PAGE: u32 = 100;

/// The contract's `MessageRow`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageRow {
    id: String,
    session_id: String,
    remote_jid: String,
    sender_jid: Option<String>,
    from_me: bool,
    key_id: String,
    push_name: Option<String>,
    #[serde(rename = "type")]
    kind: String,
    content: Option<String>,
    media_url: Option<String>,
    status: String,
    timestamp: String,
    quote_id: Option<String>,
    /// Groups only.
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<String>,
}

pub(crate) fn messages(_plugin: &Chats, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let messages = host.messages(&session.id, request.param("jid")?, None, PAGE)?;
    let rows: Vec<MessageRow> = messages
        .into_iter()
        .map(|message| MessageRow::of(message, &session.id))
        .collect();
    Response::data_only(&rows)
}

impl MessageRow {
    fn of(message: Message, session_id: &str) -> Self {
        let in_group = message.chat.ends_with("@g.us");
        Self {
            id: message.id,
            session_id: session_id.to_owned(),
            sender: in_group.then(|| message.sender.clone()),
            sender_jid: Some(message.sender),
            remote_jid: message.chat,
            from_me: message.from_me,
            key_id: message.wa_id,
            push_name: message.push_name,
            kind: message.kind,
            content: message.content,
            media_url: None,
            status: message.status,
            timestamp: iso8601(message.timestamp_ms),
            quote_id: message.quote_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use wagate_plugin_api::testing::{FakeHost, SESSION_ID, request};
    use wagate_plugin_api::{Body, Message, Plugin};

    use crate::Chats;

    #[test]
    fn rows_have_every_field_the_contract_requires() {
        let message = Message {
            id: "row".to_owned(),
            chat: "5@g.us".to_owned(),
            sender: "1@lid".to_owned(),
            ..Message::default()
        };
        let mut host = FakeHost::default();
        host.messages = vec![message];
        let plugin = Chats::new(crate::settings::Settings::default(), &host).unwrap();
        let params = [("sessionId", "shop"), ("jid", "5@g.us")];
        let answer = plugin
            .handle_http(
                &host,
                &request("GET", "/api/chat/{sessionId}/{jid}", &params, None),
            )
            .unwrap();
        let Body::Text(text) = answer.body else {
            panic!("no text")
        };
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert!(answer.get("message").is_none());
        let row = answer["data"][0].as_object().unwrap();
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
        ] {
            assert!(row.contains_key(field), "{field}");
        }
        assert_eq!(row["sender"], "1@lid");
        assert_eq!(row["sessionId"], SESSION_ID);
    }
}
