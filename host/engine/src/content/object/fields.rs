//! Fields of content objects, typed. The error of a wrong one is its path and what is wrong.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::refused;
use crate::EngineError;
use crate::content::MessageRef;

/// Reads a typed part; `at` is where it stands in the object.
pub(super) fn read<T: DeserializeOwned>(json: Value, at: &str) -> Result<T, EngineError> {
    serde_path_to_error::deserialize(json).map_err(|error| {
        let path = error.path().to_string();
        let place = match (at, path.as_str()) {
            ("", ".") => "message".to_owned(),
            (at, ".") => at.to_owned(),
            ("", path) => path.to_owned(),
            (at, path) => format!("{at}.{path}"),
        };
        refused(format!("{place}: {}", error.inner()))
    })
}

/// The same, for the field of this name.
pub(super) fn field<T: DeserializeOwned>(object: &Map<String, Value>, name: &str) -> Result<T, EngineError> {
    read(object.get(name).cloned().unwrap_or(Value::Null), name)
}

/// The fields of [`Common`].
pub(super) const COMMON: &[&str] = &["mentions", "mentionAll", "viewOnce", "ephemeralExpiration"];

/// What may stand beside any kind.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Common {
    pub(super) mentions: Vec<String>,
    pub(super) mention_all: bool,
    pub(super) view_once: bool,
    pub(super) ephemeral_expiration: Option<u32>,
}

/// The fields of [`Beside`].
pub(super) const BESIDE: &[&str] = &[
    "caption",
    "text",
    "mimetype",
    "fileName",
    "ptt",
    "ptv",
    "gifPlayback",
    "seconds",
    "width",
    "height",
    "jpegThumbnail",
    "waveform",
    "isAnimated",
    "pageCount",
    "pack",
    "author",
];

/// What may stand beside a file.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Beside {
    pub(super) caption: Option<String>,
    pub(super) text: Option<String>,
    pub(super) mimetype: Option<String>,
    pub(super) file_name: Option<String>,
    pub(super) ptt: bool,
    pub(super) ptv: bool,
    pub(super) gif_playback: bool,
    pub(super) seconds: Option<u32>,
    pub(super) width: Option<u32>,
    pub(super) height: Option<u32>,
    pub(super) jpeg_thumbnail: Option<Blob>,
    pub(super) waveform: Option<Blob>,
    pub(super) is_animated: bool,
    pub(super) page_count: Option<u32>,
    pub(super) pack: Option<String>,
    pub(super) author: Option<String>,
}

/// Bytes: base64, a data URL, a list of numbers, or what `JSON.stringify` makes of a `Buffer`.
pub(super) struct Blob(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Text(String),
            List(Vec<u8>),
            Buffer { data: Inner },
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Inner {
            Text(String),
            List(Vec<u8>),
        }
        let decode = |text: &str| {
            decode(text)
                .map(Self)
                .ok_or_else(|| D::Error::custom("must be base64"))
        };
        match Written::deserialize(deserializer)? {
            Written::Text(text)
            | Written::Buffer {
                data: Inner::Text(text),
            } => decode(&text),
            Written::List(bytes)
            | Written::Buffer {
                data: Inner::List(bytes),
            } => Ok(Self(bytes)),
        }
    }
}

/// Base64, or a data URL.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let data = match text.strip_prefix("data:") {
        Some(url) => url.split_once(";base64,")?.1,
        None => text,
    };
    STANDARD.decode(data.trim()).ok()
}

/// Which message is meant: its id, its key, or the whole message with its key.
pub(super) struct Target(pub(super) MessageRef);

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Key {
            id: String,
            remote_jid: Option<String>,
            from_me: Option<bool>,
            participant: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Id(String),
            Key(Key),
            Message { key: Key },
        }
        let written = Written::deserialize(deserializer)
            .map_err(|_| D::Error::custom("must be a message's id, or its key with an id"))?;
        Ok(Self(match written {
            Written::Id(id) => MessageRef::by_id(id),
            Written::Key(key) | Written::Message { key } => MessageRef {
                id: key.id,
                chat: key.remote_jid.filter(|jid| !jid.is_empty()),
                from_me: key.from_me,
                participant: key.participant.filter(|jid| !jid.is_empty()),
            },
        }))
    }
}

/// A moment: ISO 8601, or a number of seconds or milliseconds since 1970. Kept in seconds.
pub(super) struct Moment(pub(super) i64);

/// Numbers above are milliseconds: as seconds, they would be in the year 5138.
const LAST_SECOND: i64 = 99_999_999_999;

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(i64),
            Text(String),
        }
        let wrong = || D::Error::custom("must be a moment: ISO 8601, or seconds or milliseconds since 1970");
        match Written::deserialize(deserializer).map_err(|_| wrong())? {
            Written::Number(number) if number.abs() > LAST_SECOND => Ok(Self(number / 1000)),
            Written::Number(number) => Ok(Self(number)),
            Written::Text(text) => chrono::DateTime::parse_from_rfc3339(&text)
                .map(|moment| Self(moment.timestamp()))
                .map_err(|_| wrong()),
        }
    }
}
