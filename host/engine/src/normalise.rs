//! The library's messages made into our rows and the contract's event payloads. No I/O but one lookup of a mapping.

use buffa::Message as _;
use serde_json::{Value, json};
use wacore::proto_helpers::MessageExt;
use wacore::types::message::MessageInfo;
use wagate_protocol::event::kind;
use wagate_storage::events::NewEvent;
use wagate_storage::messages::{ContactSighting, MessageRow, MessageStatus, NewMessage};
use waproto::whatsapp as wa;
use whatsapp_rust::Jid;

use crate::context::SessionContext;

/// What a message is about, as the contract divides it.
struct Body {
    kind: &'static str,
    content: Option<String>,
    caption: Option<String>,
}

/// Who a person is: one address of theirs is known, perhaps both.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// The phone JID when known, else the LID.
    pub(crate) canonical: String,
    /// The other one.
    pub(crate) alternative: Option<String>,
}

impl Person {
    /// From an address and what the stanza says is the same person's other address.
    fn from_pair(jid: &Jid, alternative: Option<&Jid>) -> Self {
        let jid = jid.to_non_ad();
        let other = alternative.map(Jid::to_non_ad).filter(|other| *other != jid);
        match other {
            Some(other) if jid.is_lid() && other.is_pn() => Self {
                canonical: other.to_string(),
                alternative: Some(jid.to_string()),
            },
            other => Self {
                canonical: jid.to_string(),
                alternative: other.map(|other| other.to_string()),
            },
        }
    }

    fn sighting(&self, push_name: Option<String>) -> ContactSighting {
        let addresses = [Some(&self.canonical), self.alternative.as_ref()];
        let with = |server: &str| {
            addresses
                .iter()
                .flatten()
                .find(|jid| jid.ends_with(server))
                .map(|jid| (*jid).clone())
        };
        ContactSighting {
            pn: with("@s.whatsapp.net"),
            lid: with("@lid"),
            push_name,
        }
    }
}

/// The row, the event and the sighting of a message that arrived, or none for what is no message to a user
/// (key distribution, protocol, reactions, poll votes).
pub(crate) async fn message(
    context: &SessionContext,
    own: &Jid,
    message: &wa::Message,
    info: &MessageInfo,
) -> Option<NewMessage> {
    let body = body_of(message)?;
    let source = &info.source;
    let is_direct = source.chat.is_pn() || source.chat.is_lid();
    // In a direct chat the other side's second address stands beside the sender, or beside the recipient of an own one.
    let chat_alternative = match (is_direct, source.is_from_me) {
        (false, _) => None,
        (true, false) => source.sender_alt.as_ref(),
        (true, true) => source.recipient_alt.as_ref(),
    };
    let chat = known(context, Person::from_pair(&source.chat, chat_alternative)).await;
    let sender = if source.is_from_me {
        Person::from_pair(own, None)
    } else {
        known(
            context,
            Person::from_pair(&source.sender, source.sender_alt.as_ref()),
        )
        .await
    };
    let timestamp = info.timestamp.timestamp_millis();
    let push_name = Some(info.push_name.clone()).filter(|name| !name.is_empty());
    let quote = quoted(message);
    let row = MessageRow {
        id: wagate_storage::new_row_id(),
        session_id: context.id.to_string(),
        chat: chat.canonical.clone(),
        sender: sender.canonical.clone(),
        from_me: source.is_from_me,
        wa_id: info.id.clone(),
        push_name: push_name.clone(),
        kind: body.kind.to_owned(),
        content: body.content.clone(),
        status: if source.is_from_me {
            MessageStatus::Sent
        } else {
            MessageStatus::Pending
        },
        timestamp,
        quote_id: quote.as_ref().and_then(quote_id),
        wire: message.encode_to_vec(),
    };
    let data = payload(&Payload {
        row: &row,
        body: &body,
        chat: &chat,
        sender: &sender,
        own: &own.to_non_ad_string(),
        quote,
    });
    let kind = if row.from_me {
        kind::MESSAGE_SENT
    } else {
        kind::MESSAGE_RECEIVED
    };
    let event = context.event(event_id(&row, kind), kind, Some(row.chat.clone()), &data);
    let contact = match (is_direct, source.is_from_me) {
        (true, true) => chat.sighting(None),
        (_, true) => ContactSighting::default(),
        (_, false) => sender.sighting(push_name),
    };
    Some(NewMessage {
        row,
        event: Some(event),
        contact,
    })
}

/// The row of a message this gateway is about to send. Its event follows when the server has accepted it.
pub(crate) fn outgoing(
    context: &SessionContext,
    own: &Jid,
    chat: String,
    wa_id: String,
    message: &wa::Message,
) -> MessageRow {
    let body = body_of(message);
    MessageRow {
        id: wagate_storage::new_row_id(),
        session_id: context.id.to_string(),
        chat,
        sender: own.to_non_ad_string(),
        from_me: true,
        wa_id,
        push_name: None,
        kind: body.as_ref().map_or("TEXT", |body| body.kind).to_owned(),
        content: body.and_then(|body| body.content),
        status: MessageStatus::Pending,
        // WhatsApp counts in seconds; a finer own clock would put an answer before the question of the same second.
        timestamp: context.shared.clock.now_ms() / 1000 * 1000,
        quote_id: quoted(message).as_ref().and_then(quote_id),
        wire: message.encode_to_vec(),
    }
}

/// The `message.sent` event of a row this gateway sent.
pub(crate) fn sent_event(context: &SessionContext, row: &MessageRow) -> NewEvent {
    // The wire bytes are our own; should they not decode, the columns still say what was sent.
    let message = wa::Message::decode_from_slice(&row.wire).unwrap_or_default();
    let body = body_of(&message).unwrap_or(Body {
        kind: "TEXT",
        content: None,
        caption: None,
    });
    let person = |jid: &str| Person {
        canonical: jid.to_owned(),
        alternative: None,
    };
    let data = payload(&Payload {
        row,
        body: &body,
        chat: &person(&row.chat),
        sender: &person(&row.sender),
        own: &row.sender,
        quote: quoted(&message),
    });
    context.event(
        event_id(row, kind::MESSAGE_SENT),
        kind::MESSAGE_SENT,
        Some(row.chat.clone()),
        &data,
    )
}

/// Stable: a message that is told again carries the same id.
pub(crate) fn event_id(row: &MessageRow, kind: &str) -> String {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    for part in [&row.session_id, &row.chat, &row.sender, &row.wa_id, kind] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    format!(
        "evt_{}",
        hex::encode(hash.finalize().get(..16).unwrap_or_default())
    )
}

struct Payload<'a> {
    row: &'a MessageRow,
    body: &'a Body,
    chat: &'a Person,
    sender: &'a Person,
    own: &'a str,
    quote: Option<Value>,
}

/// The contract's `data` of `message.received` and `message.sent`, with `chat` beside it.
fn payload(p: &Payload<'_>) -> Value {
    let is_group = p.row.chat.ends_with("@g.us");
    let chat_type = match p.row.chat.rsplit('@').next() {
        Some("g.us") => "GROUP",
        Some("broadcast") => "STATUS",
        Some("newsletter") => "NEWSLETTER",
        Some("s.whatsapp.net" | "lid") => "PERSONAL",
        _ => "UNKNOWN",
    };
    let receiver = p.own;
    let mut data = json!({
        "key": {
            "remoteJid": p.row.chat,
            "fromMe": p.row.from_me,
            "id": p.row.wa_id,
            "participant": is_group.then_some(&p.row.sender),
            "remoteJidAlt": p.chat.alternative,
            "participantAlt": if is_group { p.sender.alternative.as_ref() } else { None },
        },
        "chat": p.row.chat,
        "isGroup": is_group,
        "chatType": chat_type,
        "type": p.row.kind,
        "content": p.row.content,
        "caption": p.body.caption,
        "fileUrl": null,
        "quoted": p.quote,
    });
    let more = if p.row.from_me {
        json!({ "from": receiver, "receiver": p.row.chat, "sender": "ME", "timestamp": p.row.timestamp })
    } else {
        json!({
            "from": p.row.chat, "receiver": receiver, "sender": p.row.sender, "pushName": p.row.push_name,
            "messageTimestamp": p.row.timestamp / 1000,
        })
    };
    if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
        data.extend(more);
    }
    data
}

/// Fills in the phone JID where the stanza did not carry it but an earlier one did.
async fn known(context: &SessionContext, person: Person) -> Person {
    if person.alternative.is_some() || !person.canonical.ends_with("@lid") {
        return person;
    }
    match context
        .shared
        .storage
        .canonical_jid(&context.id, &person.canonical)
        .await
    {
        Ok(Some(pn)) if pn != person.canonical => Person {
            canonical: pn,
            alternative: Some(person.canonical),
        },
        // Not known, or not to be had now: the LID itself is a valid name of the chat.
        _ => person,
    }
}

fn body_of(message: &wa::Message) -> Option<Body> {
    let base = message.get_base_message();
    let text = |kind, content: Option<String>| {
        Some(Body {
            kind,
            content,
            caption: None,
        })
    };
    let media = |kind, caption: Option<String>| {
        Some(Body {
            kind,
            content: caption.clone(),
            caption,
        })
    };
    if base.protocol_message.is_set()
        || base.reaction_message.is_set()
        || base.enc_reaction_message.is_set()
        || base.poll_update_message.is_set()
        || base.keep_in_chat_message.is_set()
        || base.pin_in_chat_message.is_set()
    {
        None
    } else if let Some(content) = base.conversation.clone().filter(|content| !content.is_empty()) {
        text("TEXT", Some(content))
    } else if let Some(extended) = base.extended_text_message.as_option() {
        text("TEXT", extended.text.clone())
    } else if let Some(image) = base.image_message.as_option() {
        media("IMAGE", image.caption.clone())
    } else if let Some(video) = base.video_message.as_option() {
        media("VIDEO", video.caption.clone())
    } else if base.audio_message.is_set() {
        text("AUDIO", None)
    } else if let Some(document) = base.document_message.as_option() {
        Some(Body {
            kind: "DOCUMENT",
            content: document.caption.clone().or_else(|| document.file_name.clone()),
            caption: document.caption.clone(),
        })
    } else if base.sticker_message.is_set() {
        text("STICKER", None)
    } else if let Some(location) = base.location_message.as_option() {
        let coordinates = location.degrees_latitude.zip(location.degrees_longitude);
        text(
            "LOCATION",
            coordinates.map(|(latitude, longitude)| format!("{latitude},{longitude}")),
        )
    } else if let Some(contact) = base.contact_message.as_option() {
        text("CONTACT", contact.display_name.clone())
    } else if is_key_distribution_only(base) {
        None
    } else {
        // Polls, lists, buttons ...: the contract's type list is closed, they come as a text without content.
        text("TEXT", None)
    }
}

/// A group member's sender key travels as a message of its own; nobody wrote it.
fn is_key_distribution_only(base: &wa::Message) -> bool {
    let mut rest = base.clone();
    rest.sender_key_distribution_message = buffa::MessageField::none();
    rest.fast_ratchet_key_sender_key_distribution_message = buffa::MessageField::none();
    rest.message_context_info = buffa::MessageField::none();
    rest.encode_to_vec().is_empty()
}

fn quote_id(quote: &Value) -> Option<String> {
    quote
        .pointer("/key/id")
        .and_then(Value::as_str)
        .map(str::to_owned)
}

fn quoted(message: &wa::Message) -> Option<Value> {
    let context = message
        .get_base_message()
        .extended_text_message
        .as_option()?
        .context_info
        .as_option()?;
    let id = context.stanza_id.clone()?;
    let quote = context.quoted_message.as_option();
    let body = quote.and_then(body_of);
    Some(json!({
        "key": { "remoteJid": context.remote_jid, "participant": context.participant, "fromMe": false, "id": id },
        "type": body.as_ref().map_or("TEXT", |body| body.kind),
        "content": body.as_ref().and_then(|body| body.content.clone()),
        "caption": body.as_ref().and_then(|body| body.caption.clone()),
        "fileUrl": null,
    }))
}
