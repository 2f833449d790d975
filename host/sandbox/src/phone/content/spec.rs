//! What a person is to send, as JSON: `{"type": "image", "caption": "...", "quote": "ID"}`.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub(crate) use super::parts::{
    About, Button, Buttons, Card, Cards, Choice, Edit, File, List, Place, Poll, Raw, Reaction, Section, Text,
    Vote,
};

/// The longest text.
const MAX_TEXT: usize = 65_536;
/// The most options a poll may have.
const MAX_OPTIONS: usize = 12;

/// Why a content object cannot be sent: the field's path and the complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) field: String,
    pub(crate) error: String,
}

impl Wrong {
    pub(crate) fn new(field: impl Into<String>, error: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            error: error.into(),
        }
    }
}

/// A message to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) body: Body,
    pub(crate) options: Options,
}

/// What every kind of message may have.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Options {
    /// Id of the message it answers.
    pub(crate) quote: Option<String>,
    /// Digits or jids.
    pub(crate) mentions: Vec<String>,
    /// Seconds until it disappears.
    pub(crate) ephemeral: Option<u32>,
    pub(crate) view_once: bool,
    /// How often it was forwarded before.
    pub(crate) forwarded: Option<u32>,
}

/// Names of the fields of [`Options`].
const OPTIONS: [&str; 5] = ["quote", "mentions", "ephemeral", "viewOnce", "forwarded"];

/// The message itself.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Text(Text),
    File(FileKind, File),
    Location(Place),
    LiveLocation(Place),
    Contacts(Cards),
    Poll(Poll),
    Vote(Vote),
    Reaction(Reaction),
    Edit(Edit),
    Revoke(About),
    Pin(About),
    Unpin(About),
    Forward(About),
    List(List),
    Buttons(Buttons),
    Choice(Choice),
    Raw(Raw),
}

/// A kind of file, as WhatsApp tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileKind {
    Image,
    Video,
    Gif,
    VideoNote,
    Audio,
    Voice,
    Document,
    Sticker,
}

impl Spec {
    /// A plain text.
    pub(crate) fn text(text: &str) -> Self {
        Self {
            body: Body::Text(Text {
                text: text.to_owned(),
                preview: None,
            }),
            options: Options::default(),
        }
    }

    /// Reads a content object.
    pub(crate) fn parse(value: Value) -> Result<Self, Wrong> {
        let Value::Object(mut fields) = value else {
            return Err(Wrong::new("content", "must be an object"));
        };
        let mut shared = Map::new();
        for name in OPTIONS {
            if let Some(value) = fields.remove(name) {
                shared.insert(name.to_owned(), value);
            }
        }
        let options = read(shared)?;
        let kind = match fields.remove("type") {
            Some(Value::String(kind)) => kind,
            Some(_) => return Err(Wrong::new("content.type", "must be a string")),
            None => return Err(Wrong::new("content.type", "is missing")),
        };
        let spec = Self {
            body: body(&kind, fields)?,
            options,
        };
        spec.check()?;
        Ok(spec)
    }

    fn check(&self) -> Result<(), Wrong> {
        let long = |field: &str, text: &str| {
            if text.is_empty() {
                Err(Wrong::new(field, "must not be empty"))
            } else if text.len() > MAX_TEXT {
                Err(Wrong::new(field, format!("must be at most {MAX_TEXT} bytes")))
            } else {
                Ok(())
            }
        };
        match &self.body {
            Body::Text(text) => long("content.text", &text.text),
            Body::Edit(edit) => long("content.text", &edit.text),
            Body::File(_, file) if file.data.is_some() && file.bytes.is_some() => {
                Err(Wrong::new("content.bytes", "is not allowed beside data"))
            }
            Body::Poll(poll) if !(2..=MAX_OPTIONS).contains(&poll.options.len()) => Err(Wrong::new(
                "content.options",
                format!("must be 2 to {MAX_OPTIONS} texts"),
            )),
            Body::Contacts(cards) if cards.contacts.is_empty() => {
                Err(Wrong::new("content.contacts", "must not be empty"))
            }
            _ => Ok(()),
        }
    }
}

fn body(kind: &str, fields: Map<String, Value>) -> Result<Body, Wrong> {
    let file = |kind, fields| Ok(Body::File(kind, read(fields)?));
    Ok(match kind {
        "text" => Body::Text(read(fields)?),
        "image" => return file(FileKind::Image, fields),
        "video" => return file(FileKind::Video, fields),
        "gif" => return file(FileKind::Gif, fields),
        "videoNote" => return file(FileKind::VideoNote, fields),
        "audio" => return file(FileKind::Audio, fields),
        "voice" => return file(FileKind::Voice, fields),
        "document" => return file(FileKind::Document, fields),
        "sticker" => return file(FileKind::Sticker, fields),
        "location" => Body::Location(read(fields)?),
        "liveLocation" => Body::LiveLocation(read(fields)?),
        "contact" => Body::Contacts(Cards {
            contacts: vec![read(fields)?],
            title: None,
        }),
        "contacts" => Body::Contacts(read(fields)?),
        "poll" => Body::Poll(read(fields)?),
        "vote" => Body::Vote(read(fields)?),
        "reaction" => Body::Reaction(read(fields)?),
        "edit" => Body::Edit(read(fields)?),
        "revoke" => Body::Revoke(read(fields)?),
        "pin" => Body::Pin(read(fields)?),
        "unpin" => Body::Unpin(read(fields)?),
        "forward" => Body::Forward(read(fields)?),
        "list" => Body::List(read(fields)?),
        "buttons" => Body::Buttons(read(fields)?),
        "choice" => Body::Choice(read(fields)?),
        "raw" => Body::Raw(read(fields)?),
        other => {
            return Err(Wrong::new(
                "content.type",
                format!("is {other:?}, which is no kind of message"),
            ));
        }
    })
}

fn read<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, Wrong> {
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." {
            "content".to_owned()
        } else {
            format!("content.{path}")
        };
        Wrong::new(field, error.into_inner().to_string())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn complaints_name_the_field() {
        let cases = [
            (json!("text"), "content"),
            (json!({}), "content.type"),
            (json!({ "type": "smoke" }), "content.type"),
            (json!({ "type": "text", "text": "" }), "content.text"),
            (
                json!({ "type": "text", "text": "x", "mentions": "12025550101" }),
                "content.mentions",
            ),
            (
                json!({ "type": "poll", "question": "?", "options": ["a"] }),
                "content.options",
            ),
            (
                json!({ "type": "contacts", "contacts": [{ "name": 1 }] }),
                "content.contacts[0].name",
            ),
            (
                json!({ "type": "image", "data": "", "bytes": 1 }),
                "content.bytes",
            ),
        ];
        for (value, field) in cases {
            assert_eq!(Spec::parse(value.clone()).unwrap_err().field, field, "{value}");
        }
        let unknown = Spec::parse(json!({ "type": "image", "captoin": "x" })).unwrap_err();
        assert!(unknown.error.contains("captoin"), "{unknown:?}");
    }
}
