//! What the codec promises to its users, against the library's own reading of the same schema.

use buffa::{Message as _, MessageField};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wagate_codec::{
    CodecError, Kind, MAX_JSON_DEPTH, MAX_WIRE_BYTES, from_json, from_json_as, to_json, to_json_as,
};
use waproto::whatsapp as wa;

/// A photo that answers a message, with one of everything: bytes, 64-bit numbers, an enum, nested messages.
fn photo() -> wa::Message {
    wa::Message {
        image_message: MessageField::some(wa::message::ImageMessage {
            url: Some("https://mmg.example/photo".to_owned()),
            mimetype: Some("image/jpeg".to_owned()),
            caption: Some("a caption, “quoted”".to_owned()),
            file_sha256: Some(vec![0, 1, 254, 255]),
            file_length: Some(5_000_000_000),
            height: Some(480),
            media_key_timestamp: Some(-1),
            context_info: MessageField::some(wa::ContextInfo {
                stanza_id: Some("3EB0AA".to_owned()),
                participant: Some("12025550101@s.whatsapp.net".to_owned()),
                mentioned_jid: vec!["12025550102@s.whatsapp.net".to_owned()],
                quoted_message: MessageField::some(wa::Message {
                    conversation: Some("before".to_owned()),
                    ..wa::Message::default()
                }),
                is_forwarded: Some(false),
                ..wa::ContextInfo::default()
            }),
            ..wa::message::ImageMessage::default()
        }),
        ..wa::Message::default()
    }
}

#[test]
fn a_message_looks_as_webhook_users_know_it() {
    insta::assert_json_snapshot!(to_json(&photo().encode_to_vec()).expect("json"));
}

#[test]
fn enums_are_names() {
    let revoke = wa::Message {
        protocol_message: MessageField::some(wa::message::ProtocolMessage {
            r#type: Some(wa::message::protocol_message::Type::REVOKE),
            ..wa::message::ProtocolMessage::default()
        }),
        ..wa::Message::default()
    };
    let json = to_json(&revoke.encode_to_vec()).expect("json");
    assert_eq!(json, json!({ "protocolMessage": { "type": "REVOKE" } }));
    assert_eq!(from_json(&json).expect("bytes"), revoke.encode_to_vec());
    let by_number = json!({ "protocolMessage": { "type": 0 } });
    assert_eq!(from_json(&by_number).expect("bytes"), revoke.encode_to_vec());
}

#[test]
fn json_comes_back_as_the_same_message() {
    let bytes = photo().encode_to_vec();
    let json = to_json(&bytes).expect("json");
    let back = from_json(&json).expect("bytes");
    assert_eq!(wa::Message::decode_from_slice(&back).expect("a message"), photo());
    assert_eq!(to_json(&back).expect("json"), json);
}

#[test]
fn clients_may_write_buffers_longs_and_fields_from_the_future() {
    let json = json!({
        "imageMessage": {
            "fileSha256": { "type": "Buffer", "data": [0, 1] },
            "fileLength": { "low": 705_032_704, "high": 1, "unsigned": true },
            "height": 480,
            "caption": null,
            "fieldOfTheYear2031": { "a": [1] },
        },
        "messageOfTheYear2031": {},
    });
    let message = wa::Message::decode_from_slice(&from_json(&json).expect("bytes")).expect("a message");
    let image = message.image_message.as_option().expect("an image");
    assert_eq!(image.file_sha256.as_deref(), Some([0, 1].as_slice()));
    assert_eq!(image.file_length, Some(5_000_000_000));
    assert_eq!(image.height, Some(480));
    assert_eq!(image.caption, None);
}

#[test]
fn other_kinds_than_messages_convert_too() {
    let json = json!({ "mentionedJid": ["12025550101@s.whatsapp.net"], "isForwarded": true });
    let bytes = from_json_as(Kind::ContextInfo, &json).expect("bytes");
    assert_eq!(to_json_as(Kind::ContextInfo, &bytes).expect("json"), json);
    let context = wa::ContextInfo::decode_from_slice(&bytes).expect("a context");
    assert_eq!(context.is_forwarded, Some(true));
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    for json in [
        json!("a text"),
        json!([]),
        json!({ "conversation": 1 }),
        json!({ "imageMessage": { "height": "tall" } }),
        json!({ "imageMessage": { "fileSha256": "not base64!" } }),
    ] {
        assert!(matches!(from_json(&json), Err(CodecError::Json { .. })), "{json}");
    }
    assert!(matches!(to_json(&[0xFF; 3]), Err(CodecError::Wire { .. })));
}

#[test]
fn size_and_depth_are_bounded() {
    let too_long = vec![0; MAX_WIRE_BYTES + 1];
    assert!(matches!(to_json(&too_long), Err(CodecError::TooLarge { .. })));
    let mut deep = json!({});
    for _ in 0..MAX_JSON_DEPTH {
        deep = json!({ "ephemeralMessage": { "message": deep } });
    }
    assert!(matches!(from_json(&deep), Err(CodecError::TooLarge { .. })));
    let wide = json!({ "x": vec![0; 200_000] });
    assert!(matches!(from_json(&wide), Err(CodecError::TooLarge { .. })));
}

/// Messages in messages in messages: each level is a field of the one above.
fn nested(levels: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..levels {
        // Field 40, ephemeralMessage, and in it field 1, message.
        let mut inner = vec![0x0A];
        varint(bytes.len(), &mut inner);
        inner.extend(bytes);
        bytes = vec![0xC2, 0x02];
        varint(inner.len(), &mut bytes);
        bytes.extend(inner);
    }
    bytes
}

fn varint(mut number: usize, into: &mut Vec<u8>) {
    loop {
        let [seven, ..] = (number & 0x7F).to_le_bytes();
        number >>= 7;
        if number == 0 {
            return into.push(seven);
        }
        into.push(seven | 0x80);
    }
}

/// On a thread as small as the runtime's.
#[test]
fn nesting_is_refused_before_the_stack_ends() {
    let small = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let outcome = small
        .spawn(|| (to_json(&nested(40)).is_ok(), to_json(&nested(20_000)).is_err()))
        .expect("a thread")
        .join()
        .expect("no overflow");
    assert_eq!(outcome, (true, true));
}

#[test]
fn the_schema_is_the_one_that_was_written_down() {
    let schema = include_bytes!("../descriptor/whatsapp.desc");
    let note = include_str!("../descriptor/README.md");
    assert!(note.contains(&hex::encode(Sha256::digest(schema))));
}

/// JSON with the schema's own words in it, so that the walk gets somewhere.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!({ "type": "Buffer", "data": [1, 2, 3] })),
    ];
    let name = prop_oneof![
        Just("ephemeralMessage".to_owned()),
        Just("message".to_owned()),
        Just("imageMessage".to_owned()),
        Just("contextInfo".to_owned()),
        Just("mentionedJid".to_owned()),
        Just("protocolMessage".to_owned()),
        Just("type".to_owned()),
        Just("fileLength".to_owned()),
        ".{0,8}",
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn hostile_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
        let _ = to_json(&bytes);
        let _ = to_json_as(Kind::WebMessageInfo, &bytes);
    }

    #[test]
    fn a_damaged_message_never_panics_and_what_decodes_comes_back(
        position in 0_usize..200, byte in any::<u8>(), length in 0_usize..200
    ) {
        let mut bytes = photo().encode_to_vec();
        bytes.truncate(length.max(1).min(bytes.len()));
        let position = position % bytes.len();
        bytes[position] = byte;
        if let Ok(json) = to_json(&bytes) {
            let back = from_json(&json).expect("our own JSON");
            prop_assert_eq!(to_json(&back).expect("our own bytes"), json);
        }
    }

    #[test]
    fn hostile_json_never_panics_and_what_converts_is_a_message(json in any_json()) {
        if let Ok(bytes) = from_json(&json) {
            prop_assert!(wa::Message::decode_from_slice(&bytes).is_ok());
        }
    }
}
