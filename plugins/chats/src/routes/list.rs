//! `GET /api/chat/{sessionId}`

use serde::{Deserialize, Serialize};
use wagate_plugin_api::paging::{PageSize, Window};
use wagate_plugin_api::{Chat, Error, Host, Message, Request, Response, ext, iso8601, jid};

use crate::Chats;
use crate::settings::MAX_CHATS;

/// Of a mute without an end.
const FOREVER: &str = "9999-12-31T23:59:59.999Z";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Filter {
    archived: Option<bool>,
}

/// The contract's `ChatListItem`, and what is known besides. What is not known is left out: its documented types are not
/// nullable.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChatListItem {
    jid: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    notify: Option<String>,
    /// Null when it is not known, as the reference has it.
    profile_pic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message: Option<LastMessage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lid: Option<String>,
    unread_count: u32,
    archived: bool,
    pinned: bool,
    /// ISO-8601.
    muted_until: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LastMessage {
    content: Option<String>,
    timestamp: String,
    #[serde(rename = "type")]
    kind: String,
    from_me: bool,
    status: String,
}

pub(crate) fn list(plugin: &Chats, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let size = PageSize {
        default: plugin.max_chats,
        max: MAX_CHATS,
    };
    let window = Window::of(request, size)?;
    let archived = request.query_as::<Filter>()?.archived;
    let chats = host.chats_page(&request.session()?.id, archived, window.offset, window.limit)?;
    let now_ms = host.now_ms();
    let items: Vec<ChatListItem> = chats
        .into_iter()
        .map(|chat| ChatListItem::of(chat, now_ms))
        .collect();
    Response::json(&items)
}

impl ChatListItem {
    fn of(chat: Chat, now_ms: i64) -> Self {
        let known = |key: &str| ext(&chat.ext, key).map(str::to_owned);
        let is = |key: &str| ext(&chat.ext, key) == Some("true");
        let name = known("name").or_else(|| chat.push_name.clone());
        Self {
            name: name.unwrap_or_else(|| jid::user(&chat.jid).to_owned()),
            profile_pic: known("profilePic"),
            unread_count: chat.unread,
            archived: is("archived"),
            pinned: is("pinned"),
            muted_until: muted_until(ext(&chat.ext, "mutedUntil"), now_ms),
            notify: chat.push_name,
            last_message: chat.last.map(LastMessage::from),
            lid: chat.lid,
            jid: chat.jid,
        }
    }
}

/// A mute that is over is none.
fn muted_until(written: Option<&str>, now_ms: i64) -> Option<String> {
    match written?.parse().ok()? {
        0 => Some(FOREVER.to_owned()),
        until if until > now_ms => Some(iso8601(until)),
        _ => None,
    }
}

impl From<Message> for LastMessage {
    fn from(message: Message) -> Self {
        Self {
            content: message.content,
            timestamp: iso8601(message.timestamp_ms),
            kind: message.kind,
            from_me: message.from_me,
            status: message.status,
        }
    }
}
