//! The part that most messages share: what they answer, whom they name, where they came from, how long they stay.

use buffa::MessageField;
use waproto::whatsapp::{self as wa, ContextInfo};

use super::unwrap;

/// The context of a message, whichever kind of message it is.
pub(crate) fn of(message: &wa::Message) -> Option<&ContextInfo> {
    let message = unwrap(message).message;
    macro_rules! first {
        ($($field:ident),+ $(,)?) => {
            [$(message.$field.as_option().and_then(|inner| inner.context_info.as_option())),+]
        };
    }
    first!(
        extended_text_message,
        image_message,
        video_message,
        ptv_message,
        audio_message,
        document_message,
        sticker_message,
        location_message,
        live_location_message,
        contact_message,
        contacts_array_message,
        poll_creation_message,
        poll_creation_message_v2,
        poll_creation_message_v3,
        poll_creation_message_v5,
        list_message,
        list_response_message,
        buttons_message,
        buttons_response_message,
        group_invite_message,
        event_message,
        interactive_message,
        template_message,
        template_button_reply_message,
    )
    .into_iter()
    .flatten()
    .next()
}

/// Where a message that is being built keeps its context. A plain text has no room for one and becomes an extended text.
/// `None` for messages that never have a context: reactions, votes, edits, revocations.
pub(crate) fn slot(message: &mut wa::Message) -> Option<&mut MessageField<ContextInfo>> {
    if let Some(text) = message.conversation.take() {
        message.extended_text_message = MessageField::some(wa::message::ExtendedTextMessage {
            text: Some(text),
            ..Default::default()
        });
    }
    macro_rules! first {
        ($($field:ident),+ $(,)?) => {
            $(if message.$field.is_set() {
                return message.$field.as_option_mut().map(|inner| &mut inner.context_info);
            })+
        };
    }
    first!(
        extended_text_message,
        image_message,
        video_message,
        ptv_message,
        audio_message,
        document_message,
        sticker_message,
        location_message,
        live_location_message,
        contact_message,
        contacts_array_message,
        poll_creation_message,
        poll_creation_message_v3,
        list_message,
        list_response_message,
        buttons_message,
        buttons_response_message,
        group_invite_message,
    );
    None
}

/// A message as it is quoted: without the context of its own, so that quotes do not nest.
pub(crate) fn quotable(message: &wa::Message) -> wa::Message {
    let mut quoted = unwrap(message).message.clone();
    if quoted.conversation.is_none()
        && let Some(slot) = slot(&mut quoted)
    {
        *slot = MessageField::none();
    }
    quoted.message_context_info = MessageField::none();
    quoted
}
