//! What a client may put into `message`: the text, or the name of the field that is not supported.

use serde::Deserialize;
use serde_json::{Map, Value};
use wagate_plugin_api::Error;

const SUPPORTED: &str = "supported is {\"text\": \"...\"}";

/// The body of a send, before it is understood.
#[derive(Debug, Deserialize)]
pub(crate) struct Send {
    message: Option<Map<String, Value>>,
    mentions: Option<Vec<String>>,
    #[serde(rename = "quotedMessageId")]
    quoted_message_id: Option<String>,
}

/// A text with the people it names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) text: String,
    pub(crate) mentions: Vec<String>,
}

impl Send {
    /// The text to send, or a 400 that names the field.
    pub(crate) fn into_text(self) -> Result<Text, Error> {
        let Some(mut message) = self.message else {
            return Err(Error::bad_request("message is required"));
        };
        if self.quoted_message_id.is_some() {
            return Err(Error::bad_request("quotedMessageId is not supported yet"));
        }
        let inner = message
            .remove("mentions")
            .map(serde_json::from_value::<Vec<String>>)
            .transpose();
        let inner = inner.map_err(|error| Error::bad_request(format!("message.mentions: {error}")))?;
        let text = message.remove("text");
        if let Some(field) = message.keys().next() {
            return Err(Error::bad_request(format!(
                "message.{field} is not supported yet; {SUPPORTED}"
            )));
        }
        let text = match text {
            Some(Value::String(text)) if !text.is_empty() => text,
            Some(Value::String(_)) => return Err(Error::bad_request("message.text must not be empty")),
            Some(_) => return Err(Error::bad_request("message.text must be a string")),
            None => {
                return Err(Error::bad_request(format!(
                    "message.text is required; {SUPPORTED}"
                )));
            }
        };
        Ok(Text {
            text,
            mentions: self.mentions.or(inner).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: Value) -> Result<Text, String> {
        let send: Send = serde_json::from_value(body).unwrap();
        send.into_text().map_err(|error| error.to_string())
    }

    #[test]
    fn text_with_mentions_is_read_from_both_places() {
        let expected = Text {
            text: "hi".to_owned(),
            mentions: vec!["1@lid".to_owned()],
        };
        assert_eq!(
            read(json!({"message": {"text": "hi"}, "mentions": ["1@lid"]})).unwrap(),
            expected
        );
        assert_eq!(
            read(json!({"message": {"text": "hi", "mentions": ["1@lid"]}})).unwrap(),
            expected
        );
    }

    #[test]
    fn refusals_name_the_field() {
        assert!(read(json!({})).unwrap_err().contains("message is required"));
        assert!(
            read(json!({"message": {}}))
                .unwrap_err()
                .contains("message.text is required")
        );
        assert!(
            read(json!({"message": {"text": ""}}))
                .unwrap_err()
                .contains("message.text must not be empty")
        );
        assert!(
            read(json!({"message": {"image": {"url": "x"}}}))
                .unwrap_err()
                .contains("message.image is not supported")
        );
        assert!(
            read(json!({"message": {"text": "a"}, "quotedMessageId": "3EB0"}))
                .unwrap_err()
                .contains("quotedMessageId")
        );
    }
}
