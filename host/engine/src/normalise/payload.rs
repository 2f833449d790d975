//! The contract's `data` of `message.received` and `message.sent`, with what is honest to add.

use buffa::Message as _;
use serde_json::{Map, Value, json};
use wagate_protocol::event::{kind, origin};
use wagate_storage::events::NewEvent;
use wagate_storage::messages::MessageRow;
use waproto::whatsapp as wa;

use super::Place;
use super::body::{Body, body};
use super::person::{Own, Person};
use super::wrapper::{self, Unwrapped};
use crate::context::SessionContext;
use crate::media;

/// Mentions that are shown under their canonical address; a message may have a thousand.
const MAX_RESOLVED_MENTIONS: usize = 64;

/// What a message without a body of ours is told as.
pub(crate) fn nothing() -> Body {
    Body {
        kind: "UNKNOWN",
        ..Body::default()
    }
}

struct Payload<'a> {
    row: &'a MessageRow,
    body: &'a Body,
    chat: &'a Person,
    sender: &'a Person,
    own: &'a str,
    quoted: Option<Value>,
    mentions: Vec<String>,
    unwrapped: Unwrapped<'a>,
    url: Option<String>,
    /// Of a message of this account.
    origin: Option<&'a str>,
}

pub(super) async fn arrived(
    context: &SessionContext,
    own: &Own,
    place: &Place,
    row: &MessageRow,
    body: &Body,
    unwrapped: Unwrapped<'_>,
) -> Value {
    let around = wrapper::context(unwrapped.base);
    let mut mentions = Vec::new();
    for (position, jid) in around.iter().flat_map(|around| &around.mentioned_jid).enumerate() {
        let person = if position < MAX_RESOLVED_MENTIONS {
            place.person(context, own, jid).await
        } else {
            None
        };
        mentions.push(person.map_or_else(|| jid.clone(), |person| person.canonical));
    }
    let author = match around.and_then(|around| around.participant.as_deref()) {
        Some(participant) => place.person(context, own, participant).await,
        None => None,
    };
    let data = Payload {
        row,
        body,
        chat: &place.chat,
        sender: &place.sender,
        own: &own.pn,
        quoted: around.and_then(|around| quoted(around, &row.chat, author.as_ref(), |jid| own.is(jid))),
        mentions,
        url: media::url(context, row, unwrapped.base),
        origin: row.from_me.then_some(origin::PHONE),
        unwrapped,
    };
    build(&data)
}

/// The `message.sent` event of a row this gateway sent; `origin` where it is known who asked for it.
pub(crate) fn sent_event(context: &SessionContext, row: &MessageRow, origin: Option<&str>) -> NewEvent {
    // The wire bytes are our own; should they not decode, the columns still say what was sent.
    let message = wa::Message::decode_from_slice(&row.wire).unwrap_or_default();
    let unwrapped = wrapper::unwrap(&message);
    let body = body(unwrapped.base).unwrap_or_else(nothing);
    let around = wrapper::context(unwrapped.base);
    let author = around
        .and_then(|around| around.participant.as_deref())
        .map(Person::named);
    let data = build(&Payload {
        row,
        body: &body,
        chat: &Person::named(&row.chat),
        sender: &Person::named(&row.sender),
        own: &row.sender,
        quoted: around.and_then(|around| quoted(around, &row.chat, author.as_ref(), |jid| jid == row.sender)),
        mentions: around
            .map(|around| around.mentioned_jid.clone())
            .unwrap_or_default(),
        url: media::url(context, row, unwrapped.base),
        origin,
        unwrapped,
    });
    let kind = kind::MESSAGE_SENT;
    context.event(event_id(row, kind), kind, Some(row.chat.clone()), &data)
}

/// Stable: a message that is told again carries the same id. What others wrote has its time in front, the server's: such ids
/// grow, and an index of them is written at its end and not everywhere. Only for what is told with its row, which is there
/// once whatever its time is.
pub(crate) fn event_id(row: &MessageRow, kind: &str) -> String {
    let digest = digest(&[&row.session_id, &row.chat, &row.sender, &row.wa_id, kind]);
    // Of what this account sends the row is made before the server knows its time.
    let seconds = u32::try_from(row.timestamp.div_euclid(1000)).ok();
    match seconds.filter(|_| !row.from_me) {
        Some(seconds) => format!("evt_{seconds:08x}_{}", hex(&digest, 12)),
        None => format!("evt_{}", hex(&digest, 16)),
    }
}

/// The same for the same parts.
pub(crate) fn stable_id(parts: &[&str]) -> String {
    format!("evt_{}", hex(&digest(parts), 16))
}

fn digest(parts: &[&str]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().into()
}

fn hex(digest: &[u8; 32], bytes: usize) -> String {
    hex::encode(digest.get(..bytes).unwrap_or_default())
}

/// `PERSONAL`, `GROUP` ...
pub(crate) fn chat_type(chat: &str) -> &'static str {
    match chat.rsplit('@').next() {
        Some("g.us") => "GROUP",
        Some("broadcast") => "STATUS",
        Some("newsletter") => "NEWSLETTER",
        Some("s.whatsapp.net" | "lid") => "PERSONAL",
        _ => "UNKNOWN",
    }
}

fn build(p: &Payload<'_>) -> Value {
    let is_group = p.chat.is_group();
    // Several people write there, so the key says who.
    let has_participant = is_group || p.row.chat.ends_with("@broadcast");
    let mut data = json!({
        "key": {
            "remoteJid": p.row.chat,
            "fromMe": p.row.from_me,
            "id": p.row.wa_id,
            "participant": has_participant.then_some(&p.row.sender),
            "remoteJidAlt": p.chat.alternative,
            "participantAlt": if has_participant { p.sender.alternative.as_ref() } else { None },
        },
        "chat": p.row.chat,
        "isGroup": is_group,
        "chatType": chat_type(&p.row.chat),
        "type": p.row.kind,
        "content": p.row.content,
        "caption": p.body.caption,
        "fileUrl": p.url,
        "quoted": p.quoted,
    });
    let side = if p.row.from_me {
        json!({ "from": p.own, "receiver": p.row.chat, "sender": "ME", "timestamp": p.row.timestamp })
    } else {
        json!({
            "from": p.row.chat, "receiver": p.own, "sender": p.row.sender, "pushName": p.row.push_name,
            "messageTimestamp": p.row.timestamp / 1000,
        })
    };
    if let (Some(data), Value::Object(side)) = (data.as_object_mut(), side) {
        data.extend(side);
        extras(p, data);
    }
    data
}

/// Named only where there is something to say.
fn extras(p: &Payload<'_>, data: &mut Map<String, Value>) {
    if let Some(origin) = p.origin {
        data.insert("origin".to_owned(), json!(origin));
    }
    let around = wrapper::context(p.unwrapped.base);
    if !p.mentions.is_empty() {
        data.insert("mentions".to_owned(), json!(p.mentions));
    }
    if around.and_then(|around| around.is_forwarded) == Some(true) {
        data.insert("isForwarded".to_owned(), json!(true));
    }
    if p.unwrapped.is_view_once {
        data.insert("isViewOnce".to_owned(), json!(true));
    }
    if let Some(seconds) = around
        .and_then(|around| around.expiration)
        .filter(|seconds| *seconds > 0)
    {
        data.insert("ephemeralSeconds".to_owned(), json!(seconds));
    }
    if let Some(media) = &p.body.media {
        data.insert(
            "media".to_owned(),
            json!({ "mimeType": media.mime_type, "fileName": media.file_name, "fileSize": media.bytes }),
        );
    }
    if let Some(poll) = super::poll::of(p.unwrapped.base) {
        data.insert(
            "poll".to_owned(),
            json!({ "name": poll.name, "options": poll.options }),
        );
    }
}

fn quoted(
    around: &wa::ContextInfo,
    chat: &str,
    author: Option<&Person>,
    is_own: impl Fn(&str) -> bool,
) -> Option<Value> {
    let id = around.stanza_id.as_ref().filter(|id| !id.is_empty())?;
    let body = around
        .quoted_message
        .as_option()
        .and_then(|quote| body(wrapper::unwrap(quote).base));
    let author = author.map(|author| author.canonical.as_str());
    Some(json!({
        "key": {
            "remoteJid": around.remote_jid.as_deref().unwrap_or(chat),
            "participant": author,
            "fromMe": author.is_some_and(is_own),
            "id": id,
        },
        "type": body.as_ref().map_or("TEXT", |body| body.kind),
        "content": body.as_ref().and_then(|body| body.content.clone()),
        "caption": body.as_ref().and_then(|body| body.caption.clone()),
        "fileUrl": null,
    }))
}
