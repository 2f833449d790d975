//! What clients write into `message`, and what they read of a message that was sent. Not here: what the fields of a
//! content object mean, which is the host's affair.

use serde_json::{Value, json};

use crate::error::Error;
use crate::host::ext;
use crate::messages::{Content, SendOptions, Sent};

/// A content object (`{"text":..}`, `{"image":{"url":..},"caption":..}`), or just a text. A 400 when there is none.
pub fn content(message: Option<&Value>) -> Result<Content, Error> {
    match message {
        None | Some(Value::Null) => Err(required()),
        Some(Value::String(text)) if text.is_empty() => Err(required()),
        Some(Value::String(text)) => Ok(Content::Text(text.clone())),
        Some(Value::Object(object)) if object.is_empty() => Err(required()),
        // Needs no right but that of sending.
        Some(Value::Object(object)) => Ok(match object.get("text") {
            Some(Value::String(text)) if object.len() == 1 => Content::Text(text.clone()),
            _ => Content::Other(Value::Object(object.clone()).to_string()),
        }),
        Some(_) => Err(Error::bad_request(
            "message: must be an object such as {\"text\": \"...\"}",
        )),
    }
}

/// How a message leaves: in answer to another one, if to any, and with these people mentioned.
pub fn options(quote: Option<String>, mentions: Vec<String>) -> SendOptions {
    SendOptions {
        quote,
        mentions,
        view_once: false,
        ext: Vec::new(),
    }
}

/// The contract's `SentMessage`: the message as REST clients know it.
pub fn sent_json(sent: &Sent) -> Value {
    let known = ext(&sent.ext, "message").and_then(|text| serde_json::from_str(text).ok());
    let mut json = match known {
        Some(json @ Value::Object(_)) => json,
        _ => json!({ "key": { "remoteJid": sent.chat, "fromMe": true, "id": sent.id } }),
    };
    if let Value::Object(fields) = &mut json {
        // In the reference this is text, where the protocol has a number.
        let seconds = match fields.get("messageTimestamp") {
            Some(Value::String(seconds)) => seconds.clone(),
            Some(Value::Number(seconds)) => seconds.to_string(),
            _ => (sent.timestamp_ms / 1000).to_string(),
        };
        fields.insert("messageTimestamp".to_owned(), Value::String(seconds));
        fields
            .entry("status")
            .or_insert_with(|| Value::String(sent.status.clone()));
    }
    json
}

fn required() -> Error {
    Error::bad_request("message is required")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_an_object_or_a_text() {
        let read = |json: &Value| content(Some(json));
        assert_eq!(read(&json!("hi")).unwrap(), Content::Text("hi".to_owned()));
        assert_eq!(
            read(&json!({ "text": "hi" })).unwrap(),
            Content::Text("hi".to_owned())
        );
        let rich = json!({ "text": "hi", "viewOnce": true });
        assert_eq!(read(&rich).unwrap(), Content::Other(rich.to_string()));
        for nothing in [json!(null), json!(""), json!({})] {
            assert_eq!(
                read(&nothing).unwrap_err().to_string(),
                "400: message is required"
            );
        }
        assert_eq!(content(None).unwrap_err().status(), 400);
        assert!(
            read(&json!(5))
                .unwrap_err()
                .to_string()
                .contains("must be an object")
        );
    }

    #[test]
    fn what_was_sent_is_told_as_clients_know_it() {
        let mut sent = Sent {
            id: "3EB0".to_owned(),
            chat: "15550100@s.whatsapp.net".to_owned(),
            sender: "15550199@s.whatsapp.net".to_owned(),
            timestamp_ms: 1_760_000_000_500,
            status: "SENT".to_owned(),
            ext: Vec::new(),
        };
        let key = json!({ "remoteJid": "15550100@s.whatsapp.net", "fromMe": true, "id": "3EB0" });
        let bare = json!({ "key": key, "messageTimestamp": "1760000000", "status": "SENT" });
        assert_eq!(sent_json(&sent), bare);
        let known = json!({ "key": key, "messageTimestamp": "5", "message": { "conversation": "hi" } });
        sent.ext.push(("message".to_owned(), known.to_string()));
        let json = sent_json(&sent);
        assert_eq!(
            (&json["messageTimestamp"], &json["message"]["conversation"]),
            (&json!("5"), &json!("hi"))
        );
    }
}
