//! Broadcasts over a host in memory.

use serde_json::{Value, json};
use wagate_plugin_api::messages::Content;
use wagate_plugin_api::testing::{FakeHost, SESSION_ID, request};
use wagate_plugin_api::timers::Schedule;
use wagate_plugin_api::{Body, Error, Host as _, HostError, Plugin as _, ext};

use crate::Broadcast;
use crate::settings::Settings;

const A: &str = "12025550100@s.whatsapp.net";
const B: &str = "12025550101@s.whatsapp.net";
const C: &str = "120363000000000001@g.us";

fn plugin(host: &FakeHost, settings: Value) -> Broadcast {
    let settings: Settings = serde_json::from_value(settings).unwrap();
    Broadcast::new(settings, host).unwrap()
}

fn ask(
    plugin: &Broadcast,
    host: &FakeHost,
    method: &str,
    end: &str,
    id: &str,
    body: Option<&Value>,
) -> (u16, Value) {
    let (end, query) = end.split_once('?').unwrap_or((end, ""));
    let route = format!("/api/messages/{{sessionId}}/broadcast{end}");
    let mut request = request(method, &route, &[("sessionId", "shop"), ("logId", id)], body);
    request.query = Some(query.to_owned());
    let response = plugin
        .handle_http(host, &request)
        .unwrap_or_else(|error| error.to_response());
    let Body::Text(text) = response.body else {
        panic!("no text")
    };
    (response.status, serde_json::from_str(&text).unwrap())
}

fn call(host: &FakeHost, method: &str, end: &str, id: &str) -> (u16, Value) {
    ask(&plugin(host, json!({})), host, method, end, id, None)
}

fn create(host: &FakeHost, body: &Value) -> (u16, Value) {
    ask(&plugin(host, json!({})), host, "POST", "", "", Some(body))
}

fn start(host: &FakeHost, recipients: &[&str]) -> String {
    let (status, answer) = create(
        host,
        &json!({ "recipients": recipients, "message": "hi", "delay": 1000 }),
    );
    assert_eq!(status, 200, "{answer}");
    answer["data"]["broadcastId"].as_str().unwrap().to_owned()
}

fn timer(id: &str) -> String {
    format!("broadcast/{SESSION_ID}/{id}")
}

fn waits(host: &FakeHost, id: &str) -> Option<i64> {
    match host.timer(&timer(id)).unwrap()?.schedule {
        Schedule::At(at) => Some(at - host.now_ms()),
        Schedule::Cron(_) => None,
    }
}

fn fire(host: &FakeHost, id: &str) -> Result<(), Error> {
    plugin(host, json!({})).on_timer(host, &host.fire(&timer(id)))
}

fn row(host: &FakeHost, id: &str) -> Value {
    let (status, answer) = call(host, "GET", "/history/{logId}", id);
    assert_eq!(status, 200, "{answer}");
    answer["data"].clone()
}

fn events(host: &FakeHost) -> Vec<Value> {
    let emitted = host.emitted();
    assert!(emitted.iter().all(|event| event.kind == "broadcast.progress"));
    emitted
        .iter()
        .map(|event| serde_json::from_str(&event.data).unwrap())
        .collect()
}

#[test]
fn each_recipient_has_its_turn() {
    let host = FakeHost::default();
    let body = json!({ "recipients": [A, "+1 (202) 555-0101", A, C], "message": "hi", "delay": 1000 });
    let (_, answer) = create(&host, &body);
    assert_eq!(
        (&answer["success"], &answer["message"], &answer["data"]["total"]),
        (&json!(true), &json!("Broadcast started"), &json!(3))
    );
    let id = answer["data"]["broadcastId"].as_str().unwrap();
    assert_eq!(waits(&host, id), Some(0), "the first one at once");
    for n in 1..=3 {
        fire(&host, id).unwrap();
        assert_eq!(host.contents().len(), n);
        let is_paced = waits(&host, id).is_some_and(|wait| (1000..=1500).contains(&wait));
        assert_eq!(is_paced, n < 3);
    }
    let to: Vec<String> = host.contents().into_iter().map(|sent| sent.to).collect();
    assert_eq!(to, [A, B, C]);
    assert_eq!(host.contents()[0].content, Content::Text("hi".to_owned()));

    let row = row(&host, id);
    assert_eq!(
        (
            &row["status"],
            &row["sent"],
            &row["failed"],
            &row["total"],
            &row["delay"],
            &row["sessionId"]
        ),
        (
            &json!("completed"),
            &json!(3),
            &json!(0),
            &json!(3),
            &json!(1000),
            &json!("shop")
        )
    );
    assert_eq!(
        (
            &row["recipients"][1]["jid"],
            &row["recipients"][1]["status"],
            &row["recipients"][1]["error"]
        ),
        (&json!(B), &json!("sent"), &json!(null))
    );
    assert!(row["completedAt"].is_string() && row["recipients"][2]["sentAt"].is_string());
    let told: Vec<(Value, Value)> = events(&host)
        .into_iter()
        .map(|event| (event["status"].clone(), event["progress"].clone()))
        .collect();
    let expected = [
        ("running", 0),
        ("running", 33),
        ("running", 66),
        ("running", 100),
        ("completed", 100),
    ];
    assert_eq!(
        told,
        expected.map(|(status, progress)| (json!(status), json!(progress)))
    );
}

#[test]
fn a_delay_that_is_not_named_is_the_administrators() {
    for (settings, range) in [
        (json!({}), 10_000..=20_000),
        (json!({ "delay_min_ms": 5, "delay_max_ms": 7 }), 5..=7),
    ] {
        for delay in [json!(null), json!(0)] {
            let host = FakeHost::default();
            let plugin = plugin(&host, settings.clone());
            let body = json!({ "recipients": [A, B], "message": "hi", "delay": delay });
            let (_, answer) = ask(&plugin, &host, "POST", "", "", Some(&body));
            let id = answer["data"]["broadcastId"].as_str().unwrap();
            plugin.on_timer(&host, &host.fire(&timer(id))).unwrap();
            assert!(range.contains(&waits(&host, id).unwrap()));
        }
    }
}

#[test]
fn a_timer_that_comes_again_sends_under_the_same_id_and_counts_once() {
    let host = FakeHost::default();
    let id = start(&host, &[A, B]);
    let first = host.fire(&timer(&id));
    let plugin = plugin(&host, json!({}));
    plugin.on_timer(&host, &first).unwrap();
    plugin.on_timer(&host, &first).unwrap();
    assert_eq!(
        (host.contents().len(), row(&host, &id)["sent"].clone()),
        (1, json!(1))
    );
    fire(&host, &id).unwrap();
    let ids: Vec<Option<String>> = host
        .contents()
        .iter()
        .map(|sent| ext(&sent.options.ext, "messageId").map(str::to_owned))
        .collect();
    assert!(ids[0].is_some() && ids[0] != ids[1]);
    assert_eq!(row(&host, &id)["status"], "completed");
}

#[test]
fn who_is_refused_has_failed_and_the_next_one_follows() {
    let host = FakeHost::default();
    let id = start(&host, &[A, B]);
    host.send_error.replace(Some(HostError::Conflict(
        "the recipient does not exist".to_owned(),
    )));
    fire(&host, &id).unwrap();
    host.send_error.replace(None);
    fire(&host, &id).unwrap();
    let row = row(&host, &id);
    assert_eq!(
        (&row["status"], &row["sent"], &row["failed"]),
        (&json!("completed"), &json!(1), &json!(1))
    );
    assert_eq!(
        (&row["recipients"][0]["status"], &row["recipients"][0]["error"]),
        (&json!("failed"), &json!("the recipient does not exist"))
    );
    let end = events(&host).pop().unwrap();
    assert_eq!(
        end["errors"],
        json!([{ "jid": A, "error": "the recipient does not exist" }])
    );
}

#[test]
fn a_lost_connection_is_waited_for() {
    let mut host = FakeHost::default();
    let id = start(&host, &[A]);
    let mut due = host.fire(&timer(&id));
    host.send_error
        .replace(Some(HostError::unavailable("Session not ready")));
    assert_eq!(
        plugin(&host, json!({}))
            .on_timer(&host, &due)
            .unwrap_err()
            .status(),
        503
    );
    // Hours later, still not connected.
    due.late_ms = 3 * 3600 * 1000;
    host.session_status = Some("DISCONNECTED".to_owned());
    assert_eq!(
        plugin(&host, json!({}))
            .on_timer(&host, &due)
            .unwrap_err()
            .status(),
        503
    );
    // Connected, and it still cannot be sent: the others shall not wait for ever.
    host.session_status = None;
    plugin(&host, json!({})).on_timer(&host, &due).unwrap();
    assert_eq!(row(&host, &id)["failed"], 1);
}

#[test]
fn it_pauses_when_the_account_is_refused_and_asks_again_under_another_id() {
    let host = FakeHost::default();
    let id = start(&host, &[A, B]);
    let refusal =
        "WhatsApp refused with 463: the account may not write to people it does not know at the moment";
    host.send_error
        .replace(Some(HostError::Conflict(refusal.to_owned())));
    fire(&host, &id).unwrap();
    let paused = row(&host, &id);
    assert_eq!(
        (&paused["status"], &paused["failed"]),
        (&json!("paused"), &json!(0))
    );
    assert!(
        paused["reason"]
            .as_str()
            .unwrap()
            .contains("people it does not know")
    );
    assert_eq!(
        (waits(&host, &id), paused["recipients"][0]["status"].clone()),
        (None, json!("pending"))
    );
    host.send_error.replace(None);
    assert_eq!(call(&host, "POST", "/{logId}/resume", &id).0, 200);
    fire(&host, &id).unwrap();
    let sent = host.contents();
    let expected = crate::pace::message_id(&id, 0, 1);
    assert_eq!(ext(&sent[0].options.ext, "messageId"), Some(expected.as_str()));
}

#[test]
fn it_is_paused_resumed_and_cancelled() {
    let host = FakeHost::default();
    let id = start(&host, &[A, B, C]);
    fire(&host, &id).unwrap();
    let late = host.fire(&timer(&id));
    let (status, paused) = call(&host, "POST", "/{logId}/pause", &id);
    assert_eq!(
        (
            status,
            &paused["message"],
            &paused["data"]["status"],
            &paused["data"]["sent"]
        ),
        (200, &json!("Broadcast paused"), &json!("paused"), &json!(1))
    );
    // One that was on its way already.
    plugin(&host, json!({})).on_timer(&host, &late).unwrap();
    assert_eq!((host.contents().len(), waits(&host, &id)), (1, None));
    let (_, resumed) = call(&host, "POST", "/{logId}/resume", &id);
    assert_eq!(resumed["data"]["status"], "running");
    assert_eq!(waits(&host, &id), Some(0));
    fire(&host, &id).unwrap();
    let before = waits(&host, &id);
    assert_eq!(call(&host, "POST", "/{logId}/resume", &id).0, 200);
    assert_eq!(waits(&host, &id), before, "what runs keeps its pace");
    host.timer_cancel(&timer(&id)).unwrap();
    call(&host, "POST", "/{logId}/resume", &id);
    assert_eq!(waits(&host, &id), Some(0), "a lost timer is set anew");
    let (_, cancelled) = call(&host, "POST", "/{logId}/cancel", &id);
    assert_eq!(cancelled["data"]["status"], "cancelled");
    assert_eq!((host.contents().len(), waits(&host, &id)), (2, None));
    assert_eq!(row(&host, &id)["recipients"][2]["status"], "pending");
    for end in ["/{logId}/pause", "/{logId}/resume", "/{logId}/cancel"] {
        let (status, answer) = call(&host, "POST", end, &id);
        assert_eq!(
            (status, &answer["error"]),
            (409, &json!("The broadcast is cancelled"))
        );
        let (status, answer) = call(&host, "POST", end, "none");
        assert_eq!((status, &answer["error"]), (404, &json!("Broadcast not found")));
    }
    let told: Vec<String> = events(&host)
        .iter()
        .map(|event| event["status"].to_string())
        .collect();
    assert!(told.contains(&"\"paused\"".to_owned()) && told.last().unwrap() == "\"cancelled\"");
}

#[test]
fn history_is_listed_page_by_page() {
    let host = FakeHost::default();
    let ids: Vec<String> = (0..3).map(|_| start(&host, &[A])).collect();
    let (status, answer) = call(&host, "GET", "/history?limit=2&offset=1", "");
    assert_eq!(
        (status, &answer["total"], &answer["limit"], &answer["offset"]),
        (200, &json!(3), &json!(2), &json!(1))
    );
    let rows = answer["data"].as_array().unwrap();
    assert_eq!(
        (rows.len(), rows[0]["id"].as_str().unwrap()),
        (2, ids[1].as_str())
    );
    assert_eq!(
        (
            &rows[0]["message"],
            &rows[0]["_count"]["recipients"],
            &rows[0]["status"]
        ),
        (&json!("hi"), &json!(1), &json!("running"))
    );
    assert!(rows[0].get("recipients").is_none());
    let (_, all) = call(&host, "GET", "/history", "");
    assert_eq!(
        (all["limit"].clone(), all["data"].as_array().unwrap().len()),
        (json!(20), 3)
    );
    for end in ["/history?limit=101", "/history?limit=0", "/history?offset=x"] {
        assert_eq!(call(&host, "GET", end, "").0, 400, "{end}");
    }
    assert_eq!(call(&host, "GET", "/history/{logId}", "none").0, 404);
}

#[test]
fn many_recipients_are_kept_in_pieces() {
    let host = FakeHost::default();
    let numbers: Vec<String> = (0..250).map(|n| format!("1202555{n:04}")).collect();
    let body = json!({ "recipients": numbers, "message": "hi", "delay": 1 });
    let id = create(&host, &body).1["data"]["broadcastId"]
        .as_str()
        .unwrap()
        .to_owned();
    for _ in 0..250 {
        fire(&host, &id).unwrap();
    }
    let row = row(&host, &id);
    let all = row["recipients"].as_array().unwrap();
    assert!(all.len() == 250 && all.iter().all(|one| one["status"] == "sent"));
    assert_eq!(host.contents()[249].to, "12025550249@s.whatsapp.net");
}

#[test]
fn old_ones_make_room_and_open_ones_are_few() {
    let host = FakeHost::default();
    let plugin = plugin(&host, json!({ "keep": 2, "max_open": 1 }));
    let ask_for = |recipients: Value| {
        let body = json!({ "recipients": recipients, "message": "hi" });
        ask(&plugin, &host, "POST", "", "", Some(&body))
    };
    for _ in 0..3 {
        let (status, answer) = ask_for(json!([]));
        assert_eq!((status, &answer["data"]["total"]), (200, &json!(0)));
    }
    let (_, history) = call(&host, "GET", "/history", "");
    assert_eq!(
        (
            &history["total"],
            &history["data"][0]["status"],
            &history["data"][0]["progress"]
        ),
        (&json!(2), &json!("completed"), &json!(100))
    );
    assert_eq!(ask_for(json!([A])).0, 200);
    let (status, answer) = ask_for(json!([A]));
    assert_eq!(status, 409, "{answer}");
    let kept = host.store_scan("", None, 100).unwrap();
    assert_eq!(
        kept.len(),
        2 + 3,
        "log and text of the old one, and the recipients of the new one"
    );
}

#[test]
fn what_is_no_broadcast_is_refused() {
    let full = |name: &str, value: Value| {
        let mut body = json!({ "recipients": [A], "message": "hi" });
        body[name] = value;
        body
    };
    for (body, text) in [
        (json!({}), "recipients is required"),
        (json!({ "recipients": [A] }), "message is required"),
        (full("message", json!("")), "message is required"),
        (full("message", json!(5)), "message: invalid type"),
        (
            full("message", json!("x".repeat(65_537))),
            "message: at most 65536",
        ),
        (full("recipients", json!(A)), "recipients: invalid type"),
        (full("recipients", json!([A, "x"])), "recipients[1]: must be"),
        (
            full("recipients", json!(vec![A; 1001])),
            "recipients: at most 1000",
        ),
        (full("delay", json!(-1)), "delay: must be a number"),
        (full("delay", json!(3_600_001)), "delay: must be a number"),
        (full("delay", json!("1")), "delay: invalid type"),
    ] {
        let host = FakeHost::default();
        let (status, answer) = create(&host, &body);
        let error = answer["error"].as_str().unwrap();
        assert!(
            status == 400 && error.contains(text),
            "{status} {error}, expected {text}"
        );
        assert!(host.store_scan("", None, 1).unwrap().is_empty() && host.emitted().is_empty());
    }
    let mut host = FakeHost::default();
    host.session_status = Some("SCAN_QR".to_owned());
    let (status, answer) = create(&host, &full("delay", json!(0)));
    assert_eq!((status, &answer["error"]), (503, &json!("Session not ready")));
}

#[test]
fn settings_are_checked() {
    let host = FakeHost::default();
    for odd in [
        json!({ "max_recipients": 10_001 }),
        json!({ "max_open": 0 }),
        json!({ "keep": 501 }),
        json!({ "delay_min_ms": 30_000 }),
        json!({ "delay_max_ms": 3_600_001 }),
    ] {
        let settings: Settings = serde_json::from_value(odd.clone()).unwrap();
        assert!(Broadcast::new(settings, &host).is_err(), "{odd}");
    }
    assert!(serde_json::from_value::<Settings>(json!({ "speed": 1 })).is_err());
}
