//! What a decrypted message is, in the few words the control API needs.

use waproto::whatsapp::Message;
use waproto::whatsapp::message::protocol_message::Type;

/// A short description of a message.
pub(super) struct Content {
    pub(super) kind: &'static str,
    pub(super) text: Option<String>,
    pub(super) target: Option<String>,
}

impl Content {
    fn new(kind: &'static str, text: Option<String>) -> Self {
        Self {
            kind,
            text,
            target: None,
        }
    }
}

/// Describes a message; `None` for those that carry only keys or housekeeping and belong in no inbox.
pub(super) fn describe(message: &Message) -> Option<Content> {
    if let Some(text) = &message.conversation {
        return Some(Content::new("text", Some(text.clone())));
    }
    if let Some(text) = message.extended_text_message.as_option() {
        return Some(Content::new("text", text.text.clone()));
    }
    if let Some(reaction) = message.reaction_message.as_option() {
        let target = reaction.key.as_option().and_then(|key| key.id.clone());
        return Some(Content {
            kind: "reaction",
            text: reaction.text.clone(),
            target,
        });
    }
    if let Some(protocol) = message.protocol_message.as_option() {
        let target = protocol.key.as_option().and_then(|key| key.id.clone());
        return match protocol.r#type {
            Some(Type::REVOKE) => Some(Content {
                kind: "revoke",
                text: None,
                target,
            }),
            Some(Type::MESSAGE_EDIT) => {
                let edited = protocol.edited_message.as_option().and_then(describe);
                Some(Content {
                    kind: "edit",
                    text: edited.and_then(|edited| edited.text),
                    target,
                })
            }
            _ => None,
        };
    }
    if let Some(image) = message.image_message.as_option() {
        return Some(Content::new("image", image.caption.clone()));
    }
    if let Some(video) = message.video_message.as_option() {
        return Some(Content::new("video", video.caption.clone()));
    }
    if let Some(document) = message.document_message.as_option() {
        return Some(Content::new("document", document.file_name.clone()));
    }
    if message.audio_message.is_set() {
        return Some(Content::new("audio", None));
    }
    if message.sticker_message.is_set() {
        return Some(Content::new("sticker", None));
    }
    if let Some(location) = message.location_message.as_option() {
        return Some(Content::new("location", location.name.clone()));
    }
    if let Some(contact) = message.contact_message.as_option() {
        return Some(Content::new("contact", contact.display_name.clone()));
    }
    if message.sender_key_distribution_message.is_set() {
        return None;
    }
    Some(Content::new("other", None))
}
