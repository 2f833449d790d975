//! The routes over a host in memory.

mod about;
mod sending;
mod spam;

use serde_json::{Value, json};
use wagate_plugin_api::messages::Content;
use wagate_plugin_api::testing::{FakeHost, request};
use wagate_plugin_api::{Body, Host as _, Plugin, Response};

use crate::Messages;
use crate::settings::Settings;

const FRIEND: &str = "12025550100@s.whatsapp.net";
const GROUP: &str = "120363000000000001@g.us";

fn settings(json: Value) -> Settings {
    serde_json::from_value(json).unwrap()
}

fn plugin(host: &FakeHost) -> Messages {
    let on = json!({ "spam": true, "spam_max_count": 5 });
    Messages::new(settings(on), host).unwrap()
}

/// What follows `/api/messages/{sessionId}`, and a query after `?`.
fn respond(host: &FakeHost, method: &str, end: &str, body: Option<&Value>) -> Response {
    let (end, query) = match end.split_once('?') {
        Some((end, query)) => (end, Some(query.to_owned())),
        None => (end, None),
    };
    let route = format!("/api/messages/{{sessionId}}/{end}");
    let params = [("sessionId", "shop"), ("jid", FRIEND), ("messageId", "3AF0")];
    let mut request = request(method, &route, &params, body);
    request.query = query;
    plugin(host)
        .handle_http(host, &request)
        .unwrap_or_else(|error| error.to_response())
}

fn json_of(response: &Response) -> Value {
    match &response.body {
        Body::Text(text) => serde_json::from_str(text).unwrap(),
        other => panic!("{other:?}"),
    }
}

fn call(host: &FakeHost, method: &str, end: &str, body: &Value) -> (u16, Value) {
    let response = respond(host, method, end, Some(body));
    (response.status, json_of(&response))
}

/// The answer and what was sent.
fn post(end: &str, body: &Value) -> (Value, Content) {
    let host = FakeHost::default();
    let (status, answer) = call(&host, "POST", end, body);
    assert_eq!(status, 200, "{end} {body}: {answer}");
    assert_eq!(
        (&answer["status"], &answer["success"]),
        (&json!(true), &json!(true))
    );
    let sent = host.contents();
    assert_eq!((sent.len(), sent[0].to.as_str()), (1, FRIEND));
    (answer, sent[0].content.clone())
}

/// Each is a 400 with this text in it, and nothing is sent.
fn refused(method: &str, end: &str, cases: &[(Value, &str)]) {
    for (body, text) in cases {
        let host = FakeHost::default();
        let (status, answer) = call(&host, method, end, body);
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(
            status == 400 && error.contains(text),
            "{method} {end}: {status} {error}, expected {text}"
        );
        assert_eq!((host.contents().len(), host.calls().len()), (0, 0));
    }
}
