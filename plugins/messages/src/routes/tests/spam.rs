//! The same message again and again.

use wagate_plugin_api::testing::SESSION_ID;
use wagate_plugin_api::timers::Schedule;
use wagate_plugin_api::{Error, HostError};

use super::*;

const END: &str = "{jid}/spam";

fn timer() -> String {
    format!("spam/{SESSION_ID}/{FRIEND}")
}

fn start(host: &FakeHost, body: &Value) -> (u16, Value) {
    call(host, "POST", END, body)
}

fn fire(host: &FakeHost) -> Result<(), Error> {
    plugin(host).on_timer(host, &host.fire(&timer()))
}

#[test]
fn a_message_is_repeated_until_it_is_enough() {
    let host = FakeHost::default();
    let (status, answer) = start(&host, &json!({ "message": "hey", "count": 3, "delay": 1000 }));
    assert_eq!(
        (status, &answer["message"]),
        (200, &json!("Bombing 3 messages started"))
    );
    for n in 1..=3 {
        fire(&host).unwrap();
        assert_eq!(host.sent().len(), n);
        let next = host.timer(&timer()).unwrap().map(|timer| timer.schedule);
        let is_in_a_second = matches!(next, Some(Schedule::At(at)) if at == host.now_ms() + 1000);
        assert_eq!(is_in_a_second, n < 3);
    }
    // Nothing stays behind.
    assert!(host.store_scan("", None, 10).unwrap().is_empty());
    assert_eq!(call(&host, "DELETE", END, &json!({})).0, 404);
}

#[test]
fn a_timer_that_comes_again_goes_on_where_it_was() {
    let host = FakeHost::default();
    start(&host, &json!({ "message": "hey", "count": 2 }));
    let first = host.fire(&timer());
    plugin(&host).on_timer(&host, &first).unwrap();
    plugin(&host).on_timer(&host, &first).unwrap();
    assert_eq!(host.sent().len(), 1);
    fire(&host).unwrap();
    assert_eq!(
        (host.sent().len(), host.timer(&timer()).unwrap().is_none()),
        (2, true)
    );
}

#[test]
fn it_is_stopped() {
    let host = FakeHost::default();
    start(&host, &json!({ "message": "hey", "count": 5 }));
    fire(&host).unwrap();
    assert_eq!(start(&host, &json!({ "message": "hey" })).0, 409, "one at a time");
    let late = host.fire(&timer());
    let (status, answer) = call(&host, "DELETE", END, &json!({}));
    assert_eq!(
        (status, &answer["data"]["sent"], &answer["data"]["count"]),
        (200, &json!(1), &json!(5))
    );
    plugin(&host).on_timer(&host, &late).unwrap();
    assert_eq!((host.sent().len(), host.timer(&timer()).unwrap()), (1, None));
    assert_eq!(start(&host, &json!({ "message": "hey" })).0, 200);
}

#[test]
fn it_waits_for_the_connection_but_not_for_ever() {
    let host = FakeHost::default();
    start(&host, &json!({ "message": "hey", "count": 2 }));
    let mut due = host.fire(&timer());
    host.send_error
        .replace(Some(HostError::unavailable("Session not ready")));
    assert_eq!(plugin(&host).on_timer(&host, &due).unwrap_err().status(), 503);
    due.late_ms = 16 * 60 * 1000;
    plugin(&host).on_timer(&host, &due).unwrap();
    assert_eq!(call(&host, "DELETE", END, &json!({})).0, 404, "given up");

    host.send_error
        .replace(Some(HostError::Conflict("WhatsApp refused".to_owned())));
    start(&host, &json!({ "message": "hey", "count": 2 }));
    fire(&host).unwrap();
    assert_eq!(call(&host, "DELETE", END, &json!({})).0, 404, "given up");
    assert!(
        host.lines()
            .iter()
            .all(|line| !line.contains("hey") && !line.contains(FRIEND))
    );
}

#[test]
fn what_is_too_much_is_refused() {
    let with = |name: &str, value: Value| json!({ "message": "hey", name: value });
    let cases = [
        (json!({}), "message is required"),
        (json!({ "message": 5 }), "message is required"),
        (json!({ "message": "x".repeat(65_537) }), "message: at most 65536"),
        (with("count", json!(6)), "count: must be a number from 1 to 5"),
        (with("count", json!(0)), "count: must be a number from 1 to 5"),
        (
            with("count", json!("many")),
            "count: must be a number from 1 to 5",
        ),
        (
            with("delay", json!(499)),
            "delay: must be a number from 500 to 3600000",
        ),
        (
            with("delay", json!(3_600_001)),
            "delay: must be a number from 500",
        ),
    ];
    refused("POST", END, &cases);
    let mut host = FakeHost::default();
    host.session_status = Some("STOPPED".to_owned());
    let (status, answer) = start(&host, &json!({ "message": "hey" }));
    assert_eq!((status, &answer["error"]), (503, &json!("Session not ready")));
}

#[test]
fn it_is_off_unless_the_administrator_switches_it_on() {
    let host = FakeHost::default();
    let off = Messages::new(settings(json!({})), &host).unwrap();
    let params = [("sessionId", "shop"), ("jid", FRIEND)];
    let ask = |body: Value| {
        let request = request(
            "POST",
            "/api/messages/{sessionId}/{jid}/spam",
            &params,
            Some(&body),
        );
        off.handle_http(&host, &request).unwrap_err()
    };
    assert_eq!(ask(json!({})).status(), 400);
    let refused = ask(json!({ "message": "hey" }));
    assert_eq!(refused.status(), 403);
    assert!(refused.to_string().contains("spam = true"), "{refused}");
    assert!(Messages::new(settings(json!({ "spam_max_count": 1001 })), &host).is_err());
}

#[test]
fn a_timer_of_another_version_is_over() {
    let host = FakeHost::default();
    host.timer_set("other", Some(SESSION_ID), &Schedule::At(0), "")
        .unwrap();
    plugin(&host).on_timer(&host, &host.fire("other")).unwrap();
    assert_eq!(host.lines().len(), 1);
}
