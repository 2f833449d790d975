//! A label as the contract shows it.

use serde::Serialize;
use wagate_plugin_api::{SessionRef, iso8601};

use crate::shelf::Label;

/// What each colour looks like, as clients of the contract know it.
const COLORS: [&str; 20] = [
    "#FF0000", "#FF7F00", "#FFFF00", "#00FF00", "#0000FF", "#4B0082", "#9400D3", "#FF1493", "#00CED1",
    "#32CD32", "#FFD700", "#FF69B4", "#8B4513", "#2F4F4F", "#696969", "#708090", "#778899", "#B0C4DE",
    "#ADD8E6", "#F0E68C",
];

/// The contract's `LabelRow`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LabelRow {
    id: String,
    /// The slug: so it is in the contract.
    session_id: String,
    name: String,
    color: u32,
    color_hex: &'static str,
    /// Its id at WhatsApp; empty when it has none.
    predefined_id: String,
    created_at: String,
    updated_at: String,
    #[serde(rename = "_count", skip_serializing_if = "Option::is_none")]
    count: Option<Count>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    chat_labels: usize,
}

impl LabelRow {
    pub(crate) fn of(label: &Label, session: &SessionRef) -> Self {
        Self {
            id: label.id.clone(),
            session_id: session.slug.clone(),
            name: label.name.clone(),
            color: label.color,
            color_hex: color_hex(label.color),
            predefined_id: label.wa_id.clone().unwrap_or_default(),
            created_at: iso8601(label.created_at_ms),
            updated_at: iso8601(label.updated_at_ms),
            count: None,
        }
    }

    /// The same with how many chats have it.
    pub(crate) fn counted(mut self, chat_labels: usize) -> Self {
        self.count = Some(Count { chat_labels });
        self
    }
}

pub(crate) fn color_hex(color: u32) -> &'static str {
    let index = usize::try_from(color).unwrap_or_default();
    COLORS.get(index).or(COLORS.first()).copied().unwrap_or_default()
}
