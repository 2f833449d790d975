//! The routes over a host in memory, and what tests of timers need as well.

use serde_json::{Value, json};
use wagate_plugin_api::messages::Content;
use wagate_plugin_api::testing::{FakeHost, SESSION_ID, request};
use wagate_plugin_api::{Body, Error, Fire, Host as _, Plugin, ext};

use crate::Scheduler;
use crate::settings::Settings;

pub(crate) const ALL: &str = "/api/scheduler/{sessionId}";
pub(crate) const ONE: &str = "/api/scheduler/{sessionId}/{scheduleId}";
pub(crate) const LEGACY: &str = "/api/scheduler";
pub(crate) const FRIEND: &str = "12025550100@s.whatsapp.net";
/// An hour after the fake host's now.
pub(crate) const SOON: &str = "2025-10-09T09:53:20.000Z";
pub(crate) const HOUR_MS: i64 = 60 * 60 * 1000;

pub(crate) fn plugin(host: &FakeHost, settings: &Value) -> Scheduler {
    let settings: Settings = serde_json::from_value(settings.clone()).unwrap();
    Scheduler::new(settings, host).unwrap()
}

pub(crate) fn call(
    host: &FakeHost,
    method: &str,
    route: &str,
    id: &str,
    body: Option<&Value>,
) -> (u16, Value) {
    let named = if route == ALL && !id.is_empty() {
        id
    } else {
        "shop"
    };
    call_with(
        host,
        &json!({}),
        method,
        route,
        &[("sessionId", named), ("scheduleId", id)],
        body,
    )
}

pub(crate) fn call_with(
    host: &FakeHost,
    settings: &Value,
    method: &str,
    route: &str,
    params: &[(&str, &str)],
    body: Option<&Value>,
) -> (u16, Value) {
    let request = request(method, route, params, body);
    let response = plugin(host, settings)
        .handle_http(host, &request)
        .unwrap_or_else(|error| error.to_response());
    let Body::Text(text) = response.body else {
        panic!("no text")
    };
    (response.status, serde_json::from_str(&text).unwrap())
}

pub(crate) fn list(host: &FakeHost, tab: Option<&str>) -> Vec<Value> {
    let mut request = request("GET", ALL, &[("sessionId", "shop")], None);
    request.query = tab.map(|tab| format!("tab={tab}"));
    let response = plugin(host, &json!({})).handle_http(host, &request).unwrap();
    let Body::Text(text) = response.body else {
        panic!("no text")
    };
    let answer: Value = serde_json::from_str(&text).unwrap();
    answer["data"].as_array().unwrap().clone()
}

pub(crate) fn tea() -> Value {
    json!({ "jid": FRIEND, "content": "tea", "sendAt": SOON })
}

pub(crate) fn with(field: &str, value: Value) -> Value {
    let mut body = tea();
    body[field] = value;
    body
}

pub(crate) fn create(host: &FakeHost, body: &Value) -> String {
    let (status, answer) = call(host, "POST", ALL, "", Some(body));
    assert_eq!(status, 200, "{answer}");
    answer["data"]["id"].as_str().unwrap().to_owned()
}

pub(crate) fn due(host: &FakeHost, id: &str) -> Fire {
    host.fire(&format!("item/{id}"))
}

pub(crate) fn run(host: &FakeHost, fire: &Fire) -> Result<(), Error> {
    plugin(host, &json!({})).on_timer(host, fire)
}

#[test]
fn a_message_is_scheduled_listed_sent_and_kept_as_history() {
    let host = FakeHost::default();
    let (_, made) = call(&host, "POST", ALL, "", Some(&tea()));
    assert_eq!(made["message"], "Message scheduled successfully");
    let row = &made["data"];
    assert_eq!(
        (
            &row["status"],
            &row["sendAt"],
            &row["content"],
            &row["jid"],
            &row["sessionId"]
        ),
        (
            &json!("PENDING"),
            &json!(SOON),
            &json!("tea"),
            &json!(FRIEND),
            &json!(SESSION_ID)
        )
    );
    assert_eq!(
        (&row["mediaUrl"], &row["mediaType"]),
        (&json!(null), &json!(null))
    );
    let id = row["id"].as_str().unwrap();
    assert_eq!(list(&host, None)[0]["session"]["sessionId"], "shop");
    assert_eq!(
        (
            list(&host, Some("pending")).len(),
            list(&host, Some("history")).len()
        ),
        (1, 0)
    );

    host.advance(HOUR_MS);
    run(&host, &due(&host, id)).unwrap();
    let sent = host.contents();
    assert_eq!(
        (sent.len(), &sent[0].content),
        (1, &Content::Text("tea".to_owned()))
    );
    let message_id = ext(&sent[0].options.ext, "messageId").unwrap();
    assert!(
        message_id.len() == 22 && message_id.starts_with("3EB0"),
        "{message_id}"
    );
    let row = &list(&host, Some("history"))[0];
    assert_eq!(
        (&row["status"], &row["messageId"], &row["reason"]),
        (&json!("SENT"), &json!(message_id), &json!(null))
    );
    assert!(row["sentAt"].is_string());
}

#[test]
fn aliases_the_body_form_and_the_timezone() {
    let mut host = FakeHost::default();
    host.timezone = Some("Asia/Jakarta".to_owned());
    let body =
        json!({ "sessionId": "shop", "to": "+1 202 555 0100", "message": "tea", "time": "2025-10-09T17:00" });
    let (status, row) = call(&host, "POST", LEGACY, "", Some(&body));
    assert_eq!(
        (status, &row["sendAt"]),
        (200, &json!("2025-10-09T10:00:00.000Z"))
    );
    assert_eq!((&row["jid"], &row["content"]), (&json!(FRIEND), &json!("tea")));
    assert_eq!(row["status"], "PENDING", "the bare row");
}

#[test]
fn files_are_sent_with_their_caption() {
    let host = FakeHost::default();
    for (body, content) in [
        (
            json!({ "jid": FRIEND, "content": "look", "sendAt": SOON, "mediaUrl": "https://a.example/c.jpg" }),
            json!({ "image": { "url": "https://a.example/c.jpg" }, "caption": "look" }),
        ),
        (
            json!({ "jid": FRIEND, "sendAt": SOON, "mediaUrl": "https://a.example/c.bin", "mediaType": "video" }),
            json!({ "video": { "url": "https://a.example/c.bin" } }),
        ),
        (
            with("mediaUrl", json!("https://a.example/list.pdf")),
            json!({ "document": { "url": "https://a.example/list.pdf" }, "fileName": "list.pdf", "caption": "tea" }),
        ),
    ] {
        let id = create(&host, &body);
        run(&host, &due(&host, &id)).unwrap();
        let Content::Other(sent) = host.contents().pop().unwrap().content else {
            panic!("no file")
        };
        assert_eq!(serde_json::from_str::<Value>(&sent).unwrap(), content);
    }
}

#[test]
fn refusals_name_the_field_and_its_limit() {
    let host = FakeHost::default();
    let id = create(&host, &tea());
    let missing = ["jid", "content", "sendAt"].map(|field| {
        let mut body = tea();
        body.as_object_mut().unwrap().remove(field);
        body
    });
    for body in missing.into_iter().chain([json!({}), with("content", json!(""))]) {
        for (method, route, text) in [
            ("POST", ALL, "Missing required fields"),
            ("POST", LEGACY, "Missing required fields"),
            ("PUT", ONE, "JID, content, and sendAt are required"),
        ] {
            let id = if method == "PUT" { id.as_str() } else { "" };
            let (status, answer) = call(&host, method, route, id, Some(&body));
            assert_eq!((status, &answer["error"]), (400, &json!(text)), "{method} {body}");
        }
    }
    for (field, value, text) in [
        ("jid", json!("nobody"), "jid: must be a phone number"),
        ("jid", json!(5), "jid: invalid type"),
        ("content", json!("x".repeat(65_537)), "content: at most 65536"),
        ("content", json!([]), "content: invalid type"),
        ("sendAt", json!("soon"), "sendAt: must be a date"),
        (
            "sendAt",
            json!("2099-01-01T00:00:00Z"),
            "sendAt: at most 10 years",
        ),
        (
            "mediaUrl",
            json!("file:///etc/passwd"),
            "mediaUrl: must be an http",
        ),
        (
            "mediaUrl",
            json!(format!("https://a.b/{}", "x".repeat(2048))),
            "mediaUrl: must be an http",
        ),
        ("mediaType", json!("image"), "mediaType: there is no mediaUrl"),
        ("mediaType", json!("hologram"), "mediaType: unknown variant"),
        ("cronExpression", json!("* * * * * *"), "cronExpression: 5 fields"),
        ("cronExpression", json!("soon"), "cronExpression: 5 fields"),
        (
            "recurrenceRule",
            json!("x".repeat(1001)),
            "recurrenceRule: at most 1000",
        ),
    ] {
        for (method, route, id) in [
            ("POST", ALL, ""),
            ("PUT", ONE, id.as_str()),
            ("PUT", ONE, "sch_none"),
        ] {
            let (status, answer) = call(&host, method, route, id, Some(&with(field, value.clone())));
            assert_eq!(status, 400, "{method} {field}: {answer}");
            assert!(answer["error"].as_str().unwrap().starts_with(text), "{answer}");
        }
    }
    let song =
        json!({ "jid": FRIEND, "content": "la", "sendAt": SOON, "mediaUrl": "https://a.example/a.mp3" });
    assert_eq!(call(&host, "POST", ALL, "", Some(&song)).0, 400);
    for (method, body) in [("PUT", Some(tea())), ("DELETE", None)] {
        let (status, answer) = call(&host, method, ONE, "sch_none", body.as_ref());
        assert_eq!((status, &answer["error"]), (404, &json!("Message not found")));
    }
    assert_eq!(list(&host, None).len(), 1, "nothing came of what was refused");
}

#[test]
fn a_session_has_a_limit() {
    let host = FakeHost::default();
    let settings = json!({ "max_pending": 1, "keep_finished": 1 });
    let post = || {
        call_with(
            &host,
            &settings,
            "POST",
            ALL,
            &[("sessionId", "shop")],
            Some(&tea()),
        )
    };
    let mut sent = Vec::new();
    for _ in 0..2 {
        let (status, made) = post();
        assert_eq!(status, 200);
        assert_eq!(post().0, 409);
        sent.push(made["data"]["id"].as_str().unwrap().to_owned());
        let fire = due(&host, sent.last().unwrap());
        plugin(&host, &settings).on_timer(&host, &fire).unwrap();
    }
    let kept = list(&host, None);
    assert_eq!(
        (kept.len(), kept[0]["id"].as_str()),
        (1, sent.last().map(String::as_str))
    );
}

#[test]
fn messages_are_removed_one_by_one_by_the_older_form_and_all_at_once() {
    let host = FakeHost::default();
    let ids: Vec<String> = (0..4).map(|_| create(&host, &tea())).collect();
    let fire = due(&host, &ids[0]);
    let (status, answer) = call(&host, "DELETE", ONE, &ids[0], None);
    assert_eq!(
        (status, &answer["message"]),
        (200, &json!("Operation successful"))
    );
    run(&host, &fire).unwrap();
    assert!(host.contents().is_empty(), "it was taken back in the last moment");
    assert_eq!(call(&host, "DELETE", ONE, &ids[0], None).0, 404);

    let (_, answer) = call(&host, "DELETE", ALL, &ids[1], None);
    assert_eq!(answer["data"], json!({ "success": true, "count": 1 }));
    assert_eq!(list(&host, None).len(), 2);
    let (_, answer) = call(&host, "DELETE", ALL, "", None);
    assert_eq!(answer["data"], json!({ "success": true, "count": 2 }));
    assert!(list(&host, None).is_empty() && host.timers("", None, 10).unwrap().is_empty());

    for (named, session) in [(ids[1].as_str(), SESSION_ID), ("shop", "shop")] {
        let request = request("DELETE", ALL, &[("sessionId", named)], None);
        let resolved = plugin(&host, &json!({}))
            .resolve_session(&host, &request)
            .unwrap();
        assert_eq!(resolved.as_deref(), Some(session));
    }
}
