//! The routes over a host in memory.

use serde_json::{Value, json};
use wagate_plugin_api::contacts::PresenceOnWhatsapp;
use wagate_plugin_api::testing::{FakeHost, SESSION_ID, request};
use wagate_plugin_api::{Body, Chat, HostError, Message, Plugin};

use crate::Chats;
use crate::settings::Settings;

const JID: &str = "12025550101@s.whatsapp.net";
const LIST: &str = "/api/chat/{sessionId}";

fn call_with(
    host: &FakeHost,
    method: &str,
    route: &str,
    query: Option<&str>,
    body: Option<&Value>,
) -> (u16, Value) {
    let mut request = request(method, route, &[("sessionId", "shop"), ("jid", JID)], body);
    request.query = query.map(str::to_owned);
    let plugin = Chats::new(Settings::default(), host).unwrap();
    let response = plugin
        .handle_http(host, &request)
        .unwrap_or_else(|error| error.to_response());
    let Body::Text(text) = response.body else {
        panic!("no text")
    };
    (response.status, serde_json::from_str(&text).unwrap())
}

fn call(host: &FakeHost, method: &str, route: &str, body: Option<&Value>) -> (u16, Value) {
    call_with(
        host,
        method,
        &format!("/api/chat/{{sessionId}}{route}"),
        None,
        body,
    )
}

#[test]
fn each_change_reaches_the_host_and_says_so() {
    for (method, route, body, made, message) in [
        (
            "PUT",
            "/{jid}/read",
            None,
            "chat_mark_read(\"J\", [])",
            "Messages marked as read",
        ),
        (
            "PUT",
            "/{jid}/read",
            Some(json!({"messageIds": ["A"]})),
            "chat_mark_read(\"J\", [\"A\"])",
            "Messages marked as read",
        ),
        (
            "PUT",
            "/{jid}/archive",
            Some(json!({"archive": false})),
            "chat_archive(\"J\", false)",
            "Chat unarchived",
        ),
        (
            "POST",
            "/{jid}/archive",
            None,
            "chat_archive(\"J\", true)",
            "Chat archived",
        ),
        (
            "PUT",
            "/{jid}/mute",
            None,
            "chat_mute(\"J\", Some(1760028800000))",
            "Chat muted successfully",
        ),
        (
            "PUT",
            "/{jid}/mute",
            Some(json!({"mute": true, "duration": 60})),
            "chat_mute(\"J\", Some(1760000060000))",
            "Chat muted successfully",
        ),
        (
            "PUT",
            "/{jid}/mute",
            Some(json!({"mute": false})),
            "chat_mute(\"J\", None)",
            "Chat unmuted successfully",
        ),
        (
            "PUT",
            "/{jid}/pin",
            None,
            "chat_pin(\"J\", true)",
            "Chat pinned successfully",
        ),
        (
            "PUT",
            "/{jid}/pin",
            Some(json!({"pin": false})),
            "chat_pin(\"J\", false)",
            "Chat unpinned successfully",
        ),
        (
            "POST",
            "/{jid}/presence",
            Some(json!({"type": "composing"})),
            "chat_set_presence(\"J\", Presence::Composing)",
            "Presence 'composing' sent to J",
        ),
    ] {
        let host = FakeHost::default();
        let (status, answer) = call(&host, method, route, body.as_ref());
        let message = message.replace('J', JID);
        assert_eq!(
            (status, &answer["message"]),
            (200, &json!(message)),
            "{method} {route}"
        );
        assert_eq!(
            (&answer["status"], &answer["success"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(host.calls(), [made.replace('J', JID)], "{method} {route}");
    }
}

#[test]
fn what_is_missing_or_too_much_is_refused_by_name() {
    let many = |count| json!({ "numbers": vec!["12025550101"; count] });
    let ids = json!({ "messageIds": vec!["A"; 1001] });
    let invalid = "Invalid presence. Must be one of: composing, recording, paused, available, unavailable";
    for (method, route, body, text) in [
        ("PUT", "/{jid}/read", ids, "messageIds: 1 to 1000"),
        (
            "PUT",
            "/{jid}/read",
            json!({"messageIds": []}),
            "messageIds: 1 to 1000",
        ),
        (
            "PUT",
            "/{jid}/read",
            json!({"messageIds": "A"}),
            "messageIds: invalid type",
        ),
        (
            "PUT",
            "/{jid}/archive",
            json!({}),
            "archive (boolean) is required",
        ),
        (
            "POST",
            "/{jid}/archive",
            json!({"archive": "yes"}),
            "archive (boolean) is required",
        ),
        ("PUT", "/{jid}/mute", json!({}), "mute (boolean) is required"),
        (
            "PUT",
            "/{jid}/mute",
            json!({"mute": true, "duration": 315_360_001}),
            "duration: must be a whole number",
        ),
        (
            "PUT",
            "/{jid}/mute",
            json!({"mute": true, "duration": -1}),
            "duration: must be",
        ),
        (
            "PUT",
            "/{jid}/pin",
            json!({"pin": 1}),
            "pin (boolean) is required",
        ),
        ("POST", "/{jid}/presence", json!({}), "presence is required"),
        ("POST", "/{jid}/presence", json!({"presence": "typing"}), invalid),
        ("POST", "/check", json!({}), "numbers (array) is required"),
        (
            "POST",
            "/check",
            json!({"numbers": "12025550101"}),
            "numbers (array) is required",
        ),
        ("POST", "/check", many(0), "At least one number is required"),
        ("POST", "/check", many(51), "Maximum 50 numbers per request"),
    ] {
        let host = FakeHost::default();
        let (status, answer) = call(&host, method, route, Some(&body));
        assert_eq!(status, 400, "{route}: {answer}");
        assert!(
            answer["error"].as_str().unwrap().starts_with(text),
            "{route}: {answer}"
        );
        assert!(host.calls().is_empty(), "{route}");
    }
    assert_eq!(
        call(&FakeHost::default(), "POST", "/check", Some(&many(50))).0,
        200
    );
}

#[test]
fn a_session_that_is_not_connected_is_a_503() {
    let host = FakeHost::default();
    for (name, method, route) in [
        ("chat_pin", "PUT", "/{jid}/pin"),
        ("contact_picture_url", "POST", "/{jid}/profile-picture"),
    ] {
        host.refuse(name, HostError::unavailable("Session not ready"));
        let (status, answer) = call(&host, method, route, None);
        assert_eq!((status, &answer["error"]), (503, &json!("Session not ready")));
    }
}

#[test]
fn a_picture_is_found_or_not() {
    let mut host = FakeHost::default();
    let (_, none) = call(&host, "POST", "/{jid}/profile-picture", None);
    assert_eq!(
        (&none["profilePicUrl"], &none["message"], &none["jid"]),
        (&Value::Null, &json!("No profile picture found"), &json!(JID))
    );
    host.pictures = vec![(JID.to_owned(), "https://pps.example/a.jpg".to_owned())];
    let (_, found) = call(&host, "POST", "/{jid}/profile-picture", None);
    assert_eq!(found["profilePicUrl"], "https://pps.example/a.jpg");
}

#[test]
fn numbers_are_checked_in_order() {
    let mut host = FakeHost::default();
    host.on_whatsapp = vec![PresenceOnWhatsapp {
        number: "12025550101".to_owned(),
        exists: true,
        jid: Some(JID.to_owned()),
        ext: Vec::new(),
    }];
    let body = json!({ "numbers": ["12", 12_025_550_101_u64, "12025550102", "1@g.us"] });
    let (_, answer) = call(&host, "POST", "/check", Some(&body));
    let expected = json!([
        { "number": "12", "exists": false, "jid": null, "error": "Invalid number format" },
        { "number": "12025550101", "exists": true, "jid": JID },
        { "number": "12025550102", "exists": false, "jid": null },
        { "number": "1@g.us", "exists": false, "jid": null, "error": "Invalid number format" },
    ]);
    assert_eq!(
        (&answer["results"], &answer["data"]["results"]),
        (&expected, &expected)
    );
}

#[test]
fn the_list_is_bare_and_shows_what_is_known() {
    let last = Message {
        kind: "TEXT".to_owned(),
        content: Some("hi".to_owned()),
        status: "READ".to_owned(),
        from_me: true,
        ..Message::default()
    };
    let pairs = |pairs: &[(&str, &str)]| {
        let pairs = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        pairs.collect::<Vec<_>>()
    };
    let known = Chat {
        jid: "1@s.whatsapp.net".to_owned(),
        push_name: Some("ann".to_owned()),
        last: Some(last),
        unread: 2,
        ext: pairs(&[
            ("name", "Ann"),
            ("pinned", "true"),
            ("mutedUntil", "0"),
            ("profilePic", "https://a.example/p"),
        ]),
        ..Chat::default()
    };
    let unknown = Chat {
        jid: "2@lid".to_owned(),
        ext: pairs(&[("archived", "true"), ("mutedUntil", "5")]),
        ..Chat::default()
    };
    let mut host = FakeHost::default();
    host.chats = vec![known, unknown];
    let expected = json!([
        { "jid": "1@s.whatsapp.net", "name": "Ann", "notify": "ann", "profilePic": "https://a.example/p",
          "lastMessage": { "content": "hi", "timestamp": "1970-01-01T00:00:00.000Z", "type": "TEXT", "fromMe": true, "status": "READ" },
          "unreadCount": 2, "archived": false, "pinned": true, "mutedUntil": "9999-12-31T23:59:59.999Z" },
        { "jid": "2@lid", "name": "2", "unreadCount": 0, "archived": true, "pinned": false, "mutedUntil": null,
          "profilePic": null },
    ]);
    assert_eq!(call_with(&host, "GET", LIST, None, None).1, expected);
    for (query, part) in [
        ("offset=1", 1),
        ("limit=1", 0),
        ("archived=true", 1),
        ("archived=false&limit=5", 0),
    ] {
        let answer = call_with(&host, "GET", LIST, Some(query), None).1;
        assert_eq!(answer, json!([expected[part]]), "{query}");
    }
    for (query, text) in [
        ("limit=1001", "limit: must be a number from 1 to 1000"),
        ("archived=yes", "archived: "),
    ] {
        let (status, answer) = call_with(&host, "GET", LIST, Some(query), None);
        assert_eq!(status, 400);
        assert!(answer["error"].as_str().unwrap().starts_with(text), "{answer}");
    }
}

#[test]
fn messages_are_rows_in_pages() {
    let message = |id: &str| Message {
        id: id.to_owned(),
        chat: JID.to_owned(),
        sender: JID.to_owned(),
        ..Message::default()
    };
    let mut host = FakeHost::default();
    host.messages = vec![message("1"), message("2"), message("3")];
    let ids = |query: Option<&str>| -> Vec<String> {
        let answer = call_with(&host, "GET", "/api/chat/{sessionId}/{jid}", query, None).1;
        let rows = answer["data"].as_array().unwrap();
        assert_eq!(rows[0]["sessionId"], SESSION_ID);
        rows.iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(None), ["1", "2", "3"]);
    assert_eq!(ids(Some("limit=2")), ["2", "3"]);
    assert_eq!(ids(Some("before=3&limit=1")), ["2"]);
    let (status, _) = call_with(
        &host,
        "GET",
        "/api/chat/{sessionId}/{jid}",
        Some("limit=501"),
        None,
    );
    assert_eq!(status, 400);
}
