//! A [`Content`] as WhatsApp writes it. Pure: what has to be looked up or uploaded comes in.

mod media;
#[cfg(test)]
mod tests;

use buffa::MessageField;
use rand::Rng as _;
use wacore::proto_helpers::MessageBuilderExt as _;
use waproto::whatsapp as wa;
use waproto::whatsapp::message as part;

use crate::EngineError;
use crate::content::{
    ButtonReply, ContactCard, Contacts, Content, Event, GroupInvite, ListReply, LiveLocation, Location,
    MAX_CARDS, MAX_CHOICE, MAX_EMOJI, MAX_NAME, MAX_QUESTION, MAX_TEXT, MAX_VCARD, PIN_SECONDS, POLL_CHOICES,
    Poll,
};

pub(crate) use media::{Uploaded, is_sendable, message as media};

/// Bytes of the secret under which votes and answers are encrypted.
const SECRET_BYTES: usize = 32;

/// A message that needs nothing but its content; none where something has to be uploaded or looked up.
pub(crate) fn alone(content: &Content) -> Option<Result<wa::Message, EngineError>> {
    Some(match content {
        Content::Text(text) => self::text(text),
        Content::Location(location) => self::location(location),
        Content::LiveLocation(live) => live_location(live),
        Content::Contacts(contacts) => self::contacts(contacts),
        Content::Poll(poll) => self::poll(poll),
        Content::Event(event) => self::event(event),
        Content::GroupInvite(invite) => group_invite(invite),
        Content::ListReply(reply) => Ok(list_reply(reply)),
        Content::ButtonReply(reply) => Ok(button_reply(reply)),
        Content::Media(_)
        | Content::Reaction { .. }
        | Content::Pin { .. }
        | Content::Edit { .. }
        | Content::Delete(_)
        | Content::Forward(_)
        | Content::Disappearing(_)
        | Content::Raw(_) => return None,
    })
}

pub(crate) fn text(text: &str) -> Result<wa::Message, EngineError> {
    length(text, 1, MAX_TEXT, "message.text")?;
    Ok(wa::Message::text(text))
}

pub(crate) fn location(location: &Location) -> Result<wa::Message, EngineError> {
    location.check()?;
    Ok(wa::Message {
        location_message: MessageField::some(place(location)),
        ..wa::Message::default()
    })
}

fn place(location: &Location) -> part::LocationMessage {
    part::LocationMessage {
        degrees_latitude: Some(location.latitude),
        degrees_longitude: Some(location.longitude),
        name: location.name.clone(),
        address: location.address.clone(),
        url: location.url.clone(),
        jpeg_thumbnail: location.thumbnail.clone(),
        ..part::LocationMessage::default()
    }
}

pub(crate) fn live_location(live: &LiveLocation) -> Result<wa::Message, EngineError> {
    live.place.check()?;
    let message = part::LiveLocationMessage {
        degrees_latitude: Some(live.place.latitude),
        degrees_longitude: Some(live.place.longitude),
        accuracy_in_meters: live.accuracy_m,
        speed_in_mps: live.speed_mps,
        degrees_clockwise_from_magnetic_north: live.heading,
        caption: live.caption.clone(),
        sequence_number: live.sequence,
        jpeg_thumbnail: live.place.thumbnail.clone(),
        ..part::LiveLocationMessage::default()
    };
    Ok(wa::Message {
        live_location_message: MessageField::some(message),
        ..wa::Message::default()
    })
}

pub(crate) fn contacts(contacts: &Contacts) -> Result<wa::Message, EngineError> {
    if contacts.cards.is_empty() || contacts.cards.len() > MAX_CARDS {
        return Err(EngineError::invalid(
            "contacts",
            format!("1 to {MAX_CARDS} contacts"),
        ));
    }
    let mut cards = Vec::with_capacity(contacts.cards.len());
    for card in &contacts.cards {
        cards.push(contact(card)?);
    }
    if cards.len() == 1
        && let Some(card) = cards.pop()
    {
        return Ok(wa::Message {
            contact_message: MessageField::some(card),
            ..wa::Message::default()
        });
    }
    let display_name = contacts
        .display_name
        .clone()
        .unwrap_or_else(|| format!("{} contacts", cards.len()));
    Ok(wa::Message {
        contacts_array_message: MessageField::some(part::ContactsArrayMessage {
            display_name: Some(display_name),
            contacts: cards,
            ..part::ContactsArrayMessage::default()
        }),
        ..wa::Message::default()
    })
}

fn contact(card: &ContactCard) -> Result<part::ContactMessage, EngineError> {
    length(&card.display_name, 0, MAX_NAME, "contacts.displayName")?;
    if card.vcard.len() > MAX_VCARD
        || !card
            .vcard
            .trim_start()
            .to_ascii_uppercase()
            .starts_with("BEGIN:VCARD")
    {
        return Err(EngineError::invalid(
            "contacts.vcard",
            format!("must be a vCard (BEGIN:VCARD ...) of at most {MAX_VCARD} bytes"),
        ));
    }
    Ok(part::ContactMessage {
        display_name: Some(card.display_name.clone()),
        vcard: Some(card.vcard.clone()),
        ..part::ContactMessage::default()
    })
}

pub(crate) fn poll(poll: &Poll) -> Result<wa::Message, EngineError> {
    length(&poll.question, 1, MAX_QUESTION, "poll.question")?;
    if !POLL_CHOICES.contains(&poll.choices.len()) {
        let (least, most) = (POLL_CHOICES.start(), POLL_CHOICES.end());
        return Err(EngineError::invalid(
            "poll.choices",
            format!("{least} to {most} choices"),
        ));
    }
    for (n, choice) in poll.choices.iter().enumerate() {
        length(choice, 1, MAX_CHOICE, "poll.choices")?;
        if poll.choices.iter().take(n).any(|earlier| earlier == choice) {
            return Err(EngineError::invalid("poll.choices", "no two may be alike"));
        }
    }
    if poll.selectable as usize > poll.choices.len() {
        return Err(EngineError::invalid(
            "poll.selectable",
            "at most as many as there are choices",
        ));
    }
    let options = poll
        .choices
        .iter()
        .map(|choice| part::poll_creation_message::Option {
            option_name: Some(choice.clone()),
            ..part::poll_creation_message::Option::default()
        });
    let creation = MessageField::some(part::PollCreationMessage {
        name: Some(poll.question.clone()),
        options: options.collect(),
        selectable_options_count: Some(poll.selectable),
        ..part::PollCreationMessage::default()
    });
    let mut message = with_secret();
    if poll.to_announcement_group {
        message.poll_creation_message_v2 = creation;
    } else if poll.selectable == 1 {
        message.poll_creation_message_v3 = creation;
    } else {
        message.poll_creation_message = creation;
    }
    Ok(message)
}

pub(crate) fn event(event: &Event) -> Result<wa::Message, EngineError> {
    length(&event.name, 1, MAX_NAME, "event.name")?;
    length(
        event.description.as_deref().unwrap_or_default(),
        0,
        MAX_TEXT,
        "event.description",
    )?;
    if event.ends_at.is_some_and(|end| end < event.starts_at) {
        return Err(EngineError::invalid(
            "event.endDate",
            "must not be before startDate",
        ));
    }
    if let Some(place) = &event.place {
        place.check()?;
    }
    Ok(wa::Message {
        event_message: MessageField::some(part::EventMessage {
            name: Some(event.name.clone()),
            description: event.description.clone(),
            location: event
                .place
                .as_ref()
                .map(place)
                .map(MessageField::some)
                .unwrap_or_default(),
            join_link: event.join_link.clone(),
            start_time: Some(event.starts_at),
            end_time: event.ends_at,
            is_canceled: Some(event.is_canceled),
            extra_guests_allowed: Some(event.extra_guests),
            ..part::EventMessage::default()
        }),
        ..with_secret()
    })
}

pub(crate) fn group_invite(invite: &GroupInvite) -> Result<wa::Message, EngineError> {
    let group = crate::address::parse_group(&invite.group)?;
    length(&invite.code, 1, MAX_NAME, "groupInvite.inviteCode")?;
    length(&invite.subject, 0, MAX_NAME, "groupInvite.subject")?;
    Ok(wa::Message {
        group_invite_message: MessageField::some(part::GroupInviteMessage {
            group_jid: Some(group.to_string()),
            invite_code: Some(invite.code.clone()),
            invite_expiration: invite.expires_at,
            group_name: Some(invite.subject.clone()),
            caption: invite.text.clone(),
            jpeg_thumbnail: invite.thumbnail.clone(),
            ..part::GroupInviteMessage::default()
        }),
        ..wa::Message::default()
    })
}

pub(crate) fn list_reply(reply: &ListReply) -> wa::Message {
    use part::list_response_message::{ListType, SingleSelectReply};
    wa::Message {
        list_response_message: MessageField::some(part::ListResponseMessage {
            title: Some(reply.title.clone()),
            description: reply.description.clone(),
            list_type: Some(ListType::SINGLE_SELECT),
            single_select_reply: MessageField::some(SingleSelectReply {
                selected_row_id: Some(reply.row_id.clone()),
            }),
            ..part::ListResponseMessage::default()
        }),
        ..wa::Message::default()
    }
}

pub(crate) fn button_reply(reply: &ButtonReply) -> wa::Message {
    use part::buttons_response_message::Type;
    use wa::__buffa::oneof::message::buttons_response_message::Response;
    let Some(index) = reply.template_index else {
        return wa::Message {
            buttons_response_message: MessageField::some(part::ButtonsResponseMessage {
                selected_button_id: Some(reply.id.clone()),
                r#type: Some(Type::DISPLAY_TEXT),
                response: Some(Response::SelectedDisplayText(reply.display_text.clone())),
                ..part::ButtonsResponseMessage::default()
            }),
            ..wa::Message::default()
        };
    };
    wa::Message {
        template_button_reply_message: MessageField::some(part::TemplateButtonReplyMessage {
            selected_id: Some(reply.id.clone()),
            selected_display_text: Some(reply.display_text.clone()),
            selected_index: Some(index),
            ..part::TemplateButtonReplyMessage::default()
        }),
        ..wa::Message::default()
    }
}

/// An emoji on a message; an empty one takes it back.
pub(crate) fn reaction(key: wa::MessageKey, emoji: &str, now_ms: i64) -> Result<wa::Message, EngineError> {
    if emoji.len() > MAX_EMOJI {
        return Err(EngineError::invalid(
            "emoji",
            format!("one emoji, at most {MAX_EMOJI} bytes"),
        ));
    }
    Ok(wacore::proto_helpers::build_reaction_message(key, emoji, now_ms))
}

pub(crate) fn pin(
    key: wa::MessageKey,
    seconds: Option<u32>,
    now_ms: i64,
) -> Result<wa::Message, EngineError> {
    use part::pin_in_chat_message::Type;
    if let Some(seconds) = seconds
        && !PIN_SECONDS.contains(&seconds)
    {
        return Err(EngineError::invalid(
            "time",
            format!("must be one of {PIN_SECONDS:?} (seconds)"),
        ));
    }
    Ok(wa::Message {
        pin_in_chat_message: MessageField::some(part::PinInChatMessage {
            key: MessageField::some(key),
            r#type: Some(if seconds.is_some() {
                Type::PIN_FOR_ALL
            } else {
                Type::UNPIN_FOR_ALL
            }),
            sender_timestamp_ms: Some(now_ms),
        }),
        message_context_info: MessageField::some(wa::MessageContextInfo {
            message_add_on_duration_in_secs: Some(seconds.unwrap_or(0)),
            ..wa::MessageContextInfo::default()
        }),
        ..wa::Message::default()
    })
}

/// Takes a message back for everybody.
pub(crate) fn revoke(key: wa::MessageKey) -> wa::Message {
    protocol(part::ProtocolMessage {
        key: MessageField::some(key),
        r#type: Some(part::protocol_message::Type::REVOKE),
        ..part::ProtocolMessage::default()
    })
}

pub(crate) fn edit(key: wa::MessageKey, now: wa::Message, now_ms: i64) -> wa::Message {
    protocol(part::ProtocolMessage {
        key: MessageField::some(key),
        r#type: Some(part::protocol_message::Type::MESSAGE_EDIT),
        edited_message: MessageField::some(now),
        timestamp_ms: Some(now_ms),
        ..part::ProtocolMessage::default()
    })
}

/// The timer of a person's chat.
pub(crate) fn disappearing(seconds: u32, now_secs: i64) -> wa::Message {
    protocol(part::ProtocolMessage {
        r#type: Some(part::protocol_message::Type::EPHEMERAL_SETTING),
        ephemeral_expiration: Some(seconds),
        ephemeral_setting_timestamp: Some(now_secs),
        ..part::ProtocolMessage::default()
    })
}

/// A message that opens once.
pub(crate) fn view_once(message: wa::Message) -> wa::Message {
    let secret = message.message_context_info.clone();
    wa::Message {
        view_once_message: MessageField::some(part::FutureProofMessage {
            message: MessageField::some(message),
        }),
        message_context_info: secret,
        ..wa::Message::default()
    }
}

fn protocol(message: part::ProtocolMessage) -> wa::Message {
    wa::Message {
        protocol_message: MessageField::some(message),
        ..wa::Message::default()
    }
}

/// An empty message with the secret that its answers are encrypted under.
fn with_secret() -> wa::Message {
    let mut secret = vec![0; SECRET_BYTES];
    rand::rng().fill_bytes(&mut secret);
    wa::Message {
        message_context_info: MessageField::some(wa::MessageContextInfo {
            message_secret: Some(secret),
            ..wa::MessageContextInfo::default()
        }),
        ..wa::Message::default()
    }
}

pub(crate) fn length(text: &str, least: usize, most: usize, field: &'static str) -> Result<(), EngineError> {
    let found = text.chars().count();
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(EngineError::invalid(
        field,
        format!("must have {least} to {most} characters, has {found}"),
    ))
}
