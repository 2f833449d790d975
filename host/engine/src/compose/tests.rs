//! Every kind of content as it stands on the wire, shown as the JSON of the schema.

use serde_json::{Value, json};
use waproto::whatsapp as wa;

use super::media::Uploaded;
use super::*;
use crate::content::{Media, MediaKind, MediaSource};

/// Secrets and times are left out: they differ each time.
fn shown(message: &wa::Message) -> Value {
    use buffa::Message as _;
    let mut json = wagate_codec::to_json(&message.encode_to_vec()).unwrap();
    if let Some(object) = json.as_object_mut() {
        object.remove("messageContextInfo");
    }
    json
}

fn refusal(result: Result<wa::Message, EngineError>) -> String {
    result.unwrap_err().to_string()
}

fn key() -> wa::MessageKey {
    wa::MessageKey {
        remote_jid: Some("1@g.us".to_owned()),
        from_me: Some(true),
        id: Some("3EB0".to_owned()),
        participant: None,
    }
}

fn sample_place() -> Location {
    Location {
        latitude: 52.5,
        longitude: 13.25,
        name: Some("Office".to_owned()),
        ..Location::default()
    }
}

fn sample_card(name: &str) -> ContactCard {
    ContactCard {
        display_name: name.to_owned(),
        vcard: format!("BEGIN:VCARD\nFN:{name}\nEND:VCARD"),
    }
}

fn sample_poll(selectable: u32) -> Poll {
    Poll {
        question: "Tea?".to_owned(),
        choices: vec!["yes".to_owned(), "no".to_owned()],
        selectable,
        to_announcement_group: false,
    }
}

#[test]
fn words_places_and_people() {
    assert_eq!(shown(&text("hi").unwrap()), json!({ "conversation": "hi" }));
    assert_eq!(
        shown(&location(&sample_place()).unwrap()),
        json!({ "locationMessage": { "degreesLatitude": 52.5, "degreesLongitude": 13.25, "name": "Office" } })
    );
    let live = LiveLocation {
        place: sample_place(),
        accuracy_m: Some(5),
        caption: Some("here".to_owned()),
        ..LiveLocation::default()
    };
    assert_eq!(
        shown(&live_location(&live).unwrap()),
        json!({ "liveLocationMessage": {
            "degreesLatitude": 52.5, "degreesLongitude": 13.25, "accuracyInMeters": 5, "caption": "here",
        } })
    );
    let one = Contacts {
        display_name: None,
        cards: vec![sample_card("Ann")],
    };
    assert_eq!(
        shown(&contacts(&one).unwrap()),
        json!({ "contactMessage": { "displayName": "Ann", "vcard": "BEGIN:VCARD\nFN:Ann\nEND:VCARD" } })
    );
    let two = Contacts {
        display_name: None,
        cards: vec![sample_card("Ann"), sample_card("Ben")],
    };
    let shown = shown(&contacts(&two).unwrap());
    assert_eq!(shown["contactsArrayMessage"]["displayName"], "2 contacts");
    assert_eq!(shown["contactsArrayMessage"]["contacts"][1]["displayName"], "Ben");
}

#[test]
fn a_poll_keeps_its_secret() {
    for (selectable, field) in [
        (1, "pollCreationMessageV3"),
        (0, "pollCreationMessage"),
        (2, "pollCreationMessage"),
    ] {
        let message = poll(&sample_poll(selectable)).unwrap();
        let info = message.message_context_info.as_option().unwrap();
        assert_eq!(info.message_secret.as_ref().unwrap().len(), SECRET_BYTES);
        let shown = shown(&message);
        assert_eq!(shown[field]["name"], "Tea?");
        assert_eq!(shown[field]["options"][1]["optionName"], "no");
        assert_eq!(shown[field]["selectableOptionsCount"], selectable);
    }
    let announced = Poll {
        to_announcement_group: true,
        ..sample_poll(1)
    };
    assert!(shown(&poll(&announced).unwrap())["pollCreationMessageV2"].is_object());
}

#[test]
fn events_invitations_and_replies() {
    let party = Event {
        name: "Party".to_owned(),
        starts_at: 1_769_882_400,
        place: Some(sample_place()),
        ..Event::default()
    };
    let message = event(&party).unwrap();
    assert!(
        message.message_context_info.is_set(),
        "answers are encrypted under it"
    );
    let seen = shown(&message);
    assert_eq!(seen["eventMessage"]["name"], "Party");
    assert_eq!(seen["eventMessage"]["startTime"], "1769882400");
    assert_eq!(seen["eventMessage"]["location"]["name"], "Office");

    let invite = GroupInvite {
        group: "120363001122334455@g.us".to_owned(),
        subject: "Team".to_owned(),
        code: "CODE".to_owned(),
        text: Some("join".to_owned()),
        ..GroupInvite::default()
    };
    assert_eq!(
        shown(&group_invite(&invite).unwrap()),
        json!({ "groupInviteMessage": {
            "groupJid": "120363001122334455@g.us", "inviteCode": "CODE", "groupName": "Team", "caption": "join",
        } })
    );
    let chosen = ListReply {
        title: "One".to_owned(),
        description: None,
        row_id: "1".to_owned(),
    };
    assert_eq!(
        shown(&list_reply(&chosen)),
        json!({ "listResponseMessage": {
            "title": "One", "listType": "SINGLE_SELECT", "singleSelectReply": { "selectedRowId": "1" },
        } })
    );
    let pressed = ButtonReply {
        id: "y".to_owned(),
        display_text: "Yes".to_owned(),
        template_index: None,
    };
    assert_eq!(
        shown(&button_reply(&pressed)),
        json!({ "buttonsResponseMessage": {
            "selectedButtonId": "y", "type": "DISPLAY_TEXT", "selectedDisplayText": "Yes",
        } })
    );
    let template = ButtonReply {
        template_index: Some(2),
        ..pressed
    };
    assert_eq!(
        shown(&button_reply(&template)),
        json!({ "templateButtonReplyMessage": {
            "selectedId": "y", "selectedDisplayText": "Yes", "selectedIndex": 2,
        } })
    );
}

#[test]
fn what_is_done_to_other_messages() {
    let named = json!({ "remoteJid": "1@g.us", "fromMe": true, "id": "3EB0" });
    assert_eq!(
        shown(&reaction(key(), "👍", 5).unwrap()),
        json!({ "reactionMessage": { "key": named, "text": "👍", "senderTimestampMs": "5" } })
    );
    assert_eq!(
        shown(&pin(key(), Some(86_400), 5).unwrap()),
        json!({ "pinInChatMessage": { "key": named, "type": "PIN_FOR_ALL", "senderTimestampMs": "5" } })
    );
    let off = pin(key(), None, 5).unwrap();
    assert_eq!(shown(&off)["pinInChatMessage"]["type"], "UNPIN_FOR_ALL");
    assert_eq!(
        shown(&revoke(key())),
        json!({ "protocolMessage": { "key": named, "type": "REVOKE" } })
    );
    assert_eq!(
        shown(&edit(key(), text("better").unwrap(), 5)),
        json!({ "protocolMessage": {
            "key": named, "type": "MESSAGE_EDIT", "editedMessage": { "conversation": "better" }, "timestampMs": "5",
        } })
    );
    assert_eq!(
        shown(&disappearing(86_400, 5)),
        json!({ "protocolMessage": {
            "type": "EPHEMERAL_SETTING", "ephemeralExpiration": 86_400, "ephemeralSettingTimestamp": "5",
        } })
    );
}

fn upload() -> Uploaded {
    Uploaded {
        url: "https://media/u".to_owned(),
        direct_path: "/d".to_owned(),
        media_key: vec![1; 32],
        file_enc_sha256: vec![2; 32],
        file_sha256: vec![3; 32],
        file_length: 4096,
        media_key_timestamp: 1_700_000_000,
        streaming_sidecar: Some(vec![9]),
    }
}

fn file(kind: MediaKind) -> Media {
    Media {
        caption: Some("look".to_owned()),
        width: Some(4),
        height: Some(3),
        seconds: Some(7),
        waveform: Some(vec![50]),
        ..Media::new(kind, MediaSource::Handle(String::new()))
    }
}

#[test]
fn files_stand_where_clients_look_for_them() {
    let seen = |kind| shown(&media(file(kind), upload()));
    let image = seen(MediaKind::Image);
    let part = &image["imageMessage"];
    assert_eq!(part["mimetype"], "image/jpeg");
    assert_eq!((&part["width"], &part["height"]), (&json!(4), &json!(3)));
    assert_eq!(
        (&part["caption"], &part["directPath"]),
        (&json!("look"), &json!("/d"))
    );
    assert_eq!(part["fileLength"], "4096");

    let video = seen(MediaKind::Video);
    assert_eq!(video["videoMessage"]["seconds"], 7);
    assert!(video["videoMessage"]["gifPlayback"].is_null());
    assert_eq!(seen(MediaKind::Gif)["videoMessage"]["gifPlayback"], true);
    let note = seen(MediaKind::VideoNote);
    assert!(note["ptvMessage"].is_object() && note["videoMessage"].is_null());

    let voice = seen(MediaKind::Voice);
    assert_eq!(voice["audioMessage"]["ptt"], true);
    assert_eq!(voice["audioMessage"]["mimetype"], "audio/ogg; codecs=opus");
    assert_eq!(voice["audioMessage"]["waveform"], "Mg==");
    let audio = seen(MediaKind::Audio);
    assert_eq!(audio["audioMessage"]["ptt"], false);
    assert!(audio["audioMessage"]["waveform"].is_null());

    let document = seen(MediaKind::Document);
    let inner = &document["documentWithCaptionMessage"]["message"]["documentMessage"];
    assert_eq!(
        (&inner["caption"], &inner["fileName"]),
        (&json!("look"), &json!("file"))
    );
    let bare = Media {
        caption: None,
        file_name: Some("a.pdf".to_owned()),
        ..file(MediaKind::Document)
    };
    assert_eq!(
        shown(&media(bare, upload()))["documentMessage"]["fileName"],
        "a.pdf"
    );

    let sticker = seen(MediaKind::Sticker);
    assert_eq!(sticker["stickerMessage"]["mimetype"], "image/webp");
    assert_eq!(sticker["stickerMessage"]["isAnimated"], false);
}

#[test]
fn what_opens_once_is_wrapped() {
    let image = media(file(MediaKind::Image), upload());
    let wrapped = shown(&view_once(image));
    assert!(
        wrapped["viewOnceMessage"]["message"]["imageMessage"].is_object(),
        "{wrapped}"
    );
}

#[test]
fn limits_name_their_field() {
    let long = "x".repeat(MAX_TEXT + 1);
    let poll_of = |choices: &[&str], selectable| {
        poll(&Poll {
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
            selectable,
            ..sample_poll(0)
        })
    };
    let cards = |cards| {
        contacts(&Contacts {
            display_name: None,
            cards,
        })
    };
    for (refused, wanted) in [
        (text(""), "message.text: must have 1 to 65536 characters, has 0"),
        (text(&long), "has 65537"),
        (
            location(&Location {
                latitude: 91.0,
                ..sample_place()
            }),
            "latitude: must be between -90 and 90",
        ),
        (
            location(&Location {
                longitude: f64::NAN,
                ..sample_place()
            }),
            "longitude: must be between -180 and 180",
        ),
        (poll_of(&["one"], 0), "poll.choices: 2 to 12 choices"),
        (poll_of(&["x", "x"], 0), "poll.choices: no two may be alike"),
        (poll_of(&["x", ""], 0), "poll.choices: must have 1 to 100"),
        (poll_of(&["x", "y"], 3), "poll.selectable: at most as many"),
        (cards(Vec::new()), "contacts: 1 to 256"),
        (
            cards(vec![ContactCard {
                display_name: "Ann".to_owned(),
                vcard: "Ann".to_owned(),
            }]),
            "contacts.vcard: must be a vCard",
        ),
        (reaction(key(), &"👍".repeat(20), 0), "emoji: one emoji"),
        (
            pin(key(), Some(5), 0),
            "time: must be one of [86400, 604800, 2592000]",
        ),
        (
            event(&Event {
                name: "x".to_owned(),
                starts_at: 5,
                ends_at: Some(4),
                ..Event::default()
            }),
            "event.endDate: must not be before startDate",
        ),
        (
            group_invite(&GroupInvite {
                group: "12025550102".to_owned(),
                code: "CODE".to_owned(),
                ..GroupInvite::default()
            }),
            "jid: must be a group",
        ),
    ] {
        let refusal = refusal(refused);
        assert!(refusal.contains(wanted), "{wanted}: {refusal}");
    }
    let heavy = Media {
        thumbnail: Some(vec![0; 70_000]),
        ..file(MediaKind::Image)
    };
    assert!(
        is_sendable(&heavy)
            .unwrap_err()
            .to_string()
            .starts_with("jpegThumbnail: at most")
    );
}
