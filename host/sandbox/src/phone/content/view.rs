//! A message as JSON. Fields that do not apply are left out.

use serde::Serialize;

/// What a message is.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Content {
    /// `text`, `image`, `video`, `gif`, `videoNote`, `audio`, `voice`, `document`, `sticker`, `location`, `liveLocation`,
    /// `contact`, `contacts`, `poll`, `vote`, `reaction`, `edit`, `revoke`, `pin`, `unpin`, `list`, `buttons`, `choice`,
    /// `groupInvite`, `event`, `ephemeralSetting`, `other`.
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// The words: of a text, a caption, a reaction's emoji, an edit's new text, a poll's question.
    pub(crate) text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) caption: Option<String>,
    /// The id of the message it is about, for reactions, votes, edits, revocations and pins.
    pub(crate) target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mimetype: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) media: Option<Media>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) quoted: Option<Quoted>,
    /// Jids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) mentions: Vec<String>,
    /// How often it was forwarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) forwarded: Option<u32>,
    /// Seconds until it disappears.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ephemeral: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) view_once: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reaction: Option<Reaction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) contacts: Vec<Contact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) poll: Option<Poll>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vote: Option<Vote>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) list: Option<List>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) buttons: Vec<Button>,
    /// The id of the chosen row or button.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) choice: Option<String>,
}

/// A file that came with a message, as the message claims. What was really uploaded is at
/// `GET /phones/{number}/messages/{id}/media`.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Media {
    /// Of the plain file, hex.
    pub(crate) sha256: Option<String>,
    /// Of the plain file.
    pub(crate) bytes: Option<u64>,
    /// Of the encrypted file.
    pub(crate) url: Option<String>,
    pub(crate) direct_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) height: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pages: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) animated: bool,
    /// Bytes of the small picture that comes inside the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) thumbnail_bytes: Option<usize>,
    /// Bytes of the waveform of a voice note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) waveform_bytes: Option<usize>,
}

/// What a message answers.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Quoted {
    pub(crate) id: String,
    pub(crate) from: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<&'static str>,
    pub(crate) text: Option<String>,
}

/// A reaction; without an emoji it takes an earlier one back.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Reaction {
    pub(crate) emoji: Option<String>,
    pub(crate) message: Option<String>,
}

/// A place.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Location {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<String>,
    /// Metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) accuracy: Option<u32>,
    /// Metres a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) speed: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sequence: Option<i64>,
}

/// A card.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Contact {
    pub(crate) name: Option<String>,
    /// Digits.
    pub(crate) numbers: Vec<String>,
    pub(crate) vcard: Option<String>,
}

/// A question with options.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Poll {
    pub(crate) question: String,
    pub(crate) options: Vec<String>,
    /// How many may be chosen; 0 for any number.
    pub(crate) selectable: u32,
}

/// A vote, decrypted. No options: the vote is taken back. `null`: the phone does not know the poll.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Vote {
    pub(crate) poll: Option<String>,
    pub(crate) options: Option<Vec<String>>,
}

/// A menu.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct List {
    pub(crate) title: Option<String>,
    pub(crate) button: Option<String>,
    pub(crate) footer: Option<String>,
    pub(crate) sections: Vec<Section>,
}

/// A part of a menu.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Section {
    pub(crate) title: Option<String>,
    pub(crate) rows: Vec<Row>,
}

/// A line of a menu.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) id: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
}

/// A button.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Button {
    pub(crate) id: Option<String>,
    pub(crate) text: Option<String>,
}
