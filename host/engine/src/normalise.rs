//! The library's messages made into our rows and the contract's event payloads. Reads the storage, writes nothing.
//!
//! Not here: what is not a message (`notice`). Order of the parts: `person, wrapper, poll -> body -> payload -> later`.

mod body;
mod later;
mod payload;
mod person;
pub(crate) mod poll;
mod wrapper;

#[cfg(test)]
mod tests;

use buffa::Message as _;
use wacore::types::message::MessageInfo;
use wacore_binary::JidExt as _;
use wagate_protocol::event::kind;
use wagate_storage::contacts::{ContactSighting, TellContact};
use wagate_storage::events::NewEvent;
use wagate_storage::messages::{Inbound, MessageRow, MessageStatus, NewMessage};
use waproto::whatsapp as wa;

use crate::context::SessionContext;
use crate::media;

pub(crate) use body::{Body, body};
pub(crate) use later::{contact_changed, ephemeral_setting};
pub(crate) use payload::{event_id, sent_event, stable_id};
pub(crate) use person::{Own, Person, known, resolve};
pub(crate) use wrapper::{secret, unwrap};

/// Where status posts are.
pub(crate) const STATUS_CHAT: &str = "status@broadcast";

/// Chat and sender of a stanza.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) chat: Person,
    pub(crate) sender: Person,
}

impl Place {
    /// The person with an address that the message names: one of those at hand, or one heard of before.
    pub(super) async fn person(&self, context: &SessionContext, own: &Own, address: &str) -> Option<Person> {
        let jid: whatsapp_rust::Jid = address.parse().ok()?;
        let plain = jid.to_non_ad_string();
        if own.is(&plain) {
            return Some(own.person());
        }
        for at_hand in [&self.sender, &self.chat] {
            if at_hand.has(&plain) {
                return Some(at_hand.clone());
            }
        }
        Some(known(context, Person::from_pair(&jid, None)).await)
    }

    pub(crate) async fn of(context: &SessionContext, own: &Own, info: &MessageInfo) -> Self {
        let source = &info.source;
        let sender = if source.is_from_me {
            own.person()
        } else {
            known(
                context,
                Person::from_pair(&source.sender, source.sender_alt.as_ref()),
            )
            .await
        };
        let is_direct = source.chat.is_pn() || source.chat.is_lid();
        let is_list = source.chat.is_broadcast_list() && !source.chat.is_status_broadcast();
        let chat = if is_list && !source.is_from_me {
            // What somebody sends to their list arrives from them.
            sender.clone()
        } else if is_direct {
            // The other side's second address stands beside the sender, or beside the recipient of an own message.
            let alternative = if source.is_from_me {
                source.recipient_alt.as_ref().or(info.peer_recipient_pn.as_ref())
            } else {
                source.sender_alt.as_ref()
            };
            known(context, Person::from_pair(&source.chat, alternative)).await
        } else {
            Person::from_pair(&source.chat, None)
        };
        Self { chat, sender }
    }
}

/// What an arrived stanza is to us, in order. `before` is what arrived with it, just before. Nothing for what concerns
/// machines only.
pub(crate) async fn arrived(
    context: &SessionContext,
    own: &Own,
    message: &wa::Message,
    info: &MessageInfo,
    before: &[Inbound],
) -> Vec<Inbound> {
    let unwrapped = unwrap(message);
    let place = Place::of(context, own, info).await;
    if let Some(later) = later::arrived(context, own, &place, unwrapped.base, info, before).await {
        return later;
    }
    let Some(body) = body(unwrapped.base) else {
        return Vec::new();
    };
    let row = row_of(context, own, &place, &body, message, info);
    let told = payload::arrived(context, own, &place, &row, &body, unwrapped).await;
    let kind = if row.from_me {
        kind::MESSAGE_SENT
    } else {
        kind::MESSAGE_RECEIVED
    };
    let event = context.event(event_id(&row, kind), kind, Some(row.chat.clone()), &told);
    let mut things = Vec::with_capacity(2);
    if row.chat == STATUS_CHAT && !row.from_me {
        let kind = kind::STATUS_UPDATE;
        let id = stable_id(&[&row.session_id, &row.chat, &row.sender, &row.wa_id, kind]);
        let status = context.event(id, kind, Some(row.chat.clone()), &told);
        things.push(Inbound::Told(Box::new(status)));
    }
    things.insert(
        0,
        Inbound::Message(Box::new(NewMessage {
            contact: sighting(&place, &row, info),
            media: media::media_of(context, &row, message),
            row,
            event: Some(event),
        })),
    );
    things
}

fn row_of(
    context: &SessionContext,
    own: &Own,
    place: &Place,
    body: &Body,
    message: &wa::Message,
    info: &MessageInfo,
) -> MessageRow {
    let base = unwrap(message).base;
    let from_me = info.source.is_from_me;
    MessageRow {
        chat: place.chat.canonical.clone(),
        sender: if from_me {
            own.pn.clone()
        } else {
            place.sender.canonical.clone()
        },
        from_me,
        wa_id: info.id.clone(),
        push_name: Some(info.push_name.clone()).filter(|name| !name.is_empty()),
        status: if from_me {
            MessageStatus::Sent
        } else {
            MessageStatus::Pending
        },
        timestamp: info.timestamp.timestamp_millis(),
        quote_id: quote_id(base).or_else(|| info.comment_target.as_ref().and_then(|key| key.id.clone())),
        ..described(context, body, message)
    }
}

/// The columns that the message itself fills.
pub(crate) fn described(context: &SessionContext, body: &Body, message: &wa::Message) -> MessageRow {
    let media = body.media.clone().unwrap_or_default();
    MessageRow {
        id: wagate_storage::new_row_id(),
        session_id: context.id.to_string(),
        chat: String::new(),
        sender: String::new(),
        from_me: false,
        wa_id: String::new(),
        push_name: None,
        kind: body.kind.to_owned(),
        content: body.content.clone(),
        status: MessageStatus::Pending,
        played: false,
        timestamp: 0,
        quote_id: quote_id(unwrap(message).base),
        edited_at: None,
        deleted_at: None,
        deleted_by: None,
        starred: false,
        mime_type: media.mime_type,
        file_name: media.file_name,
        file_size: media.bytes,
        wire: message.encode_to_vec(),
    }
}

/// The row of a message this gateway is about to send. Its event follows when the server has accepted it.
pub(crate) fn outgoing(
    context: &SessionContext,
    own: &whatsapp_rust::Jid,
    chat: String,
    wa_id: String,
    message: &wa::Message,
) -> MessageRow {
    let body = body(unwrap(message).base).unwrap_or_else(payload::nothing);
    MessageRow {
        chat,
        sender: own.to_non_ad_string(),
        from_me: true,
        wa_id,
        // WhatsApp counts in seconds; a finer own clock would put an answer before the question of the same second.
        timestamp: context.shared.clock.now_ms() / 1000 * 1000,
        ..described(context, &body, message)
    }
}

fn sighting(place: &Place, row: &MessageRow, info: &MessageInfo) -> ContactSighting {
    let is_direct = !place.chat.canonical.ends_with("@g.us") && !place.chat.canonical.ends_with("@broadcast");
    match (row.from_me, is_direct) {
        (false, _) => ContactSighting {
            push_name: row.push_name.clone(),
            verified_name: info
                .verified_name
                .as_ref()
                .and_then(|certificate| certificate.name.clone()),
            ..place.sender.sighting()
        },
        (true, true) => place.chat.sighting(),
        (true, false) => ContactSighting::default(),
    }
}

pub(crate) fn quote_id(base: &wa::Message) -> Option<String> {
    wrapper::context(base)?
        .stanza_id
        .clone()
        .filter(|id| !id.is_empty())
}

/// A message that could not be decrypted: told, not stored, because it may come again.
pub(crate) async fn undecryptable(
    context: &SessionContext,
    own: &Own,
    info: &MessageInfo,
    reason: &str,
) -> NewEvent {
    let place = Place::of(context, own, info).await;
    let kind = kind::MESSAGE_UNDECRYPTABLE;
    let id = stable_id(&[
        &context.id,
        &place.chat.canonical,
        &place.sender.canonical,
        &info.id,
        kind,
    ]);
    let data = serde_json::json!({
        "keyId": info.id,
        "remoteJid": place.chat.canonical,
        "fromMe": info.source.is_from_me,
        "chat": place.chat.canonical,
        "sender": place.sender.canonical,
        "reason": reason,
        "messageTimestamp": info.timestamp.timestamp(),
    });
    context.event(id, kind, Some(place.chat.canonical), &data)
}

/// Tells of people who became better known.
pub(crate) fn tell_contacts(context: &std::sync::Arc<SessionContext>) -> TellContact {
    let context = std::sync::Arc::clone(context);
    TellContact(std::sync::Arc::new(move |change| {
        Some(contact_changed(&context, change))
    }))
}
