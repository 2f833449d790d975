//! Hooks over a host in memory. That host has no settings of the bot: a host of this file has.

use serde_json::{Value, json};
use wagate_plugin_api::messages::Content;
use wagate_plugin_api::testing::{FakeHost, SESSION_ID, text_event};
use wagate_plugin_api::{Event, HostError, Plugin, event};

use super::*;
use crate::form::Form;
use crate::shelf;

const FRIEND: &str = "15550100@s.whatsapp.net";
const URL: &str = "https://files.example/menu.pdf?v=1";

fn host_with_rules(rules: &[Value]) -> FakeHost {
    let host = FakeHost::default();
    for rule in rules {
        let form: Form = serde_json::from_value(rule.clone()).unwrap();
        let id = shelf::IDS.make(&host, SESSION_ID);
        let stored = form.into_rule(id, 0, "missing").unwrap();
        shelf::put(&host, SESSION_ID, &[], &stored).unwrap();
    }
    host
}

fn hear(settings: Value, host: &FakeHost, event: &Event) {
    let plugin = Autoreply::new(serde_json::from_value(settings).unwrap(), host).unwrap();
    plugin.on_event(host, event).unwrap();
}

fn answers(settings: Value, host: &FakeHost, chat: &str, text: &str) -> Vec<String> {
    hear(settings, host, &text_event(chat, text));
    host.sent().into_iter().map(|message| message.text).collect()
}

#[test]
fn the_first_matching_rule_answers_once_and_quotes() {
    let host = host_with_rules(&[
        json!({"keyword": "hello", "response": "group only", "triggerType": "GROUP"}),
        json!({"keyword": "hel", "response": "first", "matchType": "STARTS_WITH"}),
        json!({"keyword": "hello", "response": "second"}),
    ]);
    assert_eq!(answers(json!({}), &host, FRIEND, "Hello"), ["first"]);
    assert_eq!(host.contents()[0].options.quote.as_deref(), Some("3AF0"));
}

#[test]
fn rules_of_the_file_apply_after_the_sessions_own() {
    let file =
        json!({"rules": [{"keyword": "hello", "response": "from the file", "match_type": "CONTAINS"}]});
    let host = host_with_rules(&[json!({"keyword": "hello", "response": "own"})]);
    assert_eq!(answers(file.clone(), &host, FRIEND, "hello"), ["own"]);
    assert_eq!(answers(file, &host, FRIEND, "oh hello"), ["own", "from the file"]);
}

#[test]
fn status_posts_newsletters_and_other_messages_stay_unanswered() {
    let host = host_with_rules(&[json!({"keyword": "hello", "response": "own"})]);
    for chat in ["status@broadcast", "120363@newsletter"] {
        assert!(answers(json!({}), &host, chat, "hello").is_empty(), "{chat}");
    }
    assert!(answers(json!({}), &host, FRIEND, "bye").is_empty());
}

#[test]
fn a_file_with_a_rule_that_cannot_work_is_refused_with_its_place() {
    for (rule, place) in [
        (
            json!({"keyword": "(", "match_type": "REGEX", "response": "x"}),
            "rules[0].keyword",
        ),
        (json!({"keyword": "a"}), "rules[0].response"),
        (
            json!({"keyword": "a", "media_url": "file:///etc/passwd"}),
            "rules[0].media_url",
        ),
    ] {
        let settings = serde_json::from_value(json!({ "rules": [rule] })).unwrap();
        let refusal = Autoreply::new(settings, &FakeHost::default())
            .err()
            .unwrap()
            .to_string();
        assert!(refusal.contains(place), "{refusal}");
    }
}

#[test]
fn an_instance_sees_what_others_have_changed() {
    let host = host_with_rules(&[json!({"keyword": "a", "response": "1"})]);
    let plugin = Autoreply::new(crate::settings::Settings::default(), &host).unwrap();
    plugin.on_event(&host, &text_event(FRIEND, "a")).unwrap();
    shelf::clear(&host, SESSION_ID).unwrap();
    plugin.on_event(&host, &text_event(FRIEND, "a")).unwrap();
    assert_eq!(host.sent().len(), 1);
}

#[test]
fn a_file_is_sent_as_what_it_is_or_as_what_was_asked_for() {
    for (mime, wanted, sent_as) in [
        ("image/png", None, "Image"),
        ("video/mp4", None, "Video"),
        ("audio/ogg", None, "Audio"),
        ("application/pdf", None, "Document"),
        ("image/png", Some("Document"), "Document"),
    ] {
        let host = host_with_rules(&[json!({
            "keyword": "menu", "response": "Here", "isMedia": true, "mediaUrl": URL, "mediaType": wanted,
        })]);
        host.will_download(URL, mime, b"file");
        assert!(
            answers(json!({}), &host, FRIEND, "menu").is_empty(),
            "no text beside it"
        );
        let content = host.contents()[0].content.clone();
        assert!(format!("{content:?}").contains(sent_as), "{mime}: {content:?}");
        match content {
            Content::Image((_, caption)) | Content::Video((_, caption)) => {
                assert_eq!(caption.as_deref(), Some("Here"));
            }
            Content::Document((_, name, caption)) => {
                assert_eq!((&*name, caption.as_deref()), ("menu.pdf", Some("Here")));
            }
            _ => {}
        }
        assert!(host.handles().is_empty(), "the file is given up");
    }
}

#[test]
fn without_the_file_the_text_is_sent_alone() {
    let rule = json!({"keyword": "menu", "response": "Here", "mediaUrl": URL});
    let host = host_with_rules(std::slice::from_ref(&rule));
    assert_eq!(answers(json!({}), &host, FRIEND, "menu"), ["Here"]);
    assert_eq!(host.lines().len(), 1);
    let alone = host_with_rules(&[json!({"keyword": "menu", "mediaUrl": URL})]);
    assert!(answers(json!({}), &alone, FRIEND, "menu").is_empty());
    let off =
        host_with_rules(&[json!({"keyword": "menu", "response": "Here", "mediaUrl": URL, "isMedia": false})]);
    off.will_download(URL, "image/png", b"file");
    assert_eq!(answers(json!({}), &off, FRIEND, "menu"), ["Here"]);
    let busy = host_with_rules(&[rule]);
    busy.refuse("media_fetch_url", HostError::RateLimited { retry_after_ms: 5 });
    let plugin = Autoreply::new(crate::settings::Settings::default(), &busy).unwrap();
    assert!(
        plugin.on_event(&busy, &text_event(FRIEND, "menu")).is_err(),
        "the host comes back with it"
    );
}

fn own_event(wa_id: &str, text: &str) -> Event {
    let key = json!({ "remoteJid": FRIEND, "fromMe": true, "id": wa_id });
    let data = json!({ "key": key, "chat": FRIEND, "type": "TEXT", "content": text, "sender": "ME" });
    Event {
        kind: event::MESSAGE_SENT.to_owned(),
        data: data.to_string(),
        ..text_event(FRIEND, "")
    }
}

#[test]
fn whom_the_session_wants_answered_is_answered() {
    for (config, answered) in [
        (json!({}), true),
        (json!({ "enabled": false }), false),
        (json!({ "autoReplyMode": "OWNER" }), false),
        (
            json!({ "autoReplyMode": "SPECIFIC", "autoReplyAllowedJids": ["15550100"] }),
            true,
        ),
        (
            json!({ "autoReplyMode": "SPECIFIC", "autoReplyAllowedJids": ["1555010"] }),
            false,
        ),
        (
            json!({ "autoReplyMode": "BLACKLIST", "autoReplyBlockedJids": [FRIEND] }),
            false,
        ),
    ] {
        let mut host = host_with_rules(&[json!({"keyword": "hi", "response": "hi"})]);
        host.bot_config = Some(config.to_string());
        assert_eq!(
            !answers(json!({}), &host, FRIEND, "hi").is_empty(),
            answered,
            "{config}"
        );
        hear(json!({}), &host, &own_event("O1", "hi"));
        let own = host.sent().len() - usize::from(answered);
        assert_eq!(own, usize::from(config["autoReplyMode"] == "OWNER"), "{config}");
    }
}

#[test]
fn an_answer_of_its_own_is_not_answered() {
    let mut host = host_with_rules(&[json!({"keyword": "hi", "response": "hi"})]);
    host.bot_config = Some(json!({ "autoReplyMode": "OWNER" }).to_string());
    hear(json!({}), &host, &own_event("O1", "hi"));
    let answered = host.contents().len();
    let known = own::is_one(&host, SESSION_ID, "3EB00001").unwrap();
    hear(json!({}), &host, &own_event("3EB00001", "hi"));
    assert_eq!((answered, known, host.contents().len()), (1, true, 1));
}

#[test]
fn too_many_messages_make_an_answer_wait() {
    let mut host = host_with_rules(&[json!({"keyword": "hi", "response": "hi"})]);
    host.bot_config = Some(json!({ "antiSpamEnabled": true, "spamLimit": 1 }).to_string());
    host.messages = vec![wagate_plugin_api::Message {
        from_me: true,
        ..Default::default()
    }];
    let plugin = Autoreply::new(crate::settings::Settings::default(), &host).unwrap();
    let held = plugin.on_event(&host, &text_event(FRIEND, "hi")).unwrap_err();
    assert!(matches!(held, Error::Host(HostError::RateLimited { .. })));
    assert!(host.sent().is_empty());
}
