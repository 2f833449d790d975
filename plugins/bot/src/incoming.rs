//! A message as the bot looks at it.

use serde::Deserialize;
use wagate_plugin_api::bot::Sender;
use wagate_plugin_api::{Error, Event};

/// The payload of `message.received` and `message.sent`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Payload {
    key: Key,
    chat: String,
    from: String,
    is_group: bool,
    #[serde(rename = "type")]
    kind: String,
    content: Option<String>,
    caption: Option<String>,
    quoted: Option<Quoted>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Key {
    remote_jid: String,
    from_me: Option<bool>,
    id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Quoted {
    key: Key,
    #[serde(rename = "type")]
    kind: String,
}

/// A picture or a video, in the message itself or in the one it answers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Medium {
    pub(crate) wa_id: String,
    pub(crate) is_video: bool,
}

/// What the bot needs of a message.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) chat: String,
    pub(crate) wa_id: String,
    pub(crate) is_group: bool,
    pub(crate) from_me: bool,
    /// The text, or the caption of a picture or video.
    pub(crate) text: String,
    pub(crate) medium: Option<Medium>,
}

impl Incoming {
    /// None for what nobody answers: status posts and newsletters are read by everyone.
    pub(crate) fn of(event: &Event) -> Result<Option<Self>, Error> {
        let payload: Payload = event.data()?;
        let chat = [payload.chat, payload.from, payload.key.remote_jid]
            .into_iter()
            .find(|jid| !jid.is_empty())
            .unwrap_or_default();
        if chat.is_empty() || chat.ends_with("@broadcast") || chat.ends_with("@newsletter") {
            return Ok(None);
        }
        let own = medium(&payload.kind, &payload.key.id);
        let text = match payload.kind.as_str() {
            "TEXT" => payload.content,
            "IMAGE" | "VIDEO" => payload.caption.or(payload.content),
            _ => None,
        };
        Ok(Some(Self {
            is_group: payload.is_group || chat.ends_with("@g.us"),
            medium: own.or_else(|| {
                payload
                    .quoted
                    .and_then(|quoted| medium(&quoted.kind, &quoted.key.id))
            }),
            wa_id: payload.key.id,
            text: text.unwrap_or_default(),
            from_me: payload.key.from_me.unwrap_or_default(),
            chat,
        }))
    }
}

/// Who wrote it, under all of their addresses. Costs more than the rest, and few messages are commands.
pub(crate) fn sender(event: &Event) -> Result<Sender, Error> {
    Ok(Sender::of(&event.data()?))
}

fn medium(kind: &str, wa_id: &str) -> Option<Medium> {
    let is_video = match kind {
        "IMAGE" => false,
        "VIDEO" => true,
        _ => return None,
    };
    Some(Medium {
        wa_id: wa_id.to_owned(),
        is_video,
    })
}
