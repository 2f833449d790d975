//! A protobuf as JSON that a test can read.

use waproto::whatsapp as wa;
use waproto::whatsapp::message::pin_in_chat_message::Type as PinType;
use waproto::whatsapp::message::protocol_message::Type;

use super::view::{
    Button, Contact, Content, List, Location, Media, Poll, Quoted, Reaction, Row, Section, Vote,
};
use super::{context, unwrap};

/// Describes a message; `None` for those that carry only keys or housekeeping and belong in no inbox.
pub(crate) fn describe(message: &wa::Message) -> Option<Content> {
    let inside = unwrap(message);
    let mut content = body(inside.message)?;
    content.view_once |= inside.view_once;
    if let Some(context) = context::of(message) {
        content.mentions.clone_from(&context.mentioned_jid);
        content.ephemeral = context.expiration.filter(|seconds| *seconds > 0);
        if context.is_forwarded == Some(true) {
            content.forwarded = Some(context.forwarding_score.unwrap_or(1));
        }
        if let Some(id) = &context.stanza_id {
            let quoted = context.quoted_message.as_option().and_then(describe);
            content.quoted = Some(Quoted {
                id: id.clone(),
                from: context.participant.clone(),
                kind: quoted.as_ref().map(|quoted| quoted.kind),
                text: quoted.and_then(|quoted| quoted.text),
            });
        }
    }
    if inside.ephemeral && content.ephemeral.is_none() {
        content.ephemeral = Some(0);
    }
    Some(content)
}

fn plain(kind: &'static str, text: Option<String>) -> Content {
    Content {
        kind,
        text,
        ..Content::default()
    }
}

fn about(kind: &'static str, text: Option<String>, key: Option<&wa::MessageKey>) -> Content {
    Content {
        target: key.and_then(|key| key.id.clone()),
        ..plain(kind, text)
    }
}

fn body(message: &wa::Message) -> Option<Content> {
    if let Some(text) = &message.conversation {
        return Some(plain("text", Some(text.clone())));
    }
    if let Some(text) = message.extended_text_message.as_option() {
        return Some(plain("text", text.text.clone()));
    }
    if let Some(file) = file(message) {
        return Some(file);
    }
    if let Some(reaction) = message.reaction_message.as_option() {
        let emoji = reaction.text.clone().filter(|emoji| !emoji.is_empty());
        let mut content = about("reaction", reaction.text.clone(), reaction.key.as_option());
        content.reaction = Some(Reaction {
            emoji,
            message: content.target.clone(),
        });
        return Some(content);
    }
    if let Some(protocol) = message.protocol_message.as_option() {
        return protocol_body(protocol);
    }
    if let Some(update) = message.poll_update_message.as_option() {
        let mut content = about("vote", None, update.poll_creation_message_key.as_option());
        content.vote = Some(Vote {
            poll: content.target.clone(),
            options: None,
        });
        return Some(content);
    }
    if let Some(pin) = message.pin_in_chat_message.as_option() {
        let kind = match pin.r#type {
            Some(PinType::UNPIN_FOR_ALL) => "unpin",
            _ => "pin",
        };
        return Some(about(kind, None, pin.key.as_option()));
    }
    if let Some(edit) = message.secret_encrypted_message.as_option() {
        return Some(about("edit", None, edit.target_message_key.as_option()));
    }
    structured(message).or_else(|| {
        // A distribution message alone brings only keys.
        (!message.sender_key_distribution_message.is_set()).then(|| plain("other", None))
    })
}

fn protocol_body(protocol: &wa::message::ProtocolMessage) -> Option<Content> {
    let key = protocol.key.as_option();
    match protocol.r#type {
        Some(Type::REVOKE) => Some(about("revoke", None, key)),
        Some(Type::MESSAGE_EDIT) => {
            let edited = protocol.edited_message.as_option().and_then(describe);
            Some(about("edit", edited.and_then(|edited| edited.text), key))
        }
        Some(Type::EPHEMERAL_SETTING) => Some(Content {
            ephemeral: Some(protocol.ephemeral_expiration.unwrap_or(0)),
            ..plain("ephemeralSetting", None)
        }),
        _ => None,
    }
}

/// Fields that every kind of file has.
macro_rules! media {
    ($file:expr) => {
        Media {
            sha256: $file.file_sha256.as_ref().map(hex::encode),
            bytes: $file.file_length,
            url: $file.url.clone(),
            direct_path: $file.direct_path.clone(),
            ..Media::default()
        }
    };
}

fn file(message: &wa::Message) -> Option<Content> {
    if let Some(image) = message.image_message.as_option() {
        let media = Media {
            width: image.width,
            height: image.height,
            thumbnail_bytes: image.jpeg_thumbnail.as_ref().map(Vec::len),
            ..media!(image)
        };
        let mut content = with_file("image", image.caption.clone(), image.mimetype.clone(), media);
        content.view_once = image.view_once == Some(true);
        return Some(content);
    }
    let note = message.ptv_message.as_option();
    if let Some(video) = note.or_else(|| message.video_message.as_option()) {
        let media = Media {
            seconds: video.seconds,
            width: video.width,
            height: video.height,
            thumbnail_bytes: video.jpeg_thumbnail.as_ref().map(Vec::len),
            ..media!(video)
        };
        let kind = match (note.is_some(), video.gif_playback) {
            (true, _) => "videoNote",
            (false, Some(true)) => "gif",
            (false, _) => "video",
        };
        let mut content = with_file(kind, video.caption.clone(), video.mimetype.clone(), media);
        content.view_once = video.view_once == Some(true);
        return Some(content);
    }
    if let Some(audio) = message.audio_message.as_option() {
        let media = Media {
            seconds: audio.seconds,
            waveform_bytes: audio.waveform.as_ref().map(Vec::len),
            ..media!(audio)
        };
        let kind = if audio.ptt == Some(true) { "voice" } else { "audio" };
        let mut content = with_file(kind, None, audio.mimetype.clone(), media);
        content.view_once = audio.view_once == Some(true);
        return Some(content);
    }
    if let Some(document) = message.document_message.as_option() {
        let media = Media {
            file_name: document.file_name.clone(),
            pages: document.page_count,
            thumbnail_bytes: document.jpeg_thumbnail.as_ref().map(Vec::len),
            ..media!(document)
        };
        return Some(with_file(
            "document",
            document.caption.clone(),
            document.mimetype.clone(),
            media,
        ));
    }
    let sticker = message.sticker_message.as_option()?;
    let media = Media {
        width: sticker.width,
        height: sticker.height,
        animated: sticker.is_animated == Some(true),
        ..media!(sticker)
    };
    Some(with_file("sticker", None, sticker.mimetype.clone(), media))
}

fn with_file(kind: &'static str, caption: Option<String>, mimetype: Option<String>, media: Media) -> Content {
    Content {
        text: caption.clone(),
        caption,
        mimetype,
        media: Some(media),
        ..plain(kind, None)
    }
}

fn structured(message: &wa::Message) -> Option<Content> {
    if let Some(place) = message.location_message.as_option() {
        let location = Location {
            latitude: place.degrees_latitude.unwrap_or_default(),
            longitude: place.degrees_longitude.unwrap_or_default(),
            name: place.name.clone(),
            address: place.address.clone(),
            url: place.url.clone(),
            ..Location::default()
        };
        return Some(Content {
            location: Some(location),
            ..plain("location", place.name.clone())
        });
    }
    if let Some(place) = message.live_location_message.as_option() {
        let location = Location {
            latitude: place.degrees_latitude.unwrap_or_default(),
            longitude: place.degrees_longitude.unwrap_or_default(),
            accuracy: place.accuracy_in_meters,
            speed: place.speed_in_mps,
            sequence: place.sequence_number,
            ..Location::default()
        };
        return Some(Content {
            location: Some(location),
            caption: place.caption.clone(),
            ..plain("liveLocation", place.caption.clone())
        });
    }
    if let Some(card) = message.contact_message.as_option() {
        return Some(Content {
            contacts: vec![contact(card)],
            ..plain("contact", card.display_name.clone())
        });
    }
    if let Some(cards) = message.contacts_array_message.as_option() {
        return Some(Content {
            contacts: cards.contacts.iter().map(contact).collect(),
            ..plain("contacts", cards.display_name.clone())
        });
    }
    if let Some(poll) = super::poll::creation(message) {
        let view = Poll {
            question: poll.name.clone().unwrap_or_default(),
            options: super::poll::options(poll),
            selectable: poll.selectable_options_count.unwrap_or(0),
        };
        return Some(Content {
            poll: Some(view),
            ..plain("poll", poll.name.clone())
        });
    }
    menu(message)
}

fn menu(message: &wa::Message) -> Option<Content> {
    if let Some(list) = message.list_message.as_option() {
        let rows = |section: &wa::message::list_message::Section| Section {
            title: section.title.clone(),
            rows: section
                .rows
                .iter()
                .map(|row| Row {
                    id: row.row_id.clone(),
                    title: row.title.clone(),
                    description: row.description.clone(),
                })
                .collect(),
        };
        let view = List {
            title: list.title.clone(),
            button: list.button_text.clone(),
            footer: list.footer_text.clone(),
            sections: list.sections.iter().map(rows).collect(),
        };
        return Some(Content {
            list: Some(view),
            ..plain("list", list.description.clone())
        });
    }
    if let Some(buttons) = message.buttons_message.as_option() {
        let button = |button: &wa::message::buttons_message::Button| Button {
            id: button.button_id.clone(),
            text: button.button_text.display_text.clone(),
        };
        return Some(Content {
            buttons: buttons.buttons.iter().map(button).collect(),
            ..plain("buttons", buttons.content_text.clone())
        });
    }
    if let Some(reply) = message.list_response_message.as_option() {
        return Some(Content {
            choice: reply.single_select_reply.selected_row_id.clone(),
            ..plain("choice", reply.title.clone())
        });
    }
    if let Some(reply) = message.buttons_response_message.as_option() {
        return Some(Content {
            choice: reply.selected_button_id.clone(),
            ..plain("choice", super::build::display_text(reply))
        });
    }
    if let Some(invite) = message.group_invite_message.as_option() {
        return Some(plain("groupInvite", invite.invite_code.clone()));
    }
    let event = message.event_message.as_option()?;
    Some(plain("event", event.name.clone()))
}

fn contact(card: &wa::message::ContactMessage) -> Contact {
    let lines = card.vcard.as_deref().unwrap_or_default().lines();
    let numbers = lines
        .filter(|line| line.trim_start().to_ascii_uppercase().contains("TEL"))
        .filter_map(|line| line.rsplit_once(':'))
        .map(|(_, number)| number.chars().filter(char::is_ascii_digit).collect::<String>())
        .filter(|digits| !digits.is_empty())
        .collect();
    Contact {
        name: card.display_name.clone(),
        numbers,
        vcard: card.vcard.clone(),
    }
}

#[cfg(test)]
mod tests {
    use buffa::MessageField;

    use super::*;

    #[test]
    fn wrappers_are_looked_through() {
        let image = wa::Message {
            image_message: MessageField::some(wa::message::ImageMessage {
                caption: Some("sea".to_owned()),
                ..Default::default()
            }),
            ..Default::default()
        };
        let wrap = |message| {
            MessageField::some(wa::message::FutureProofMessage {
                message: MessageField::some(message),
            })
        };
        let once = wa::Message {
            view_once_message_v2: wrap(image),
            ..Default::default()
        };
        let message = wa::Message {
            ephemeral_message: wrap(once),
            ..Default::default()
        };
        let content = describe(&message).unwrap();
        assert_eq!((content.kind, content.caption.as_deref()), ("image", Some("sea")));
        assert!(content.view_once);
        assert_eq!(content.ephemeral, Some(0));
    }

    #[test]
    fn keys_alone_are_no_message() {
        let message = wa::Message {
            sender_key_distribution_message: MessageField::some(
                wa::message::SenderKeyDistributionMessage::default(),
            ),
            ..Default::default()
        };
        assert!(describe(&message).is_none());
    }

    #[test]
    fn numbers_are_read_off_a_card() {
        let card = wa::message::ContactMessage {
            vcard: Some("BEGIN:VCARD\nitem1.TEL;waid=12025550101:+1 202-555-0101\nEND:VCARD".to_owned()),
            ..Default::default()
        };
        assert_eq!(contact(&card).numbers, ["12025550101"]);
    }
}
