//! The routes over a host in memory.

use serde_json::{Value, json};
use wagate_plugin_api::testing::{FakeHost, request};
use wagate_plugin_api::{Body, HostError, Plugin, Principal};

use crate::Notifications;

const ALL: &str = "/api/notifications";
const READ: &str = "/api/notifications/read";
const DELETE: &str = "/api/notifications/delete";

fn call_as(
    host: &FakeHost,
    (user, role): (&str, &str),
    (method, route): (&str, &str),
    query: Option<&str>,
    body: Option<&Value>,
) -> (u16, Value) {
    let mut request = request(method, route, &[], body);
    request.query = query.map(str::to_owned);
    request.principal = Some(Principal {
        user_id: user.to_owned(),
        role: role.to_owned(),
    });
    let response = Notifications
        .handle_http(host, &request)
        .unwrap_or_else(|error| error.to_response());
    let Body::Text(text) = response.body else {
        panic!("no text")
    };
    (response.status, serde_json::from_str(&text).unwrap())
}

fn post(host: &FakeHost, body: &Value) -> (u16, Value) {
    call_as(host, ("admin", "SUPERADMIN"), ("POST", ALL), None, Some(body))
}

fn list(host: &FakeHost, user: &str) -> Vec<Value> {
    let (status, rows) = call_as(host, (user, "STAFF"), ("GET", ALL), None, None);
    assert_eq!(status, 200);
    rows.as_array().unwrap().clone()
}

fn note(to: &str) -> Value {
    json!({ "title": "Maintenance", "message": "In 5 minutes", "type": "warning", "href": "/settings", "targetUserId": to })
}

#[test]
fn a_notification_is_sent_read_and_removed() {
    let host = FakeHost::default();
    let (status, answer) = post(&host, &note("user-2"));
    assert_eq!(
        (status, &answer["message"]),
        (200, &json!("Notification sent successfully"))
    );
    assert_eq!(
        (&answer["success"], &answer["count"], &answer["data"]["count"]),
        (&json!(true), &json!(1), &json!(1))
    );
    post(
        &host,
        &json!({ "title": "t", "message": "m", "type": "SYSTEM", "targetUserId": "user-2" }),
    );
    let rows = list(&host, "user-2");
    assert_eq!(
        (rows.len(), &rows[0]["type"], &rows[0]["href"]),
        (2, &json!("SYSTEM"), &json!(null))
    );
    let row = &rows[1];
    assert_eq!(
        (
            &row["type"],
            &row["read"],
            &row["userId"],
            &row["href"],
            &row["title"],
            &row["message"]
        ),
        (
            &json!("WARNING"),
            &json!(false),
            &json!("user-2"),
            &json!("/settings"),
            &json!("Maintenance"),
            &json!("In 5 minutes")
        )
    );
    assert!(row["createdAt"].as_str().unwrap().ends_with('Z'));
    assert!(list(&host, "admin").is_empty(), "it is nobody else's");

    let owner = ("user-2", "OWNER");
    let id = row["id"].as_str().unwrap();
    let (_, read) = call_as(
        &host,
        owner,
        ("PATCH", READ),
        None,
        Some(&json!({ "ids": [id, "unknown"] })),
    );
    assert_eq!(
        (&read["message"], &read["data"]["count"]),
        (&json!("Notifications marked as read"), &json!(1))
    );
    assert_eq!(list(&host, "user-2")[1]["read"], true);
    assert_eq!(
        call_as(&host, owner, ("PATCH", READ), None, None).1["data"]["count"],
        1,
        "an empty body: all"
    );

    let query = format!("id={id}");
    let delete = |user| call_as(&host, (user, "OWNER"), ("DELETE", DELETE), Some(&query), None);
    assert_eq!(delete("user-1").0, 404);
    let (status, gone) = delete("user-2");
    assert_eq!((status, &gone["message"]), (200, &json!("Notification deleted")));
    assert_eq!((delete("user-2").0, list(&host, "user-2").len()), (404, 1));
}

#[test]
fn a_broadcast_reaches_everybody() {
    let host = FakeHost::default();
    let mut body = note("string");
    body["broadcast"] = json!(true);
    let (_, answer) = post(&host, &body);
    assert_eq!(answer["message"], "Notifications broadcasted successfully");
    assert_eq!(answer["count"], 1);
}

#[test]
fn only_the_newest_fifty_are_shown() {
    let host = FakeHost::default();
    for _ in 0..51 {
        post(&host, &note("user-2"));
    }
    assert_eq!(list(&host, "user-2").len(), 50);
}

#[test]
fn refusals_have_the_contracts_texts_or_name_the_field() {
    let host = FakeHost::default();
    for role in ["OWNER", "STAFF"] {
        let (status, answer) = call_as(&host, ("user-1", role), ("POST", ALL), None, Some(&json!({})));
        let expected = json!({
            "status": false, "message": "Forbidden: Only Superadmin can send notifications", "error": "Forbidden",
        });
        assert_eq!((status, answer), (403, expected));
    }
    let (status, answer) = post(&host, &json!({ "title": "t", "message": "m" }));
    let expected = json!({ "status": false, "message": "Invalid Request", "error": "Provide targetUserId or broadcast=true" });
    assert_eq!((status, answer), (400, expected));
    for (field, value, text) in [
        ("title", json!(null), "title is required"),
        ("title", json!("x".repeat(201)), "title: at most 200"),
        ("title", json!(5), "title: invalid type"),
        ("message", json!(" "), "message is required"),
        ("message", json!("x".repeat(4001)), "message: at most 4000"),
        ("type", json!("LOUD"), "type: must be INFO"),
        ("href", json!("https://elsewhere.example"), "href: must be a path"),
        ("href", json!("//elsewhere.example"), "href: must be a path"),
        (
            "href",
            json!(format!("/{}", "x".repeat(500))),
            "href: must be a path",
        ),
        ("broadcast", json!("yes"), "broadcast: invalid type"),
    ] {
        let mut body = note("user-2");
        body[field] = value;
        let (status, answer) = post(&host, &body);
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"].as_str().unwrap().starts_with(text), "{answer}");
    }
    assert!(list(&host, "user-2").is_empty());

    let owner = ("user-1", "OWNER");
    for body in [
        json!({ "ids": "all" }),
        json!({ "ids": [5] }),
        json!({ "ids": vec!["x"; 501] }),
    ] {
        assert_eq!(call_as(&host, owner, ("PATCH", READ), None, Some(&body)).0, 400);
    }
    for query in [None, Some("id="), Some("id=%20")] {
        let (status, answer) = call_as(&host, owner, ("DELETE", DELETE), query, None);
        assert_eq!(
            (status, &answer["error"]),
            (400, &json!("Notification ID required"))
        );
    }
    host.refuse("notify_user", HostError::NotFound("User not found".to_owned()));
    assert_eq!(post(&host, &note("nobody")).0, 404);
}
