//! Type, text and wrappers of every kind of message.

use buffa::MessageField;
use waproto::whatsapp as wa;
use waproto::whatsapp::message as m;

use crate::fixture::text;
use crate::normalise::{body, unwrap};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

macro_rules! message {
    ($field:ident: $value:expr) => {
        wa::Message {
            $field: MessageField::some($value),
            ..wa::Message::default()
        }
    };
}

fn poll() -> m::PollCreationMessage {
    m::PollCreationMessage {
        name: some("Lunch?"),
        options: ["Yes", "No"]
            .map(|name| m::poll_creation_message::Option {
                option_name: some(name),
                ..m::poll_creation_message::Option::default()
            })
            .into(),
        ..m::PollCreationMessage::default()
    }
}

fn wrapped(message: wa::Message) -> m::FutureProofMessage {
    m::FutureProofMessage {
        message: MessageField::some(message),
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_kind_has_its_type_and_text() {
    let table: Vec<(wa::Message, &str, Option<&str>)> = vec![
        (text("hello"), "TEXT", Some("hello")),
        (
            message!(extended_text_message: m::ExtendedTextMessage { text: some("a link"), ..Default::default() }),
            "TEXT",
            Some("a link"),
        ),
        (
            message!(image_message: m::ImageMessage { caption: some("a photo"), ..Default::default() }),
            "IMAGE",
            Some("a photo"),
        ),
        (message!(image_message: m::ImageMessage::default()), "IMAGE", None),
        (
            message!(video_message: m::VideoMessage { caption: some("a film"), ..Default::default() }),
            "VIDEO",
            Some("a film"),
        ),
        (message!(ptv_message: m::VideoMessage::default()), "VIDEO", None),
        (message!(audio_message: m::AudioMessage::default()), "AUDIO", None),
        (
            message!(document_message: m::DocumentMessage { file_name: some("a.pdf"), ..Default::default() }),
            "DOCUMENT",
            Some("a.pdf"),
        ),
        (
            message!(document_with_caption_message: wrapped(message!(document_message: m::DocumentMessage {
                file_name: some("a.pdf"), caption: some("the contract"), ..Default::default()
            }))),
            "DOCUMENT",
            Some("the contract"),
        ),
        (
            message!(sticker_message: m::StickerMessage::default()),
            "STICKER",
            None,
        ),
        (
            message!(lottie_sticker_message: wrapped(message!(sticker_message: m::StickerMessage::default()))),
            "STICKER",
            None,
        ),
        (
            message!(location_message: m::LocationMessage {
                degrees_latitude: Some(38.5), degrees_longitude: Some(-77.25), ..Default::default()
            }),
            "LOCATION",
            Some("38.5,-77.25"),
        ),
        (
            message!(live_location_message: m::LiveLocationMessage {
                degrees_latitude: Some(1.0), degrees_longitude: Some(2.0), ..Default::default()
            }),
            "LOCATION",
            Some("1,2"),
        ),
        (
            message!(contact_message: m::ContactMessage { display_name: some("Ann"), ..Default::default() }),
            "CONTACT",
            Some("Ann"),
        ),
        (
            message!(contacts_array_message: m::ContactsArrayMessage {
                contacts: ["Ann", "Bob"]
                    .map(|name| m::ContactMessage { display_name: some(name), ..Default::default() })
                    .into(),
                ..Default::default()
            }),
            "CONTACT",
            Some("Ann, Bob"),
        ),
        (message!(poll_creation_message: poll()), "POLL", Some("Lunch?")),
        (message!(poll_creation_message_v2: poll()), "POLL", Some("Lunch?")),
        (message!(poll_creation_message_v3: poll()), "POLL", Some("Lunch?")),
        (
            message!(poll_creation_message_v4: wrapped(message!(poll_creation_message: poll()))),
            "POLL",
            Some("Lunch?"),
        ),
        (message!(poll_creation_message_v5: poll()), "POLL", Some("Lunch?")),
        (
            message!(event_message: m::EventMessage { name: some("Party"), ..Default::default() }),
            "EVENT",
            Some("Party"),
        ),
        (
            message!(list_message: m::ListMessage { title: some("Menu"), description: some("Pick"), ..Default::default() }),
            "LIST",
            Some("Pick"),
        ),
        (
            message!(list_response_message: m::ListResponseMessage { title: some("Soup"), ..Default::default() }),
            "LIST_REPLY",
            Some("Soup"),
        ),
        (
            message!(buttons_message: m::ButtonsMessage { content_text: some("Sure?"), ..Default::default() }),
            "BUTTONS",
            Some("Sure?"),
        ),
        (
            message!(buttons_response_message: m::ButtonsResponseMessage {
                response: Some(m::buttons_response_message::Response::SelectedDisplayText("Yes".to_owned())),
                ..Default::default()
            }),
            "BUTTON_REPLY",
            Some("Yes"),
        ),
        (
            message!(template_button_reply_message: m::TemplateButtonReplyMessage {
                selected_display_text: some("Call"), ..Default::default()
            }),
            "BUTTON_REPLY",
            Some("Call"),
        ),
        (
            message!(interactive_message: m::InteractiveMessage {
                body: MessageField::some(m::interactive_message::Body { text: some("Choose"), ..Default::default() }),
                ..Default::default()
            }),
            "INTERACTIVE",
            Some("Choose"),
        ),
        (
            message!(group_invite_message: m::GroupInviteMessage { group_name: some("Club"), ..Default::default() }),
            "GROUP_INVITE",
            Some("Club"),
        ),
        (
            message!(order_message: m::OrderMessage { message: some("2 items"), ..Default::default() }),
            "ORDER",
            Some("2 items"),
        ),
        (message!(album_message: m::AlbumMessage::default()), "ALBUM", None),
        (
            message!(call_log_messsage: m::CallLogMessage::default()),
            "CALL",
            None,
        ),
        (
            message!(sticker_pack_message: m::StickerPackMessage { name: some("Cats"), ..Default::default() }),
            "STICKER_PACK",
            Some("Cats"),
        ),
        (
            message!(placeholder_message: m::PlaceholderMessage::default()),
            "UNKNOWN",
            None,
        ),
    ];
    for (message, kind, content) in table {
        let found = body(unwrap(&message).base).unwrap_or_else(|| panic!("{kind} has a body"));
        assert_eq!((found.kind, found.content.as_deref()), (kind, content));
    }
}

#[test]
fn what_nobody_wrote_is_no_message() {
    for message in [
        wa::Message::default(),
        message!(sender_key_distribution_message: m::SenderKeyDistributionMessage::default()),
        message!(protocol_message: m::ProtocolMessage::default()),
        message!(reaction_message: m::ReactionMessage::default()),
        message!(poll_update_message: m::PollUpdateMessage::default()),
        message!(pin_in_chat_message: m::PinInChatMessage::default()),
        message!(keep_in_chat_message: m::KeepInChatMessage::default()),
    ] {
        assert_eq!(body(unwrap(&message).base), None);
    }
}

#[test]
fn wrappers_come_off_in_any_order_and_view_once_is_noticed() {
    let inner = || text("hello");
    let once = message!(view_once_message_v2: wrapped(inner()));
    for (message, is_view_once) in [
        (message!(ephemeral_message: wrapped(inner())), false),
        (message!(ephemeral_message: wrapped(once.clone())), true),
        (
            message!(view_once_message: wrapped(message!(ephemeral_message: wrapped(inner())))),
            true,
        ),
        (message!(view_once_message_v2_extension: wrapped(inner())), true),
        (message!(edited_message: wrapped(inner())), false),
        (message!(group_mentioned_message: wrapped(inner())), false),
        (
            message!(device_sent_message: m::DeviceSentMessage {
                message: MessageField::some(once),
                ..Default::default()
            }),
            true,
        ),
    ] {
        let unwrapped = unwrap(&message);
        assert_eq!(unwrapped.base.conversation.as_deref(), Some("hello"));
        assert_eq!(unwrapped.is_view_once, is_view_once);
    }
    let flagged = message!(image_message: m::ImageMessage { view_once: Some(true), ..Default::default() });
    assert!(unwrap(&flagged).is_view_once);
}

#[test]
fn wrappers_without_end_do_not_hang() {
    let mut message = text("deep");
    for _ in 0..60 {
        message = message!(ephemeral_message: wrapped(message));
    }
    assert!(unwrap(&message).base.ephemeral_message.is_set());
}
