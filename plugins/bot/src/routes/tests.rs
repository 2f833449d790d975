//! Routes and hooks over a host in memory.

use serde_json::{Value, json};
use wagate_plugin_api::http::Answer;
use wagate_plugin_api::messages::Content;
use wagate_plugin_api::testing::{FakeHost, SESSION_ID, request, text_event};
use wagate_plugin_api::{Body, Event, Host, HostError, Message, Plugin, event};

use crate::Bot;
use crate::settings::Settings;

const ROUTE: &str = "/api/sessions/{id}/bot-config";
const ANN: &str = "12025550101@s.whatsapp.net";
const GROUP: &str = "120363000000000001@g.us";

fn bot(host: &FakeHost) -> Bot {
    Bot::new(Settings::default(), host).unwrap()
}

fn call(host: &FakeHost, method: &str, body: Option<&Value>) -> (u16, Value) {
    let response = bot(host)
        .handle_http(host, &request(method, ROUTE, &[("id", "shop")], body))
        .unwrap_or_else(|error| error.to_response());
    let Body::Text(text) = response.body else {
        panic!("no text")
    };
    (response.status, serde_json::from_str(&text).unwrap())
}

fn host_with(config: &Value) -> FakeHost {
    let host = FakeHost::default();
    host.put_document(SESSION_ID, &config.to_string()).unwrap();
    host
}

fn told(kind: &str, data: &Value) -> Event {
    Event {
        kind: kind.to_owned(),
        data: data.to_string(),
        ..text_event(ANN, "")
    }
}

fn hear(host: &FakeHost, event: &Event) {
    bot(host).on_event(host, event).unwrap();
}

/// What the bot says to this text of Ann's.
fn said(config: &Value, text: &str) -> Vec<String> {
    let host = host_with(config);
    hear(&host, &text_event(ANN, text));
    host.sent().into_iter().map(|message| message.text).collect()
}

#[test]
fn settings_are_shown_whole_and_changed_by_name() {
    let host = FakeHost::default();
    let (_, shown) = call(&host, "GET", None);
    let row = shown["data"].as_object().unwrap();
    assert_eq!(row.len(), 27);
    for (field, value) in [
        ("sessionId", json!(SESSION_ID)),
        ("botMode", json!("OWNER")),
        ("botAllowedJids", json!([])),
        ("spamDelayMax", json!(3000)),
        ("removeBgApiKey", Value::Null),
        ("createdAt", json!("2025-10-09T08:53:20.000Z")),
    ] {
        assert_eq!(row[field], value, "{field}");
    }
    host.advance(1000);
    let body = json!({ "botMode": "SPECIFIC", "botAllowedJids": [ANN], "removeBgApiKey": "a-long-secret-key", "alwaysOnline": true });
    let (status, changed) = call(&host, "POST", Some(&body));
    assert_eq!(status, 200, "{changed}");
    for (field, value) in [
        ("botMode", json!("SPECIFIC")),
        ("botAllowedJids", json!([ANN])),
        ("removeBgApiKey", json!("****-key")),
        ("updatedAt", json!("2025-10-09T08:53:21.000Z")),
        ("enabled", json!(true)),
    ] {
        assert_eq!(
            (&changed[field], &changed["data"][field]),
            (&value, &value),
            "{field}"
        );
    }
    assert!(host.calls()[0].contains("Available"), "{:?}", host.calls());
    assert_eq!(call(&host, "POST", None).0, 200, "an empty body changes nothing");
    for other in [json!([]), Value::Null, json!("botMode")] {
        assert_eq!(call(&host, "POST", Some(&other)).0, 400, "{other}");
    }
}

#[test]
fn commands_are_for_whom_the_mode_says() {
    for (config, answered) in [
        (json!({}), false),
        (json!({ "botMode": "ALL" }), true),
        (json!({ "botMode": "ALL", "enabled": false }), false),
        (
            json!({ "botMode": "SPECIFIC", "botAllowedJids": ["12025550101"] }),
            true,
        ),
        (
            json!({ "botMode": "SPECIFIC", "botAllowedJids": ["1202555010", "12025550102"] }),
            false,
        ),
        (
            json!({ "botMode": "BLACKLIST", "botBlockedJids": ["+1 202 555 0101"] }),
            false,
        ),
        (
            json!({ "botMode": "BLACKLIST", "botBlockedJids": ["2555"] }),
            true,
        ),
    ] {
        assert_eq!(!said(&config, "#ping").is_empty(), answered, "{config}");
    }
    let host = FakeHost::default();
    let own = json!({ "key": { "remoteJid": ANN, "fromMe": true, "id": "O1" }, "chat": ANN, "sender": "ME", "type": "TEXT", "content": "#ping" });
    hear(&host, &told(event::MESSAGE_SENT, &own));
    let sent = &host.contents()[0];
    assert_eq!(
        (&sent.content, sent.options.quote.as_deref()),
        (&Content::Text("Pong! 🏓".to_owned()), Some("O1"))
    );
}

#[test]
fn each_command_answers() {
    let all = json!({ "botMode": "ALL", "botName": "Shop" });
    assert_eq!(said(&all, "#id"), [format!("*Chat ID:* `{ANN}`")]);
    assert!(said(&all, "#menu")[0].starts_with("*Shop*\n"));
    assert!(said(&all, "#sticker")[0].contains("caption #sticker"));
    assert!(said(&all, "hello").is_empty() && said(&all, "#dance").is_empty());
    let host = host_with(&all);
    hear(
        &host,
        &told(event::CONNECTION_UPDATE, &json!({ "status": "CONNECTED" })),
    );
    host.advance(3_723_000);
    hear(&host, &text_event(ANN, "#uptime"));
    hear(
        &host,
        &told(event::CONNECTION_UPDATE, &json!({ "status": "DISCONNECTED" })),
    );
    hear(&host, &text_event(ANN, "#uptime"));
    let said: Vec<String> = host.sent().into_iter().map(|message| message.text).collect();
    assert_eq!(said, ["*Session Uptime:* 1h 2m 3s", "*Session Uptime:* 0h 0m 0s"]);
    for status in ["status@broadcast", "1@newsletter"] {
        hear(&host, &text_event(status, "#ping"));
    }
    assert_eq!(host.sent().len(), 2);
}

fn picture(kind: &str, caption: &str) -> Event {
    let key = json!({ "remoteJid": ANN, "fromMe": false, "id": "P1" });
    told(
        event::MESSAGE_RECEIVED,
        &json!({ "key": key, "chat": ANN, "type": kind, "content": caption, "caption": caption }),
    )
}

#[test]
fn a_picture_becomes_a_sticker() {
    let host = host_with(&json!({ "botMode": "ALL", "botName": "Shop" }));
    host.put_message_file("P1", "image/jpeg", b"picture");
    hear(&host, &picture("IMAGE", "#s"));
    let sent: Vec<Content> = host.contents().into_iter().map(|sent| sent.content).collect();
    let react = |emoji: &str| Content::Reaction(("P1".to_owned(), emoji.to_owned()));
    assert_eq!((&sent[0], &sent[2]), (&react("⏳"), &react("✅")));
    assert!(matches!(&sent[1], Content::Sticker(_)));
    assert!(
        host.calls()[0].contains("Shop") && host.calls()[0].contains("By Shop"),
        "{:?}",
        host.calls()
    );
    assert!(host.handles().is_empty(), "files are given up");
}

/// Ann's, in answer to message P1.
fn quoting() -> Event {
    let payload = json!({ "key": { "remoteJid": ANN, "id": "T1" }, "chat": ANN, "type": "TEXT", "content": "#sticker",
        "quoted": { "key": { "id": "P1" }, "type": "IMAGE" } });
    told(event::MESSAGE_RECEIVED, &payload)
}

#[test]
fn a_quoted_picture_becomes_a_sticker_in_its_own_chat_only() {
    for (chat, is_made) in [(ANN, true), (GROUP, false)] {
        let mut host = host_with(&json!({ "botMode": "ALL" }));
        host.put_message_file("P1", "image/jpeg", b"picture");
        host.messages.push(Message {
            wa_id: "P1".to_owned(),
            chat: chat.to_owned(),
            ..Message::default()
        });
        hear(&host, &quoting());
        let made = host
            .contents()
            .into_iter()
            .any(|sent| matches!(sent.content, Content::Sticker(_)));
        assert_eq!(made, is_made, "{chat}");
    }
}

#[test]
fn a_sticker_that_cannot_be_made_says_why() {
    let host = host_with(&json!({ "botMode": "ALL", "enableVideoSticker": false }));
    hear(&host, &picture("VIDEO", "#sticker"));
    hear(&host, &picture("IMAGE", "#sticker"));
    let said: Vec<String> = host.sent().into_iter().map(|message| message.text).collect();
    assert_eq!(said[0], "❌ Stickers of videos are switched off.");
    assert!(
        said[1].starts_with("❌ Failed to create sticker. Error: "),
        "{said:?}"
    );
}

#[test]
fn a_background_is_removed_with_the_sessions_key() {
    let host = host_with(&json!({ "botMode": "ALL", "removeBgApiKey": "secret" }));
    host.put_message_file("P1", "image/jpeg", b"picture");
    host.will_answer(Ok(Answer {
        status: 200,
        headers: Vec::new(),
        body: b"png".to_vec(),
        url: String::new(),
        ext: Vec::new(),
    }));
    hear(&host, &picture("IMAGE", "#sticker nobg"));
    let asked = &host.requests()[0];
    assert!(
        asked
            .headers
            .contains(&("x-api-key".to_owned(), "secret".to_owned()))
    );
    assert!(host.sent().is_empty());
    host.will_answer(Err(HostError::Timeout("api.remove.bg".to_owned())));
    hear(&host, &picture("IMAGE", "#sticker nobg"));
    assert!(host.sent()[0].text.starts_with("⚠️ The background stays: "));
    assert_eq!(host.contents().len(), 3 + 4, "a sticker all the same");
    let without_key = host_with(&json!({ "botMode": "ALL" }));
    without_key.put_message_file("P1", "image/jpeg", b"picture");
    hear(&without_key, &picture("IMAGE", "#sticker removebg"));
    assert!(without_key.sent()[0].text.contains("removeBgApiKey is not set"));
}

#[test]
fn newcomers_are_welcomed_once() {
    let mut host = host_with(&json!({ "welcomeMessage": "Welcome!", "enabled": false }));
    let stored = |wa_id: &str| Message {
        wa_id: wa_id.to_owned(),
        chat: ANN.to_owned(),
        ..Message::default()
    };
    host.messages = vec![stored("3AF0"), stored("LATER")];
    hear(&host, &text_event(ANN, "hi"));
    host.messages.insert(0, stored("OLD"));
    hear(&host, &text_event(ANN, "hi"));
    hear(&host, &text_event(GROUP, "hi"));
    let sent = host.sent();
    assert_eq!((sent.len(), &*sent[0].text, &*sent[0].to), (1, "Welcome!", ANN));

    let joined = json!({ "jid": GROUP, "action": "add", "participants": [ANN], "participantsAlt": [null] });
    hear(&host, &told(event::GROUP_PARTICIPANT, &joined));
    assert_eq!(host.sent().len(), 1, "groups only where a setting says so");
    let in_groups = Bot::new(
        Settings {
            welcome_in_groups: true,
        },
        &host,
    )
    .unwrap();
    in_groups
        .on_event(&host, &told(event::GROUP_PARTICIPANT, &joined))
        .unwrap();
    let left = json!({ "jid": GROUP, "action": "remove", "participants": [ANN] });
    in_groups
        .on_event(&host, &told(event::GROUP_PARTICIPANT, &left))
        .unwrap();
    let sent = host.sent();
    assert_eq!(
        (sent.len(), &*sent[1].to, &*sent[1].mentions),
        (2, GROUP, &[ANN.to_owned()][..])
    );
}

#[test]
fn reading_and_presence_are_shown_where_set() {
    let host = host_with(&json!({ "autoRead": true, "alwaysOnline": true }));
    hear(&host, &text_event(ANN, "hi"));
    hear(
        &host,
        &told(event::CONNECTION_UPDATE, &json!({ "status": "CONNECTED" })),
    );
    let calls = host.calls();
    assert_eq!(calls[0], format!("chat_mark_read(\"{ANN}\", [\"3AF0\"])"));
    assert!(
        calls[1].starts_with("chat_set_presence(") && calls[1].contains("Available"),
        "{calls:?}"
    );
    // The session shows nothing: that is no failure of the hook.
    host.refuse("chat_mark_read", HostError::Conflict("ghostMode".to_owned()));
    host.refuse("chat_set_presence", HostError::Conflict("ghostMode".to_owned()));
    hear(&host, &text_event(ANN, "hi"));
    hear(
        &host,
        &told(event::CONNECTION_UPDATE, &json!({ "status": "CONNECTED" })),
    );
    let idle = FakeHost::default();
    hear(&idle, &text_event(ANN, "hi"));
    hear(
        &idle,
        &told(event::CONNECTION_UPDATE, &json!({ "status": "CONNECTED" })),
    );
    assert!(idle.calls().is_empty());
}

#[test]
fn too_many_messages_make_an_answer_wait() {
    let mut host = host_with(
        &json!({ "botMode": "ALL", "antiSpamEnabled": true, "spamLimit": 1, "spamDelayMin": 70, "spamDelayMax": 90 }),
    );
    host.messages = vec![Message {
        from_me: true,
        ..Message::default()
    }];
    let held = bot(&host).on_event(&host, &text_event(ANN, "#ping")).unwrap_err();
    let HostError::RateLimited { retry_after_ms } = held.into_host_error() else {
        panic!("not held")
    };
    assert!((70..=90).contains(&retry_after_ms));
    hear(&host, &text_event(ANN, "no command"));
    host.messages.clear();
    hear(&host, &text_event(ANN, "#ping"));
    assert_eq!(host.sent().len(), 1);
}
