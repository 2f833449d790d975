//! Routes that send something new.

use wagate_plugin_api::HostError;
use wagate_plugin_api::messages::{ContactCard, Location, Poll};

use super::*;

#[test]
fn a_text_is_sent_and_answered_in_the_contracts_form() {
    let (answer, content) = post("{jid}/send", &json!({ "message": { "text": "hi" } }));
    assert_eq!(content, Content::Text("hi".to_owned()));
    assert_eq!(
        answer["data"]["key"],
        json!({ "remoteJid": FRIEND, "fromMe": true, "id": "3EB00001" })
    );
    assert_eq!(
        (&answer["data"]["messageTimestamp"], &answer["message"]),
        (&json!("1760000000"), &json!("Message sent successfully"))
    );
}

#[test]
fn content_objects_go_to_the_host_as_they_are() {
    for message in [
        json!({ "image": { "url": "https://a.example/x.jpg" }, "caption": "x" }),
        json!({ "document": { "url": "https://a.example/x.pdf" }, "fileName": "x.pdf", "mimetype": "application/pdf" }),
        json!({ "sticker": { "url": "https://a.example/x.png", "pack": "p", "author": "a" } }),
        json!({ "text": "hi", "mentions": [FRIEND] }),
        json!({ "location": { "degreesLatitude": 1, "degreesLongitude": 2 } }),
    ] {
        let (_, content) = post("{jid}/send", &json!({ "message": message }));
        assert_eq!(content, Content::Other(message.to_string()));
    }
}

#[test]
fn a_message_names_people_and_answers_another_one() {
    let host = FakeHost::default();
    let body =
        json!({ "message": { "text": "hi" }, "mentions": ["+1 202 555 0101"], "quotedMessageId": "3AF1" });
    assert_eq!(call(&host, "POST", "{jid}/send", &body).0, 200);
    let options = &host.contents()[0].options;
    assert_eq!(options.quote.as_deref(), Some("3AF1"));
    assert_eq!(options.mentions, ["12025550101@s.whatsapp.net"]);
}

#[test]
fn what_is_no_message_is_refused() {
    let long = json!({ "message": { "text": "x".repeat(65_537) } });
    let many = json!({ "message": { "text": "x" }, "mentions": vec![FRIEND; 1025] });
    refused(
        "POST",
        "{jid}/send",
        &[
            (json!({}), "message is required"),
            (json!({ "message": null }), "message is required"),
            (json!({ "message": 5 }), "message: must be an object"),
            (
                json!({ "message": { "text": "" } }),
                "message.text must not be empty",
            ),
            (long, "message.text: at most 65536 characters"),
            (many, "mentions: at most 1024"),
            (
                json!({ "message": { "text": "x" }, "mentions": "x" }),
                "mentions: invalid type",
            ),
            (
                json!({ "message": { "text": "x" }, "mentions": ["x"] }),
                "mentions[0]: must be",
            ),
            (
                json!({ "message": { "text": "x" }, "quotedMessageId": "a/b" }),
                "quotedMessageId: must be",
            ),
        ],
    );
}

#[test]
fn a_session_that_is_not_connected_is_a_503() {
    let host = FakeHost::default();
    *host.send_error.borrow_mut() = Some(HostError::unavailable("Session not ready"));
    let (status, answer) = call(
        &host,
        "POST",
        "{jid}/send",
        &json!({ "message": { "text": "hi" } }),
    );
    assert_eq!(status, 503);
    assert_eq!(
        answer,
        json!({ "status": false, "message": "Session not ready", "error": "Session not ready" })
    );
}

#[test]
fn a_poll_is_asked() {
    let (answer, content) = post(
        "{jid}/poll",
        &json!({ "question": "Tea?", "options": ["yes", "no"], "selectableCount": 2 }),
    );
    let poll = |selectable| {
        Content::Poll(Poll {
            question: "Tea?".to_owned(),
            choices: vec!["yes".to_owned(), "no".to_owned()],
            selectable,
            ext: Vec::new(),
        })
    };
    assert_eq!(
        (&answer["message"], content),
        (&json!("Operation successful"), poll(2))
    );
    let (_, content) = post(
        "{jid}/poll",
        &json!({ "question": "Tea?", "options": ["yes", "no"] }),
    );
    assert_eq!(content, poll(1));
    let options: Vec<String> = (0..13).map(|n| n.to_string()).collect();
    let selecting =
        |count: Value| json!({ "question": "?", "options": ["a", "b"], "selectableCount": count });
    let required = "question and options (array) are required";
    refused(
        "POST",
        "{jid}/poll",
        &[
            (json!({}), required),
            (json!({ "options": ["a", "b"] }), required),
            (json!({ "question": "?" }), required),
            (json!({ "question": 5, "options": ["a", "b"] }), required),
            (json!({ "question": "?", "options": "a,b" }), required),
            (
                json!({ "question": "?", "options": ["a"] }),
                "between 2 and 12 options",
            ),
            (
                json!({ "question": "?", "options": options }),
                "between 2 and 12 options",
            ),
            (selecting(json!(0)), "selectableCount must be between 1"),
            (selecting(json!(3)), "selectableCount must be between 1"),
            (selecting(json!("x")), "selectableCount must be between 1"),
            (
                json!({ "question": "?", "options": ["a", "a"] }),
                "options[1]: is there twice",
            ),
            (
                json!({ "question": "?", "options": ["a", "x".repeat(101)] }),
                "options[1]: at most 100",
            ),
            (
                json!({ "question": "x".repeat(256), "options": ["a", "b"] }),
                "question: at most 255",
            ),
        ],
    );
}

#[test]
fn a_place_is_sent() {
    let (_, content) = post(
        "{jid}/location",
        &json!({ "latitude": -6.2088, "longitude": 106, "name": "Park", "address": "" }),
    );
    let place = Location {
        latitude: -6.2088,
        longitude: 106.0,
        name: Some("Park".to_owned()),
        address: None,
        ext: Vec::new(),
    };
    assert_eq!(content, Content::Location(place));
    let required = "latitude and longitude are required";
    refused(
        "POST",
        "{jid}/location",
        &[
            (json!({ "longitude": 1 }), required),
            (json!({ "latitude": 1 }), required),
            (json!({ "latitude": "x", "longitude": 1 }), required),
            (
                json!({ "latitude": 90.1, "longitude": 1 }),
                "Latitude must be between -90 and 90",
            ),
            (
                json!({ "latitude": 1, "longitude": -180.1 }),
                "Longitude must be between -180 and 180",
            ),
            (
                json!({ "latitude": 1, "longitude": 1, "name": "x".repeat(257) }),
                "name: at most 256",
            ),
            (
                json!({ "latitude": 1, "longitude": 1, "address": 5 }),
                "address: invalid type",
            ),
        ],
    );
}

#[test]
fn cards_are_sent() {
    let card = json!({ "displayName": "Ada", "vcard": "BEGIN:VCARD\nEND:VCARD" });
    let (_, content) = post("{jid}/contact", &json!({ "contacts": [card] }));
    let expected = ContactCard {
        display_name: "Ada".to_owned(),
        vcard: "BEGIN:VCARD\nEND:VCARD".to_owned(),
    };
    let Content::Contacts(cards) = content else {
        panic!("no cards")
    };
    assert_eq!(
        (cards.len(), &cards[0].display_name, &cards[0].vcard),
        (1, &expected.display_name, &expected.vcard)
    );
    let both = "Each contact must have displayName and vcard";
    let large = json!({ "displayName": "Ada", "vcard": format!("BEGIN:VCARD{}", "x".repeat(64 * 1024)) });
    refused(
        "POST",
        "{jid}/contact",
        &[
            (json!({}), "contacts (array) is required"),
            (json!({ "contacts": "Ada" }), "contacts (array) is required"),
            (json!({ "contacts": [] }), "At least one contact is required"),
            (json!({ "contacts": [{ "displayName": "Ada" }] }), both),
            (json!({ "contacts": [{ "vcard": "BEGIN:VCARD" }] }), both),
            (json!({ "contacts": [5] }), both),
            (
                json!({ "contacts": [{ "displayName": "Ada", "vcard": "x" }] }),
                "contacts[0].vcard: must be a vCard",
            ),
            (json!({ "contacts": [card, large] }), "contacts[1].vcard"),
            (json!({ "contacts": vec![card; 257] }), "contacts: at most 256"),
        ],
    );
}

#[test]
fn a_list_is_a_text() {
    let text = |body: Value| match post("{jid}/list", &body).1 {
        Content::Text(text) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        text(json!({ "title": "Services", "options": ["Web", "App"], "footer": "Choose one" })),
        "*Services*\n\n1. Web\n2. App\n\n_Choose one_"
    );
    let sections = json!([
        { "title": "Day", "rows": [{ "title": "Tea", "rowId": "1", "description": "hot" }] },
        { "title": "Night", "rows": [{ "title": "Milk", "rowId": "2" }] },
    ]);
    let expected = "*Menu*\n\nWhat do you like?\n\n*Day*\n1. Tea: hot\n\n*Night*\n2. Milk";
    for sections in [sections.clone(), json!(sections.to_string())] {
        let body = json!({
            "title": "Menu", "description": "What do you like?", "buttonText": "Open", "sections": sections,
        });
        assert_eq!(text(body), expected);
    }
    refused(
        "POST",
        "{jid}/list",
        &[
            (
                json!({ "options": ["a"] }),
                "title and options (array) are required",
            ),
            (json!({ "title": "x" }), "title and options (array) are required"),
            (
                json!({ "title": "x", "options": "a" }),
                "title and options (array) are required",
            ),
            (
                json!({ "title": "x", "options": [] }),
                "At least one option is required",
            ),
            (
                json!({ "title": "x", "sections": [{ "rows": [] }] }),
                "At least one option is required",
            ),
            (
                json!({ "title": "x", "sections": [{ "rows": [{}] }] }),
                "sections: must be a list",
            ),
            (
                json!({ "title": "x", "options": ["a", " "] }),
                "options: number 2 is empty",
            ),
            (
                json!({ "title": "x", "options": ["a".repeat(65_537)] }),
                "options: at most 65536",
            ),
        ],
    );
}

fn form(host: &FakeHost, mime: &str, fields: &Value) -> (u16, Value) {
    let file = host.media_put(b"x", mime, None).unwrap();
    let body = json!({ "fields": fields, "files": { "file": {
        "handle": file.handle, "mimeType": mime, "fileName": "a.bin", "bytes": 1, "sha256": "",
    } } });
    let params = [("sessionId", "shop"), ("jid", FRIEND)];
    let mut request = request(
        "POST",
        "/api/messages/{sessionId}/{jid}/media",
        &params,
        Some(&body),
    );
    request.headers.push(("x-wagate-form".to_owned(), "1".to_owned()));
    let response = plugin(host)
        .handle_http(host, &request)
        .unwrap_or_else(|error| error.to_response());
    (response.status, json_of(&response))
}

#[test]
fn each_type_of_file_is_sent() {
    let handle = || "file-0001".to_owned();
    let caption = || Some("look".to_owned());
    for (kind, mime, expected) in [
        ("image", "image/png", Content::Image((handle(), caption()))),
        ("video", "video/mp4", Content::Video((handle(), caption()))),
        ("audio", "audio/mpeg", Content::Audio(handle())),
        ("voice", "audio/ogg", Content::Voice(handle())),
        ("sticker", "image/png", Content::Sticker(handle())),
        (
            "document",
            "image/png",
            Content::Document((handle(), "a.bin".to_owned(), caption())),
        ),
        ("", "image/png", Content::Image((handle(), caption()))),
        (
            "",
            "text/csv",
            Content::Document((handle(), "a.bin".to_owned(), caption())),
        ),
    ] {
        let host = FakeHost::default();
        let (status, answer) = form(&host, mime, &json!({ "type": kind, "caption": "look" }));
        assert_eq!(
            (status, &answer["data"]["text"]),
            (200, &json!("look")),
            "{kind} {mime}"
        );
        assert_eq!(host.contents()[0].content, expected);
        assert!(host.handles().is_empty(), "given up once it is sent");
    }
}

#[test]
fn a_form_that_is_wrong_is_refused_and_its_file_given_up() {
    for (fields, text) in [
        (json!({ "type": "film" }), "type: must be one of image, video"),
        (json!({ "caption": "x".repeat(65_537) }), "caption: at most 65536"),
        (json!({ "quotedMessageId": "?" }), "quotedMessageId: must be"),
    ] {
        let host = FakeHost::default();
        let (status, answer) = form(&host, "image/png", &fields);
        assert!(
            status == 400 && answer["error"].as_str().unwrap().contains(text),
            "{answer}"
        );
        assert!(host.handles().is_empty() && host.contents().is_empty());
    }
    // It may have left.
    let host = FakeHost::default();
    *host.send_error.borrow_mut() = Some(HostError::Timeout("the server".to_owned()));
    assert_eq!(form(&host, "image/png", &json!({})).0, 504);
    assert_eq!(host.handles().len(), 1);
}

#[test]
fn a_file_is_named_by_its_address_or_written_out() {
    let host = FakeHost::default();
    host.will_download("https://a.example/x", "video/mp4", b"x");
    for body in [
        json!({ "url": "https://a.example/x" }),
        json!({ "file": { "url": "https://a.example/x" } }),
    ] {
        assert_eq!(call(&host, "POST", "{jid}/media", &body).0, 200);
        assert!(matches!(
            host.contents().last().unwrap().content,
            Content::Video(_)
        ));
    }
    assert!(host.handles().is_empty());
    let (_, content) = post(
        "{jid}/media",
        &json!({ "file": "data:audio/ogg;base64,eA==", "type": "voice" }),
    );
    let object = json!({ "audio": "data:audio/ogg;base64,eA==", "ptt": true });
    assert_eq!(content, Content::Other(object.to_string()));
    let (_, content) = post(
        "{jid}/media",
        &json!({ "file": "eA==", "mimetype": "image/png", "caption": "x" }),
    );
    let object = json!({ "image": "eA==", "caption": "x", "mimetype": "image/png" });
    assert_eq!(content, Content::Other(object.to_string()));
    refused(
        "POST",
        "{jid}/media",
        &[
            (json!({}), "file is required"),
            (json!({ "file": "" }), "file is required"),
            (json!({ "file": "eA==" }), "type is required"),
            (json!({ "file": "eA==", "type": "film" }), "type: must be one of"),
            (json!({ "file": "eA==", "type": 5 }), "invalid type"),
        ],
    );
}
