//! The routes over a host in memory.

use serde_json::{Value, json};
use wagate_plugin_api::testing::{FakeHost, SESSION_ID, request, text_event};
use wagate_plugin_api::{Body, Chat, Event, Host, HostError, Plugin, event, labels};

use crate::Labels;
use crate::settings::Settings;

const ALL: &str = "/api/labels/{sessionId}";
const ONE: &str = "/api/labels/{sessionId}/{labelId}";
const OF_CHAT: &str = "/api/labels/{sessionId}/chat/{jid}/labels";
const CHATS: &str = "/api/labels/{sessionId}/chats";
const BY_LABEL: &str = "/api/chats/{sessionId}/by-label/{labelId}";
const ANN: &str = "12025550101@s.whatsapp.net";
const BOB: &str = "12025550102@s.whatsapp.net";
const FOREIGN: &str = "lbl_0197a00000007000800000000000000200001";

fn plugin(host: &FakeHost, sync_whatsapp: bool) -> Labels {
    Labels::new(Settings { sync_whatsapp }, host).unwrap()
}

fn answer(
    plugin: &Labels,
    host: &FakeHost,
    method: &str,
    route: &str,
    params: &[(&str, &str)],
    body: Option<&Value>,
) -> (u16, Value) {
    let response = plugin
        .handle_http(host, &request(method, route, params, body))
        .unwrap_or_else(|error| error.to_response());
    let Body::Text(text) = response.body else {
        panic!("no text")
    };
    (response.status, serde_json::from_str(&text).unwrap())
}

fn call(host: &FakeHost, method: &str, route: &str, last: &str, body: Option<&Value>) -> (u16, Value) {
    let params = [("sessionId", "shop"), ("labelId", last), ("jid", last)];
    answer(&plugin(host, false), host, method, route, &params, body)
}

fn create(host: &FakeHost, name: &str) -> String {
    let (status, made) = call(host, "POST", ALL, "", Some(&json!({ "name": name })));
    assert_eq!(status, 200, "{made}");
    made["label"]["id"].as_str().unwrap().to_owned()
}

fn put_on(host: &FakeHost, jid: &str, ids: &[&str], action: Option<&str>) -> Vec<String> {
    let mut body = json!({ "labelIds": ids });
    if let Some(action) = action {
        body["action"] = json!(action);
    }
    let (status, answer) = call(host, "PUT", OF_CHAT, jid, Some(&body));
    assert_eq!(status, 200, "{answer}");
    let rows = answer["labels"].as_array().unwrap();
    rows.iter()
        .map(|row| row["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_label_is_made_listed_changed_and_removed() {
    let host = FakeHost::default();
    let (_, made) = call(
        &host,
        "POST",
        ALL,
        "",
        Some(&json!({ "name": " New ", "color": 4 })),
    );
    let id = made["data"]["label"]["id"].as_str().unwrap().to_owned();
    let row = &made["label"];
    for (field, value) in [
        ("sessionId", "shop"),
        ("name", "New"),
        ("colorHex", "#0000FF"),
        ("predefinedId", ""),
        ("createdAt", "2025-10-09T08:53:20.000Z"),
        ("updatedAt", "2025-10-09T08:53:20.000Z"),
    ] {
        assert_eq!(row[field], value, "{field}");
    }
    put_on(&host, ANN, &[&id], Some("add"));
    let (_, list) = call(&host, "GET", ALL, "", None);
    assert_eq!(list["labels"], list["data"]["labels"]);
    assert_eq!(
        (&list["labels"][0]["_count"], &list["labels"][0]["color"]),
        (&json!({ "chatLabels": 1 }), &json!(4))
    );
    let (_, changed) = call(
        &host,
        "PUT",
        ONE,
        &id,
        Some(&json!({ "name": "Old", "color": 19 })),
    );
    assert_eq!(
        (&changed["data"]["name"], &changed["label"]["colorHex"]),
        (&json!("Old"), &json!("#F0E68C"))
    );
    assert!(!create(&host, "new").is_empty(), "the name is free again");
    let (_, gone) = call(&host, "DELETE", ONE, &id, None);
    assert_eq!(
        gone,
        json!({ "status": true, "success": true, "message": "Label deleted successfully", "data": {} })
    );
    assert_eq!(call(&host, "DELETE", ONE, &id, None).0, 404);
    assert_eq!(call(&host, "GET", OF_CHAT, ANN, None).1["labels"], json!([]));
}

type Case<'a> = (&'a str, &'a str, &'a str, Value, u16, &'a str);

fn refused(host: &FakeHost, cases: &[Case<'_>]) {
    for (method, route, last, body, status, text) in cases {
        let (got, answer) = call(host, method, route, last, Some(body));
        assert_eq!(got, *status, "{method} {route} {body}: {answer}");
        assert!(answer["error"].as_str().unwrap().starts_with(text), "{answer}");
    }
}

#[test]
fn a_label_that_cannot_be_made_or_changed_is_refused_by_name() {
    let host = FakeHost::default();
    let id = create(&host, "Taken");
    let color = "Color must be between 0 and 19";
    let needed = "sessionId and name are required";
    let foreign = "Label does not belong to this session";
    refused(
        &host,
        &[
            ("POST", ALL, "", json!({}), 400, needed),
            ("POST", ALL, "", json!({ "name": 5 }), 400, "name: must be a text"),
            (
                "POST",
                ALL,
                "",
                json!({ "name": "x".repeat(101) }),
                400,
                "name: at most 100 characters",
            ),
            ("POST", ALL, "", json!({ "name": "a", "color": 20 }), 400, color),
            (
                "POST",
                ALL,
                "",
                json!({ "name": "a", "color": "red" }),
                400,
                color,
            ),
            (
                "POST",
                ALL,
                "",
                json!({ "name": "tAKEN" }),
                409,
                "A label with this name already exists",
            ),
            (
                "PUT",
                ONE,
                "lbl_1",
                json!({ "color": 50 }),
                404,
                "Label not found",
            ),
            ("PUT", ONE, FOREIGN, json!({}), 404, foreign),
            ("PUT", ONE, &id, json!({ "color": -1 }), 400, color),
            ("DELETE", ONE, FOREIGN, json!({}), 404, foreign),
        ],
    );
    for n in 1..200 {
        create(&host, &format!("label {n}"));
    }
    let full = "A session can have at most 200 labels";
    refused(
        &host,
        &[("POST", ALL, "", json!({ "name": "one more" }), 409, full)],
    );
}

#[test]
fn what_cannot_be_put_on_a_chat_is_refused_by_name() {
    let host = FakeHost::default();
    let needed = "labelIds (array), and action are required";
    let toggle = json!({ "labelIds": [], "action": "toggle" });
    let unknown = json!({ "labelIds": ["x"], "action": "add" });
    let foreign = "Label does not belong to this session";
    refused(
        &host,
        &[
            ("PUT", OF_CHAT, ANN, json!({}), 400, needed),
            ("PUT", OF_CHAT, ANN, json!({ "labelIds": "x" }), 400, needed),
            (
                "PUT",
                OF_CHAT,
                ANN,
                toggle,
                400,
                "action must be 'add' or 'remove'",
            ),
            (
                "PUT",
                OF_CHAT,
                ANN,
                json!({ "labelIds": vec!["x"; 201] }),
                400,
                "labelIds: at most 200",
            ),
            ("PUT", OF_CHAT, ANN, unknown, 404, "labelIds[0]: Label not found"),
            (
                "PUT",
                OF_CHAT,
                "nobody",
                json!({ "labelIds": [] }),
                400,
                "chat: must be a phone number",
            ),
            ("GET", BY_LABEL, "lbl_1", json!({}), 404, "Label not found"),
            ("GET", BY_LABEL, FOREIGN, json!({}), 400, foreign),
            (
                "PUT",
                ALL,
                "",
                json!({ "name": "x" }),
                400,
                "labels: name which labels to change",
            ),
            (
                "PUT",
                ALL,
                "",
                json!({ "labels": [{ "id": "lbl_1" }] }),
                404,
                "labels[0]: Label not found",
            ),
        ],
    );
}

#[test]
fn chats_have_labels_and_labels_have_chats() {
    let mut host = FakeHost::default();
    host.addresses = vec![("100000000000101@lid".to_owned(), ANN.to_owned())];
    host.chats = vec![Chat {
        jid: ANN.to_owned(),
        push_name: Some("Ann".to_owned()),
        ..Chat::default()
    }];
    let (a, b) = (create(&host, "a"), create(&host, "b"));
    assert_eq!(put_on(&host, "12025550101", &[&a, &a], Some("add")), ["a"]);
    assert_eq!(
        put_on(&host, "100000000000101@lid", &[&b], Some("add")),
        ["b", "a"]
    );
    assert_eq!(put_on(&host, BOB, &[&b], None), ["b"]);
    let (_, found) = call(&host, "GET", BY_LABEL, &b, None);
    assert_eq!(
        (&found["chats"], &found["count"], &found["label"]["name"]),
        (&json!([ANN, BOB]), &json!(2), &json!("b"))
    );
    let asked = |query: &str| {
        let mut request = request("GET", CHATS, &[("sessionId", "shop")], None);
        request.query = Some(query.to_owned());
        let response = plugin(&host, false)
            .handle_http(&host, &request)
            .unwrap_or_else(|error| error.to_response());
        let Body::Text(text) = response.body else {
            panic!("no text")
        };
        serde_json::from_str::<Value>(&text).unwrap()
    };
    assert_eq!(asked("")["data"].as_array().unwrap().len(), 3);
    let of_ann = asked("jid=12025550101");
    assert_eq!(
        (
            of_ann["data"].as_array().unwrap().len(),
            &of_ann["data"][0]["contactName"]
        ),
        (2, &json!("Ann"))
    );
    let of_a = asked(&format!("labelId={a}"));
    assert_eq!(
        of_a["data"],
        json!([{ "id": format!("{a}:{ANN}"), "chatJid": ANN, "labelId": a, "labelName": "a",
        "colorHex": "#FF0000", "contactName": "Ann" }])
    );
    assert_eq!(asked("labelId=lbl_1")["error"], "Label not found");
    assert_eq!(put_on(&host, ANN, &["gone", &a], Some("remove")), ["b"]);
    assert_eq!(
        put_on(&host, ANN, &[&a], None),
        ["a"],
        "without an action exactly these"
    );
    assert_eq!(put_on(&host, ANN, &[], None), [""; 0]);
}

#[test]
fn the_older_forms_find_the_session_by_the_label() {
    let host = FakeHost::default();
    let plugin = plugin(&host, false);
    let (a, b) = (create(&host, "a"), create(&host, "b"));
    for (route, param, segment, session) in [
        (ALL, "sessionId", &*a, Some(SESSION_ID)),
        (ALL, "sessionId", "shop", Some("shop")),
        ("/api/chats/by-label/{labelId}", "labelId", &a, Some(SESSION_ID)),
        ("/api/chats/by-label/{labelId}", "labelId", "label_01", None),
    ] {
        let resolved = plugin.resolve_session(&host, &request("GET", route, &[(param, segment)], None));
        match session {
            Some(session) => assert_eq!(resolved.unwrap().as_deref(), Some(session)),
            None => assert_eq!(resolved.unwrap_err().to_string(), "404: Label not found"),
        }
    }
    let one = [("sessionId", &*a)];
    let (_, renamed) = answer(&plugin, &host, "PUT", ALL, &one, Some(&json!({ "name": "c" })));
    assert_eq!(renamed["data"]["name"], "c");
    assert_eq!(
        answer(&plugin, &host, "DELETE", ALL, &one, None).1["message"],
        "Label deleted successfully"
    );
    let both = json!({ "labels": [{ "id": b, "color": 3 }] });
    let (_, bulk) = call(&host, "PUT", ALL, "", Some(&both));
    assert_eq!(
        (&bulk["count"], &bulk["labels"][0]["color"]),
        (&json!(1), &json!(3))
    );
    assert_eq!(call(&host, "PUT", ALL, "", None).1["count"], 0);
    assert_eq!(call(&host, "DELETE", ALL, "", None).1["data"]["count"], 1);
    assert_eq!(call(&host, "GET", ALL, "", None).1["labels"], json!([]));
}

fn told(kind: &str, data: &Value) -> Event {
    Event {
        kind: kind.to_owned(),
        data: data.to_string(),
        ..text_event(ANN, "")
    }
}

#[test]
fn with_sync_both_sides_have_the_same() {
    let host = FakeHost::default();
    let theirs = labels::Label {
        id: "7".to_owned(),
        name: "Theirs".to_owned(),
        color: 2,
        deleted: false,
        ext: Vec::new(),
    };
    host.label_put(SESSION_ID, &theirs).unwrap();
    host.label_chat(SESSION_ID, "7", BOB, true).unwrap();
    let plugin = plugin(&host, true);
    let session = [("sessionId", "shop"), ("jid", ANN)];
    let (_, list) = answer(&plugin, &host, "GET", ALL, &session, None);
    assert_eq!(
        (
            &list["labels"][0]["name"],
            &list["labels"][0]["_count"]["chatLabels"]
        ),
        (&json!("Theirs"), &json!(1))
    );
    let (_, made) = answer(
        &plugin,
        &host,
        "POST",
        ALL,
        &session,
        Some(&json!({ "name": "Ours" })),
    );
    assert_eq!(made["label"]["predefinedId"], "8");
    let id = made["label"]["id"].as_str().unwrap();
    answer(
        &plugin,
        &host,
        "PUT",
        OF_CHAT,
        &session,
        Some(&json!({ "labelIds": [id] })),
    );
    assert_eq!(host.label_chats(SESSION_ID, "8").unwrap(), [ANN]);

    let update = json!({ "id": "8", "name": "Renamed", "color": 5, "deleted": false });
    plugin
        .on_event(&host, &told(event::LABEL_UPDATED, &update))
        .unwrap();
    let assigned = json!({ "id": "8", "chat": ANN, "keyId": null, "assigned": false });
    plugin
        .on_event(&host, &told(event::LABEL_ASSIGNED, &assigned))
        .unwrap();
    plugin
        .on_event(
            &host,
            &told(event::LABEL_UPDATED, &json!({ "id": "7", "deleted": true })),
        )
        .unwrap();
    plugin
        .on_event(
            &host,
            &told(
                event::LABEL_UPDATED,
                &json!({ "id": "9", "name": "Third", "color": 1 }),
            ),
        )
        .unwrap();
    let (_, list) = call(&host, "GET", ALL, "", None);
    let names: Vec<_> = list["labels"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["name"], &row["_count"]["chatLabels"]))
        .collect();
    assert_eq!(
        names,
        [(&json!("Third"), &json!(0)), (&json!("Renamed"), &json!(0))]
    );

    host.refuse("label_put", HostError::unavailable("Session not ready"));
    let (status, made) = answer(
        &plugin,
        &host,
        "POST",
        ALL,
        &session,
        Some(&json!({ "name": "Alone" })),
    );
    assert_eq!((status, &made["label"]["predefinedId"]), (200, &json!("")));
    assert_eq!(host.lines().len(), 1);
}

#[test]
fn without_sync_the_phone_is_left_alone() {
    let host = FakeHost::default();
    let id = create(&host, "a");
    put_on(&host, ANN, &[&id], None);
    call(&host, "DELETE", ONE, &id, None);
    plugin(&host, false)
        .on_event(
            &host,
            &told(event::LABEL_UPDATED, &json!({ "id": "9", "name": "x" })),
        )
        .unwrap();
    assert!(host.calls().is_empty());
    assert_eq!(call(&host, "GET", ALL, "", None).1["labels"], json!([]));
}
