//! Routes about messages that are there.

use wagate_plugin_api::{HostError, Message};

use super::*;

#[test]
fn a_reply_quotes() {
    for (end, body) in [
        (
            "{jid}/{messageId}/reply",
            json!({ "message": { "text": "sure" }, "mentions": [FRIEND], "fromMe": true }),
        ),
        (
            "{jid}/reply",
            json!({ "messageId": "3AF0", "message": { "text": "sure" }, "mentions": [FRIEND] }),
        ),
    ] {
        let host = FakeHost::default();
        let (status, answer) = call(&host, "POST", end, &body);
        assert_eq!(
            (status, &answer["message"]),
            (200, &json!("Message sent successfully"))
        );
        assert_eq!(answer["data"]["text"], "sure");
        let sent = &host.contents()[0];
        assert_eq!(sent.content, Content::Text("sure".to_owned()));
        assert_eq!(
            (sent.options.quote.as_deref(), sent.options.mentions.len()),
            (Some("3AF0"), 1)
        );
    }
    refused(
        "POST",
        "{jid}/{messageId}/reply",
        &[(json!({}), "message is required")],
    );
    refused(
        "POST",
        "{jid}/reply",
        &[
            (json!({}), "messageId is required"),
            (
                json!({ "messageId": 5, "message": { "text": "x" } }),
                "messageId is required",
            ),
            (json!({ "messageId": "3AF0" }), "message is required"),
            (
                json!({ "messageId": "a".repeat(129), "message": { "text": "x" } }),
                "messageId: must be",
            ),
        ],
    );
}

#[test]
fn a_reaction_is_sent_and_taken_back() {
    for (emoji, message) in [("👍", "Reaction sent"), ("", "Reaction removed")] {
        let (answer, content) = post("{jid}/{messageId}/react", &json!({ "emoji": emoji }));
        assert_eq!(answer["message"], message);
        assert_eq!(content, Content::Reaction(("3AF0".to_owned(), emoji.to_owned())));
    }
    refused(
        "POST",
        "{jid}/{messageId}/react",
        &[
            (json!({}), "emoji is required"),
            (json!({ "emoji": 5 }), "emoji is required"),
            (json!({ "emoji": "👍".repeat(17) }), "emoji: at most 64 bytes"),
        ],
    );
}

#[test]
fn messages_are_starred_changed_and_taken_back() {
    let host = FakeHost::default();
    let about = "{jid}/{messageId}";
    for (method, end, body, message) in [
        ("POST", "{jid}/{messageId}/star", json!({}), "Message starred"),
        (
            "POST",
            "{jid}/{messageId}/star",
            json!({ "star": false, "fromMe": true }),
            "Message unstarred",
        ),
        (
            "PATCH",
            about,
            json!({ "text": "better" }),
            "Message edited successfully",
        ),
        ("DELETE", about, json!({}), "Message deleted for everyone"),
        (
            "DELETE",
            "{jid}/{messageId}?forMe=true",
            json!({}),
            "Message deleted for this account",
        ),
    ] {
        let (status, answer) = call(&host, method, end, &body);
        assert_eq!(
            (status, &answer["message"]),
            (200, &json!(message)),
            "{method} {end}"
        );
    }
    assert_eq!(
        host.calls(),
        [
            format!("star_message({FRIEND:?}, \"3AF0\", true)"),
            format!("star_message({FRIEND:?}, \"3AF0\", false)"),
            format!("edit_message({FRIEND:?}, \"3AF0\", \"better\")"),
            format!("delete_message({FRIEND:?}, \"3AF0\")"),
            format!("delete_message_for_me({FRIEND:?}, \"3AF0\")"),
        ]
    );
    assert_eq!(respond(&host, "POST", "{jid}/{messageId}/star", None).status, 200);
    refused(
        "POST",
        "{jid}/{messageId}/star",
        &[
            (json!({ "star": "no" }), "star: invalid type"),
            (json!({ "fromMe": {} }), "fromMe: invalid type"),
        ],
    );
    refused("DELETE", "{jid}/{messageId}?forMe=x", &[(json!({}), "forMe")]);
    refused(
        "PATCH",
        about,
        &[
            (json!({}), "Text is required to edit message"),
            (json!({ "text": 5 }), "Text is required to edit message"),
            (json!({ "text": "x".repeat(65_537) }), "text: at most 65536"),
        ],
    );
}

#[test]
fn the_hosts_refusals_are_told() {
    for (name, method, body) in [
        ("delete_message", "DELETE", json!({})),
        ("edit_message", "PATCH", json!({ "text": "x" })),
    ] {
        for (error, status) in [
            (HostError::NotFound("message 3AF0 is not stored".to_owned()), 404),
            (HostError::Conflict("too late".to_owned()), 409),
            (HostError::Denied("not an admin".to_owned()), 403),
            (HostError::unavailable("Session not ready"), 503),
        ] {
            let host = FakeHost::default();
            host.refuse(name, error);
            assert_eq!(call(&host, method, "{jid}/{messageId}", &body).0, status);
        }
    }
}

#[test]
fn a_message_is_forwarded_to_each() {
    let host = FakeHost::default();
    let body =
        json!({ "fromJid": FRIEND, "messageId": "3AF0", "toJids": [GROUP, "12025550101", "+12025550101"] });
    let (status, answer) = call(&host, "POST", "forward", &body);
    assert_eq!(
        (status, &answer["message"]),
        (200, &json!("Message forwarded to 2 recipient(s)"))
    );
    assert_eq!(
        (
            &answer["data"]["results"][1]["jid"],
            &answer["data"]["results"][1]["success"]
        ),
        (&json!("12025550101@s.whatsapp.net"), &json!(true))
    );
    assert_eq!(host.calls().len(), 2);
    // As a workflow tool writes it.
    let body = json!({ "jid": FRIEND, "messageId": "3AF0", "to": GROUP });
    assert_eq!(call(&host, "POST", "forward", &body).0, 200);
    let required = "fromJid, messageId, and toJids (array) are required";
    let to = |to: Value| json!({ "fromJid": FRIEND, "messageId": "3AF0", "toJids": to });
    refused(
        "POST",
        "forward",
        &[
            (json!({ "messageId": "3AF0", "toJids": [GROUP] }), required),
            (json!({ "fromJid": FRIEND, "toJids": [GROUP] }), required),
            (json!({ "fromJid": FRIEND, "messageId": "3AF0" }), required),
            (to(json!([5])), required),
            (to(json!([])), "At least one recipient is required"),
            (to(json!(vec![GROUP; 21])), "toJids: at most 20 recipients"),
            (to(json!([GROUP, "x"])), "toJids[1]: must be"),
            (
                json!({ "fromJid": "x", "messageId": "3AF0", "toJids": [GROUP] }),
                "fromJid: must be",
            ),
        ],
    );
}

#[test]
fn a_forward_that_reaches_nobody_is_no_success() {
    for (error, status) in [
        (HostError::NotFound("message 3AF0 is not stored".to_owned()), 404),
        (HostError::Conflict("WhatsApp refused".to_owned()), 409),
        (HostError::unavailable("Session not ready"), 503),
    ] {
        let host = FakeHost::default();
        host.refuse("forward_message", error);
        let body = json!({ "fromJid": FRIEND, "messageId": "3AF0", "toJids": [GROUP, FRIEND] });
        assert_eq!(call(&host, "POST", "forward", &body).0, status);
    }
}

fn stored(wa_id: &str, kind: &str, content: &str) -> Message {
    Message {
        id: format!("row-{wa_id}"),
        chat: FRIEND.to_owned(),
        sender: FRIEND.to_owned(),
        wa_id: wa_id.to_owned(),
        push_name: Some("Ada".to_owned()),
        kind: kind.to_owned(),
        content: Some(content.to_owned()),
        status: "READ".to_owned(),
        ..Message::default()
    }
}

fn with_messages(messages: Vec<Message>) -> FakeHost {
    let mut host = FakeHost::default();
    host.messages = messages;
    host
}

#[test]
fn the_file_of_a_message_is_downloaded() {
    for id in ["3AF0", "row-3AF0"] {
        let host = with_messages(vec![stored("3AF0", "IMAGE", "")]);
        host.put_message_file("3AF0", "image/jpeg", b"x");
        let params = [("sessionId", "shop"), ("messageId", id)];
        let request = request(
            "GET",
            "/api/messages/{sessionId}/download/{messageId}/media",
            &params,
            None,
        );
        let response = plugin(&host).handle_http(&host, &request).unwrap();
        let header = |name: &str| {
            response
                .headers
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| &**value)
        };
        assert_eq!(
            (header("x-wagate-media"), header("content-disposition")),
            (Some("file-0001"), Some("attachment")),
            "{id}"
        );
    }
}

#[test]
fn a_message_without_a_file_is_a_404() {
    let host = FakeHost::default();
    let end = "download/{messageId}/media";
    let (status, answer) = call(&host, "GET", end, &json!({}));
    assert_eq!((status, &answer["error"]), (404, &json!("Message not found")));
    let host = with_messages(vec![stored("3AF0", "TEXT", "hi")]);
    let (status, answer) = call(&host, "GET", end, &json!({}));
    assert_eq!((status, &answer["error"]), (404, &json!("Message has no media")));
}

#[test]
fn messages_are_found_page_by_page() {
    let mut messages: Vec<Message> = (0..5)
        .map(|n| stored(&format!("A{n}"), "TEXT", "good tea"))
        .collect();
    messages.push(stored("B", "IMAGE", "tea too"));
    let host = with_messages(messages);
    let (status, answer) = call(
        &host,
        "GET",
        "search?q=TEA&page=2&limit=2&type=text&fromMe=false",
        &json!({}),
    );
    assert_eq!(
        (status, &answer["message"]),
        (200, &json!("Messages successfully retrieved"))
    );
    assert_eq!(
        answer["pagination"],
        json!({ "total": 5, "page": 2, "limit": 2, "pages": 3 })
    );
    assert_eq!(
        (
            &answer["data"][0]["keyId"],
            &answer["data"][0]["contract"]["notify"]
        ),
        (&json!("A2"), &json!("Ada"))
    );
    let (_, all) = call(&host, "GET", &format!("search?jid={FRIEND}"), &json!({}));
    assert_eq!(
        all["pagination"],
        json!({ "total": 6, "page": 1, "limit": 20, "pages": 1 })
    );
    let nothing = json!({});
    for (query, text) in [
        (
            "search",
            "At least one of 'q' (search query) or 'jid' is required",
        ),
        ("search?q=", "At least one of 'q'"),
        ("search?q=x&type=FILM", "type: must be one of TEXT, IMAGE"),
        ("search?q=x&fromMe=me", "fromMe: must be true or false"),
        ("search?q=x&limit=101", "limit: must be a number from 1 to 100"),
        ("search?q=x&page=0", "page: must be a number, 1 or more"),
    ] {
        refused("GET", query, &[(nothing.clone(), text)]);
    }
    refused(
        "GET",
        &format!("search?q={}", "x".repeat(1025)),
        &[(nothing, "q: at most 1024")],
    );
}
