//! The kinds of messages, field by field as they are written in JSON.

use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// A link preview.
    pub(crate) preview: Option<Preview>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Preview {
    pub(crate) url: String,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct File {
    /// The file, base64. Without it (and without `bytes`) a small sample is sent.
    pub(crate) data: Option<String>,
    /// Makes up a file of so many bytes.
    pub(crate) bytes: Option<u64>,
    pub(crate) mimetype: Option<String>,
    pub(crate) caption: Option<String>,
    #[serde(rename = "fileName")]
    pub(crate) name: Option<String>,
    pub(crate) seconds: Option<u32>,
    pub(crate) width: Option<u32>,
    pub(crate) height: Option<u32>,
    pub(crate) pages: Option<u32>,
    pub(crate) animated: bool,
    /// The small picture inside the message, base64.
    pub(crate) thumbnail: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Place {
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) name: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) caption: Option<String>,
    pub(crate) accuracy: Option<u32>,
    pub(crate) speed: Option<f32>,
    pub(crate) sequence: Option<i64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Cards {
    pub(crate) contacts: Vec<Card>,
    pub(crate) title: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Card {
    pub(crate) name: String,
    pub(crate) number: Option<String>,
    /// Instead of `number`.
    pub(crate) vcard: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Poll {
    pub(crate) question: String,
    pub(crate) options: Vec<String>,
    /// 0 for any number.
    #[serde(default = "one")]
    pub(crate) selectable: u32,
}

fn one() -> u32 {
    1
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Vote {
    /// Id of the poll's message.
    pub(crate) poll: String,
    /// The options' texts; none takes the vote back.
    pub(crate) options: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Reaction {
    pub(crate) message: String,
    /// Empty takes the reaction back.
    pub(crate) emoji: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Edit {
    pub(crate) message: String,
    pub(crate) text: String,
}

/// Nothing but the message it is about.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct About {
    pub(crate) message: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct List {
    pub(crate) title: Option<String>,
    pub(crate) text: String,
    pub(crate) button: String,
    pub(crate) footer: Option<String>,
    pub(crate) sections: Vec<Section>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Section {
    pub(crate) title: Option<String>,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) description: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Buttons {
    pub(crate) text: String,
    pub(crate) footer: Option<String>,
    #[serde(rename = "buttons")]
    pub(crate) choices: Vec<Button>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Button {
    pub(crate) id: String,
    pub(crate) text: String,
}

/// The choice out of a list or buttons.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choice {
    /// Id of the message with the list or the buttons.
    pub(crate) message: String,
    /// Id of the row or the button.
    pub(crate) id: String,
}

/// Any protobuf at all.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Raw {
    /// Base64 of a `Message`.
    pub(crate) proto: String,
}
