//! The routes over a host in memory.

use serde_json::{Value, json};
use wagate_plugin_api::delivery::LoggedEvent;
use wagate_plugin_api::testing::{FakeHost, SESSION_ID, request, text_event};
use wagate_plugin_api::{Body, Plugin, Principal};

use crate::Webhooks;
use crate::settings::Settings;

const ALL: &str = "/api/webhooks/{sessionId}";
const ONE: &str = "/api/webhooks/{sessionId}/{id}";
const FRIEND: &str = "12025550100@s.whatsapp.net";

fn plugin(host: &FakeHost) -> Webhooks {
    Webhooks::new(Settings::default(), host).unwrap()
}

/// As another user of the session.
fn call_as(
    host: &FakeHost,
    user: &str,
    method: &str,
    route: &str,
    params: &[(&str, &str)],
    query: Option<&str>,
    body: Option<&Value>,
) -> (u16, Value) {
    let mut request = request(method, route, params, body);
    request.query = query.map(str::to_owned);
    request.principal = Some(Principal {
        user_id: user.to_owned(),
        role: "OWNER".to_owned(),
        ..Principal::default()
    });
    let response = plugin(host)
        .handle_http(host, &request)
        .unwrap_or_else(|error| error.to_response());
    let Body::Text(text) = response.body else {
        panic!("no text")
    };
    (response.status, serde_json::from_str(&text).unwrap())
}

fn call(host: &FakeHost, method: &str, route: &str, id: &str, body: Option<&Value>) -> (u16, Value) {
    call_as(
        host,
        "user-1",
        method,
        route,
        &[("sessionId", "shop"), ("id", id)],
        None,
        body,
    )
}

fn create(host: &FakeHost, body: &Value) -> String {
    let (status, answer) = call(host, "POST", ALL, "", Some(body));
    assert_eq!(status, 200, "{answer}");
    answer["data"]["id"].as_str().unwrap().to_owned()
}

fn on_everything(secret: &str) -> Value {
    json!({ "url": "https://a.example/hook", "events": ["*"], "secret": secret, "name": "all" })
}

#[test]
fn a_webhook_is_made_listed_changed_and_removed() {
    let host = FakeHost::default();
    let (_, made) = call(&host, "POST", ALL, "", Some(&on_everything("hush")));
    assert_eq!(
        (&made["data"]["secret"], &made["data"]["hasSecret"]),
        (&json!("hush"), &json!(true))
    );
    let id = made["data"]["id"].as_str().unwrap();
    let (_, list) = call(&host, "GET", ALL, "", None);
    let row = &list["data"][0];
    assert_eq!(
        (&row["secret"], &row["session"]["sessionId"], &row["sessionId"]),
        (&json!("********"), &json!("shop"), &json!(SESSION_ID))
    );
    assert!(!list.to_string().contains("hush"));
    assert_eq!(row["health"]["state"], "ACTIVE");

    // The bare row; an empty secret changes nothing.
    let change = json!({ "name": "other", "secret": "", "isActive": false });
    let (_, changed) = call(&host, "PUT", ONE, id, Some(&change));
    assert_eq!(
        (&changed["name"], &changed["isActive"], &changed["hasSecret"]),
        (&json!("other"), &json!(false), &json!(true))
    );
    let endpoint = host.deliveries.endpoint(SESSION_ID, id).unwrap();
    assert!(
        endpoint
            .ext
            .contains(&("keepSecret".to_owned(), "true".to_owned()))
    );
    assert!(endpoint.ext.contains(&("owner".to_owned(), "user-1".to_owned())));

    let (status, gone) = call(&host, "DELETE", ONE, id, None);
    assert_eq!(
        (status, gone),
        (
            200,
            json!({ "status": true, "success": true, "message": "Operation successful" })
        )
    );
    assert_eq!(call(&host, "DELETE", ONE, id, None).0, 404);
    assert!(host.deliveries.endpoint(SESSION_ID, id).is_none());
}

#[test]
fn the_older_delete_finds_the_session_by_the_webhook() {
    let host = FakeHost::default();
    let id = create(&host, &on_everything(""));
    let request = request("DELETE", "/api/webhooks/{id}", &[("id", &id)], None);
    let resolved = plugin(&host).resolve_session(&host, &request).unwrap();
    assert_eq!(resolved.as_deref(), Some(SESSION_ID));
    let answer = plugin(&host).handle_http(&host, &request).unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(call(&host, "GET", ALL, "", None).1["data"], json!([]));
}

#[test]
fn refusals_name_what_is_wrong() {
    let host = FakeHost::default();
    for (body, status, part) in [
        (json!({}), 400, "Name, URL, and at least one event are required"),
        (
            json!({ "url": "ftp://a.b", "events": ["*"] }),
            400,
            "url: only http and https",
        ),
        (
            json!({ "url": "https://a.b", "events": ["message.recieved"] }),
            400,
            "events[0]: unknown event",
        ),
    ] {
        let (got, answer) = call(&host, "POST", ALL, "", Some(&body));
        assert_eq!(got, status, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(part), "{answer}");
    }
    for (method, route) in [
        ("PUT", ONE),
        ("DELETE", ONE),
        ("POST", "/api/webhooks/{sessionId}/{id}/test"),
        ("GET", "/api/webhooks/{sessionId}/{id}/logs"),
        ("GET", "/api/webhooks/{sessionId}/{id}/deliveries"),
        ("POST", "/api/webhooks/{sessionId}/{id}/replay"),
        ("POST", "/api/webhooks/{sessionId}/{id}/rotate-secret"),
    ] {
        let (status, answer) = call(&host, method, route, "wh_none", Some(&json!({})));
        assert_eq!(status, 404, "{method} {route}: {answer}");
        assert_eq!(answer["error"], "Webhook not found");
    }
}

#[test]
fn an_event_is_queued_once_for_each_webhook_that_wants_it() {
    let host = FakeHost::default();
    let all = create(&host, &on_everything(""));
    let later = create(
        &host,
        &json!({ "url": "https://b.example", "events": ["message.*"], "payloadVersion": "later" }),
    );
    create(
        &host,
        &json!({ "url": "https://c.example", "events": ["group.update"] }),
    );
    create(
        &host,
        &json!({ "url": "https://d.example", "events": ["*"], "isActive": false }),
    );
    let plugin = plugin(&host);
    for _ in 0..2 {
        plugin.on_event(&host, &text_event(FRIEND, "hello")).unwrap();
    }
    let queued = host.deliveries.queued();
    let mut endpoints: Vec<&str> = queued.iter().map(|item| item.endpoint.as_str()).collect();
    endpoints.sort_unstable();
    let mut wanted = [all.as_str(), later.as_str()];
    wanted.sort_unstable();
    assert_eq!(endpoints, wanted);
    for item in &queued {
        assert_eq!(
            (item.lane.as_str(), item.label.as_str(), item.key.as_str()),
            (FRIEND, "message.received", "1/event-1")
        );
        let body: Value = serde_json::from_str(&item.body).unwrap();
        assert_eq!(
            (
                &body["event"],
                &body["sessionId"],
                &body["data"]["content"],
                &body["id"]
            ),
            (
                &json!("message.received"),
                &json!("shop"),
                &json!("hello"),
                &json!("event-1")
            )
        );
    }
}

#[test]
fn an_instance_sees_what_another_one_changed() {
    let host = FakeHost::default();
    let warm = plugin(&host);
    warm.on_event(&host, &text_event(FRIEND, "before")).unwrap();
    assert!(host.deliveries.queued().is_empty());
    let id = create(&host, &on_everything(""));
    warm.on_event(&host, &text_event(FRIEND, "hello")).unwrap();
    assert_eq!(host.deliveries.queued().len(), 1);
    call(&host, "DELETE", ONE, &id, None);
    warm.on_event(&host, &text_event(FRIEND, "after")).unwrap();
    assert!(host.deliveries.queued().is_empty(), "gone with its endpoint");
}

#[test]
fn a_disabled_webhook_shows_it_and_gets_nothing() {
    let host = FakeHost::default();
    let id = create(&host, &on_everything(""));
    host.deliveries.disable(SESSION_ID, &id);
    plugin(&host)
        .on_event(&host, &text_event(FRIEND, "hello"))
        .unwrap();
    assert!(host.deliveries.queued().is_empty());
    let (_, list) = call(&host, "GET", ALL, "", None);
    assert_eq!(
        (&list["data"][0]["isActive"], &list["data"][0]["health"]["state"]),
        (&json!(false), &json!("DISABLED"))
    );
    let (_, enabled) = call(&host, "PUT", ONE, &id, Some(&json!({ "isActive": true })));
    assert_eq!(enabled["health"]["state"], "ACTIVE");
}

#[test]
fn answers_of_the_receiver_are_for_the_maker_alone() {
    let host = FakeHost::default();
    let id = create(&host, &on_everything(""));
    let route = |end: &str| format!("/api/webhooks/{{sessionId}}/{{id}}/{end}");
    let params = [("sessionId", "shop"), ("id", id.as_str())];
    host.deliveries.answer.set(Some(500));
    let (status, failed) = call(&host, "POST", &route("test"), &id, None);
    assert_eq!((status, &failed["data"]["success"]), (200, &json!(false)));
    assert_eq!(failed["message"], "Webhook test failed");
    host.deliveries.answer.set(Some(204));
    for (user, seen) in [("user-1", true), ("user-2", false)] {
        let (_, tested) = call_as(&host, user, "POST", &route("test"), &params, None, None);
        assert_eq!(
            (&tested["data"]["success"], &tested["data"]["statusCode"]),
            (&json!(true), &json!(204))
        );
        assert_eq!(tested["data"]["responseBody"].is_string(), seen, "{user}");
        let (_, logs) = call_as(&host, user, "GET", &route("logs"), &params, Some("limit=2"), None);
        assert_eq!(logs["data"].as_array().unwrap().len(), 2);
        assert_eq!(logs["data"][0]["responseBody"].is_string(), seen, "{user}");
        assert_eq!(
            (
                &logs["data"][0]["status"],
                &logs["data"][0]["event"],
                &logs["limit"]
            ),
            (&json!("SUCCESS"), &json!("test"), &json!(2))
        );
        assert_eq!(logs["data"][0]["requestBody"]["sessionId"], "test");
    }
    let (status, _) = call_as(
        &host,
        "user-1",
        "GET",
        &route("logs"),
        &params,
        Some("limit=201"),
        None,
    );
    assert_eq!(status, 400);
}

#[test]
fn who_says_where_events_go_answers_for_it() {
    let host = FakeHost::default();
    let change = |user: &str, id: &str, body: &Value| {
        let params = [("sessionId", "shop"), ("id", id)];
        call_as(&host, user, "PUT", ONE, &params, None, Some(body))
    };
    let elsewhere = json!({ "url": "https://two.example/hook" });
    let id = create(&host, &on_everything(""));
    let (status, row) = change("user-2", &id, &json!({ "name": "Ours" }));
    assert_eq!((status, &row["userId"]), (200, &json!("user-1")));
    // What its receiver has answered would go along.
    let (status, refused) = change("user-2", &id, &elsewhere);
    assert_eq!(status, 403);
    assert!(refused["message"].as_str().unwrap().contains("url:"), "{refused}");
    // Who knows what signs can write to the receiver in the gateway's name.
    let (status, refused) = change("user-2", &id, &json!({ "secret": "mine" }));
    assert_eq!(status, 403);
    assert!(
        refused["message"].as_str().unwrap().contains("secret:"),
        "{refused}"
    );
    let params = [("sessionId", "shop"), ("id", id.as_str())];
    let rotate = "/api/webhooks/{sessionId}/{id}/rotate-secret";
    let (status, _) = call_as(&host, "user-2", "POST", rotate, &params, None, None);
    assert_eq!(status, 403);

    let params = [("sessionId", "shop")];
    let made = call_as(
        &host,
        "user-2",
        "POST",
        ALL,
        &params,
        None,
        Some(&on_everything("")),
    );
    let id = made.1["data"]["id"].as_str().unwrap();
    let (status, row) = change("user-1", id, &elsewhere);
    assert_eq!(
        (status, &row["userId"]),
        (200, &json!("user-1")),
        "the session's owner"
    );
}

#[test]
fn the_log_is_sent_again_from_a_sequence_on() {
    let log = (1..=250).map(|sequence| LoggedEvent {
        id: format!("evt_{sequence}"),
        kind: if sequence % 2 == 0 {
            "message.received"
        } else {
            "group.update"
        }
        .to_owned(),
        sequence,
        chat: Some(FRIEND.to_owned()),
        chat_sequence: Some(sequence),
        timestamp_ms: 0,
        schema: 1,
        data: "{}".to_owned(),
        ext: Vec::new(),
    });
    let mut host = FakeHost::default();
    host.deliveries.log = log.collect();
    let id = create(
        &host,
        &json!({ "url": "https://a.b", "events": ["message.received"] }),
    );
    let route = "/api/webhooks/{sessionId}/{id}/replay";
    let again = |body: Value| call(&host, "POST", route, &id, Some(&body));
    let (_, some) = again(json!({ "fromSequence": 100, "toSequence": 110 }));
    assert_eq!(
        some["data"],
        json!({ "queued": 6, "leftOut": 0, "nextSequence": null })
    );
    let queued = host.deliveries.queued();
    assert_eq!(
        (queued[0].key.as_str(), queued[5].key.as_str()),
        ("100/evt_100", "110/evt_110")
    );
    let (_, all) = again(json!({ "fromSequence": 1 }));
    assert_eq!(all["data"]["queued"], 125);
    for odd in [
        json!({}),
        json!({ "fromSequence": 0 }),
        json!({ "fromSequence": 5, "toSequence": 4 }),
    ] {
        assert_eq!(again(odd).0, 400);
    }
}

#[test]
fn deliveries_are_listed_and_the_secret_is_shown_when_it_is_new() {
    let host = FakeHost::default();
    let id = create(&host, &on_everything(""));
    plugin(&host)
        .on_event(&host, &text_event(FRIEND, "hello"))
        .unwrap();
    let params = [("sessionId", "shop"), ("id", id.as_str())];
    let list = |query: &str| {
        let route = "/api/webhooks/{sessionId}/{id}/deliveries";
        call_as(&host, "user-1", "GET", route, &params, Some(query), None)
    };
    let (_, found) = list("");
    assert_eq!(
        (
            &found["data"][0]["event"],
            &found["data"][0]["eventId"],
            &found["data"][0]["sequence"]
        ),
        (&json!("message.received"), &json!("event-1"), &json!(1))
    );
    assert_eq!(
        (
            &found["data"][0]["status"],
            &found["data"][0]["chat"],
            &found["next"]
        ),
        (&json!("PENDING"), &json!(FRIEND), &json!(null))
    );
    assert_eq!(list("status=dead").1["data"], json!([]));
    assert_eq!(list("status=lost").0, 400);
    let rotate = "/api/webhooks/{sessionId}/{id}/rotate-secret";
    let (_, rotated) = call(&host, "POST", rotate, &id, None);
    assert!(rotated["data"]["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(
        rotated["data"]["previousSecretValidUntil"],
        json!(null),
        "there was none"
    );
    let (_, again) = call(&host, "POST", rotate, &id, Some(&json!({ "secret": "mine" })));
    assert_eq!(again["data"]["secret"], "mine");
    assert!(again["data"]["previousSecretValidUntil"].is_string());
    assert!(!call(&host, "GET", ALL, "", None).1.to_string().contains("mine"));
}
