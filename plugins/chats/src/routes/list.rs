//! `GET /api/chat/{sessionId}`

use serde::Serialize;
use wagate_plugin_api::{Chat, Error, Host, Message, Request, Response, iso8601};

use crate::Chats;

/// The contract's `ChatListItem`. What is not known is left out: its documented types are not nullable.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChatListItem {
    jid: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message: Option<LastMessage>,
}

#[derive(Debug, Serialize)]
struct LastMessage {
    content: Option<String>,
    timestamp: String,
    #[serde(rename = "type")]
    kind: String,
}

pub(crate) fn list(plugin: &Chats, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let chats = host.chats(&request.session()?.id, plugin.max_chats)?;
    let items: Vec<ChatListItem> = chats.into_iter().map(ChatListItem::from).collect();
    Response::json(&items)
}

impl From<Chat> for ChatListItem {
    fn from(chat: Chat) -> Self {
        let number = chat.jid.split('@').next().unwrap_or_default().to_owned();
        Self {
            name: chat.push_name.clone().unwrap_or(number),
            notify: chat.push_name,
            last_message: chat.last.map(LastMessage::from),
            jid: chat.jid,
        }
    }
}

impl From<Message> for LastMessage {
    fn from(message: Message) -> Self {
        Self {
            content: message.content,
            timestamp: iso8601(message.timestamp_ms),
            kind: message.kind,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wagate_plugin_api::testing::{FakeHost, request};
    use wagate_plugin_api::{Body, Chat, Message, Plugin};

    use crate::Chats;

    #[test]
    fn the_list_is_bare_and_leaves_out_what_is_unknown() {
        let last = Message {
            kind: "TEXT".to_owned(),
            content: Some("hi".to_owned()),
            timestamp_ms: 0,
            ..Message::default()
        };
        let known = Chat {
            jid: "1@s.whatsapp.net".to_owned(),
            push_name: Some("Ann".to_owned()),
            last: Some(last),
            ..Chat::default()
        };
        let unknown = Chat {
            jid: "2@lid".to_owned(),
            ..Chat::default()
        };
        let mut host = FakeHost::default();
        host.chats = vec![known, unknown];
        let plugin = Chats::new(crate::settings::Settings::default(), &host).unwrap();
        let answer = plugin
            .handle_http(
                &host,
                &request("GET", "/api/chat/{sessionId}", &[("sessionId", "shop")], None),
            )
            .unwrap();
        let Body::Text(text) = answer.body else {
            panic!("no text")
        };
        let expected = json!([
            { "jid": "1@s.whatsapp.net", "name": "Ann", "notify": "Ann",
              "lastMessage": { "content": "hi", "timestamp": "1970-01-01T00:00:00.000Z", "type": "TEXT" } },
            { "jid": "2@lid", "name": "2" },
        ]);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
    }
}
