//! Every row of the table, read; and what must not be.

use serde_json::{Value, json};

use super::ContentObject;
use crate::content::{
    ButtonReply, ContactCard, Contacts, Content, Event, GroupInvite, ListReply, LiveLocation, Location,
    Media, MediaKind, MediaSource, MessageRef, Poll,
};

const URL: &str = "https://example.com/a.jpg";

fn read(json: &Value) -> Content {
    match ContentObject::parse(&json.to_string()) {
        Ok(object) => object.content,
        Err(error) => panic!("{json}: {error}"),
    }
}

fn refusal(json: &Value) -> String {
    match ContentObject::parse(&json.to_string()) {
        Ok(object) => panic!("{json} was read: {:?}", object.content),
        Err(error) => error.to_string(),
    }
}

fn url(kind: MediaKind) -> Media {
    Media::new(kind, MediaSource::Url(URL.to_owned()))
}

fn media(media: Media) -> Content {
    Content::Media(Box::new(media))
}

#[expect(clippy::too_many_lines, reason = "one table")]
#[test]
fn every_kind_is_read() {
    let key = json!({ "remoteJid": "12025550102@s.whatsapp.net", "fromMe": true, "id": "3EB0" });
    let target = MessageRef {
        id: "3EB0".to_owned(),
        chat: Some("12025550102@s.whatsapp.net".to_owned()),
        from_me: Some(true),
        participant: None,
    };
    let place = Location {
        latitude: 52.5,
        longitude: 13.4,
        name: Some("Office".to_owned()),
        address: Some("Main Street 1".to_owned()),
        ..Location::default()
    };
    let table = [
        (json!({ "text": "hi" }), Content::Text("hi".to_owned())),
        (
            json!({ "image": { "url": URL }, "caption": "look" }),
            media(Media {
                caption: Some("look".to_owned()),
                ..url(MediaKind::Image)
            }),
        ),
        (
            // Text beside a file becomes its caption.
            json!({ "image": { "url": URL }, "text": "look", "mimetype": "image/png", "width": 4, "height": 3 }),
            media(Media {
                caption: Some("look".to_owned()),
                mime_type: Some("image/png".to_owned()),
                width: Some(4),
                height: Some(3),
                ..url(MediaKind::Image)
            }),
        ),
        (
            json!({ "video": { "url": URL }, "seconds": 7 }),
            media(Media {
                seconds: Some(7),
                ..url(MediaKind::Video)
            }),
        ),
        (
            json!({ "video": { "url": URL }, "gifPlayback": true }),
            media(url(MediaKind::Gif)),
        ),
        (
            json!({ "video": { "url": URL }, "ptv": true }),
            media(url(MediaKind::VideoNote)),
        ),
        (
            json!({ "audio": { "url": URL }, "text": "no place for it" }),
            media(url(MediaKind::Audio)),
        ),
        (
            json!({ "audio": { "url": URL }, "ptt": true, "waveform": [0, 50, 100] }),
            media(Media {
                waveform: Some(vec![0, 50, 100]),
                ..url(MediaKind::Voice)
            }),
        ),
        (
            json!({ "document": { "url": URL }, "fileName": "a.pdf", "mimetype": "application/pdf", "jpegThumbnail": "AAEC" }),
            media(Media {
                file_name: Some("a.pdf".to_owned()),
                mime_type: Some("application/pdf".to_owned()),
                thumbnail: Some(vec![0, 1, 2]),
                ..url(MediaKind::Document)
            }),
        ),
        (json!({ "sticker": URL }), media(url(MediaKind::Sticker))),
        (
            json!({ "sticker": { "url": URL, "pack": "Pack", "author": "Ann" } }),
            media(Media {
                pack: Some(("Pack".to_owned(), "Ann".to_owned())),
                ..url(MediaKind::Sticker)
            }),
        ),
        (
            json!({ "location": { "degreesLatitude": 52.5, "degreesLongitude": 13.4, "name": "Office", "address": "Main Street 1" } }),
            Content::Location(place.clone()),
        ),
        (
            json!({ "liveLocation": { "degreesLatitude": 52.5, "degreesLongitude": 13.4, "accuracyInMeters": 5, "sequenceNumber": 1 } }),
            Content::LiveLocation(LiveLocation {
                place: Location {
                    latitude: 52.5,
                    longitude: 13.4,
                    ..Location::default()
                },
                accuracy_m: Some(5),
                sequence: Some(1),
                ..LiveLocation::default()
            }),
        ),
        (
            json!({ "contacts": { "displayName": "Ann", "contacts": [{ "vcard": "BEGIN:VCARD" }] } }),
            Content::Contacts(Contacts {
                display_name: Some("Ann".to_owned()),
                cards: vec![ContactCard {
                    display_name: "Ann".to_owned(),
                    vcard: "BEGIN:VCARD".to_owned(),
                }],
            }),
        ),
        (
            json!({ "poll": { "name": "Tea?", "values": ["yes", "no"], "selectableCount": 1 } }),
            Content::Poll(Poll {
                question: "Tea?".to_owned(),
                choices: vec!["yes".to_owned(), "no".to_owned()],
                selectable: 1,
                to_announcement_group: false,
            }),
        ),
        (
            json!({ "event": { "name": "Party", "startDate": "2026-01-31T18:00:00Z", "endDate": 1_769_896_800_000_i64 } }),
            Content::Event(Event {
                name: "Party".to_owned(),
                starts_at: 1_769_882_400,
                ends_at: Some(1_769_896_800),
                ..Event::default()
            }),
        ),
        (
            json!({ "groupInvite": { "jid": "1@g.us", "subject": "Team", "inviteCode": "CODE", "inviteExpiration": 5, "text": "join" } }),
            Content::GroupInvite(GroupInvite {
                group: "1@g.us".to_owned(),
                subject: "Team".to_owned(),
                code: "CODE".to_owned(),
                expires_at: Some(5),
                text: Some("join".to_owned()),
                thumbnail: None,
            }),
        ),
        (
            json!({ "listReply": { "title": "One", "singleSelectReply": { "selectedRowId": "1" } } }),
            Content::ListReply(ListReply {
                title: "One".to_owned(),
                description: None,
                row_id: "1".to_owned(),
            }),
        ),
        (
            json!({ "buttonReply": { "displayText": "Yes", "id": "y" }, "type": "plain" }),
            Content::ButtonReply(ButtonReply {
                id: "y".to_owned(),
                display_text: "Yes".to_owned(),
                template_index: None,
            }),
        ),
        (
            json!({ "buttonReply": { "displayText": "Yes", "id": "y", "index": 2 }, "type": "template" }),
            Content::ButtonReply(ButtonReply {
                id: "y".to_owned(),
                display_text: "Yes".to_owned(),
                template_index: Some(2),
            }),
        ),
        (
            json!({ "react": { "text": "👍", "key": key } }),
            Content::Reaction {
                target: target.clone(),
                emoji: "👍".to_owned(),
            },
        ),
        (
            json!({ "react": { "text": null, "key": "3EB0" } }),
            Content::Reaction {
                target: MessageRef::by_id("3EB0"),
                emoji: String::new(),
            },
        ),
        (
            json!({ "pin": key, "type": 1, "time": 604_800 }),
            Content::Pin {
                target: target.clone(),
                seconds: Some(604_800),
            },
        ),
        (
            json!({ "pin": key, "type": 2 }),
            Content::Pin {
                target: target.clone(),
                seconds: None,
            },
        ),
        (
            json!({ "text": "better", "edit": key }),
            Content::Edit {
                target: target.clone(),
                text: "better".to_owned(),
            },
        ),
        (json!({ "delete": key }), Content::Delete(target.clone())),
        (
            json!({ "forward": { "key": key, "message": { "conversation": "hi" } }, "force": true }),
            Content::Forward(target),
        ),
        (
            json!({ "disappearingMessagesInChat": true }),
            Content::Disappearing(604_800),
        ),
        (
            json!({ "disappearingMessagesInChat": false }),
            Content::Disappearing(0),
        ),
        (
            json!({ "disappearingMessagesInChat": 86_400 }),
            Content::Disappearing(86_400),
        ),
    ];
    for (json, wanted) in table {
        assert_eq!(read(&json), wanted, "{json}");
    }
}

#[test]
fn a_file_is_an_address_a_handle_or_its_content() {
    let bytes = |value: Value| match read(&json!({ "image": value })) {
        Content::Media(media) => (media.source, media.mime_type),
        other => panic!("{other:?}"),
    };
    let content = MediaSource::Bytes(vec![1, 2, 3].into());
    assert_eq!(bytes(json!("AQID")), (content.clone(), None));
    assert_eq!(bytes(json!({ "base64": "AQID" })), (content.clone(), None));
    assert_eq!(
        bytes(json!("data:image/png;base64,AQID")),
        (content.clone(), Some("image/png".to_owned()))
    );
    assert_eq!(
        bytes(json!({ "url": "data:image/png;base64,AQID" })),
        (content.clone(), Some("image/png".to_owned()))
    );
    assert_eq!(
        bytes(json!({ "type": "Buffer", "data": [1, 2, 3] })),
        (content.clone(), None)
    );
    assert_eq!(
        bytes(json!({ "type": "Buffer", "data": "AQID" })),
        (content.clone(), None)
    );
    assert_eq!(bytes(json!([1, 2, 3])), (content, None));
    assert_eq!(
        bytes(json!({ "handle": "h-1" })),
        (MediaSource::Handle("h-1".to_owned()), None)
    );
    assert_eq!(bytes(json!(URL)), (MediaSource::Url(URL.to_owned()), None));
}

#[test]
fn no_file_of_this_machine_is_read() {
    for source in [
        "/etc/passwd",
        "file:///etc/passwd",
        "./secret.key",
        "C:\\secret",
        "ftp://example.com/a",
    ] {
        for value in [json!(source), json!({ "url": source })] {
            let refusal = refusal(&json!({ "image": value }));
            assert!(
                refusal.contains("image: must have an http or https"),
                "{source}: {refusal}"
            );
        }
    }
}

#[test]
fn what_stands_beside_the_content_is_read() {
    let object = ContentObject::parse(
        &json!({
            "text": "hi @12025550102", "mentions": ["12025550102@s.whatsapp.net"], "mentionAll": true,
            "viewOnce": true, "ephemeralExpiration": 86_400, "linkPreview": null, "unheardOf": 1,
        })
        .to_string(),
    )
    .unwrap();
    assert_eq!(object.mentions, ["12025550102@s.whatsapp.net"]);
    assert!(object.mention_all && object.view_once);
    assert_eq!(object.ephemeral_seconds, Some(86_400));
}

#[test]
fn refusals_name_the_field() {
    for (json, wanted) in [
        (json!({}), "message: must have one of delete, edit"),
        (json!({ "txt": "hi" }), "message: must have one of"),
        (json!({ "text": 5 }), "message: text: invalid type"),
        (
            json!({ "image": { "url": URL }, "video": { "url": URL } }),
            "has both image and video",
        ),
        (json!({ "image": { "url": 5 } }), "image: must have an http"),
        (json!({ "image": "" }), "image: "),
        (
            json!({ "image": { "url": URL }, "width": "wide" }),
            "width: invalid type",
        ),
        (
            json!({ "location": { "degreesLatitude": 1 } }),
            "location: missing field `degreesLongitude`",
        ),
        (
            json!({ "location": { "degreesLatitude": "north", "degreesLongitude": 1 } }),
            "location.degreesLatitude: ",
        ),
        (json!({ "poll": { "name": "?" } }), "poll: missing field `values`"),
        (
            json!({ "react": { "key": {} } }),
            "react.key: must be a message's id, or its key",
        ),
        (json!({ "pin": "3EB0", "type": 3 }), "type: 1 (pin) or 2"),
        (json!({ "edit": "3EB0" }), "text: what the message says now"),
        (
            json!({ "event": { "name": "x", "startDate": "soon" } }),
            "event.startDate: must be a moment",
        ),
        (
            json!({ "text": "x", "mentions": "all" }),
            "mentions: invalid type",
        ),
        (
            json!({ "disappearingMessagesInChat": "soon" }),
            "true, false or a number",
        ),
    ] {
        let refusal = refusal(&json);
        assert!(refusal.contains(wanted), "{json}: {refusal}");
    }
    assert!(ContentObject::parse("[]").is_err() && ContentObject::parse("{").is_err());
}
