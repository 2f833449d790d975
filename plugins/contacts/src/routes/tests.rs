//! The routes over a host in memory.

use serde_json::{Value, json};
use wagate_plugin_api::contacts::Contact;
use wagate_plugin_api::testing::{FakeHost, SESSION_ID, request};
use wagate_plugin_api::{Body, HostError, Message, Plugin as _};

use crate::Contacts;
use crate::settings::Settings;

const LIST: &str = "/api/contacts/{sessionId}";

fn call(host: &FakeHost, method: &str, route: &str, jid: &str, query: &str) -> (u16, Value) {
    let mut request = request(method, route, &[("sessionId", "shop"), ("jid", jid)], None);
    request.query = Some(query.to_owned());
    let plugin = Contacts::new(Settings::default(), host).unwrap();
    let answer = plugin
        .handle_http(host, &request)
        .unwrap_or_else(|error| error.to_response());
    let Body::Text(text) = answer.body else {
        panic!("no text")
    };
    (answer.status, serde_json::from_str(&text).unwrap())
}

fn people(count: usize) -> Vec<Contact> {
    (0..count)
        .map(|n| Contact {
            jid: format!("1202555{n:04}@s.whatsapp.net"),
            lid: None,
            name: Some(format!("Person {n}")),
            push_name: None,
            ext: Vec::new(),
        })
        .collect()
}

fn list(host: &FakeHost, query: &str) -> (u16, Value) {
    call(host, "GET", LIST, "", query)
}

#[test]
fn a_contact_is_told_with_every_field() {
    let ann = "12025550101@s.whatsapp.net";
    let known = [
        ("id", "row-1"),
        ("verifiedName", "Ann Ltd"),
        ("about", "busy"),
        ("createdAt", "0"),
        ("updatedAt", "1"),
    ];
    let contact = Contact {
        jid: ann.to_owned(),
        lid: Some("100000000000001@lid".to_owned()),
        name: None,
        push_name: Some("Ann".to_owned()),
        ext: known
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec(),
    };
    let message = |chat: &str| Message {
        chat: chat.to_owned(),
        ..Message::default()
    };
    let mut host = FakeHost::default();
    host.contacts = vec![contact];
    host.messages = vec![message(ann), message(ann), message("1@g.us")];
    let (status, answer) = list(&host, "search=%20ann");
    let row = json!({
        "id": "row-1", "sessionId": SESSION_ID, "jid": ann, "lid": "100000000000001@lid", "name": null,
        "notify": "Ann", "verifiedName": "Ann Ltd", "remoteJidAlt": "100000000000001@lid", "profilePic": null,
        "data": { "about": "busy" }, "createdAt": "1970-01-01T00:00:00.000Z",
        "updatedAt": "1970-01-01T00:00:00.001Z", "_count": { "messages": 2 },
    });
    let expected = json!({
        "status": true, "success": true, "message": "Contacts retrieved successfully", "data": [row],
        "meta": { "total": 1, "page": 1, "limit": 10, "totalPages": 1 },
    });
    assert_eq!((status, answer), (200, expected));
    assert_eq!(list(&host, "search=bob").1["meta"]["total"], 0);
}

#[test]
fn pages_are_cut_and_counted() {
    let mut host = FakeHost::default();
    host.contacts = people(2500);
    for (query, count, first, meta) in [
        ("", 10, "Person 0", [2500, 1, 10, 250]),
        ("page=2&limit=20", 20, "Person 20", [2500, 2, 20, 125]),
        ("page=3&limit=1200", 100, "Person 2400", [2500, 3, 1200, 3]),
        ("limit=all", 2500, "Person 0", [2500, 1, 5000, 1]),
        (
            "limit=all&search=Person%20249",
            11,
            "Person 249",
            [11, 1, 5000, 1],
        ),
    ] {
        let (_, answer) = list(&host, query);
        let told =
            ["total", "page", "limit", "totalPages"].map(|field| answer["meta"][field].as_i64().unwrap());
        assert_eq!(answer["data"].as_array().unwrap().len(), count, "{query}");
        assert_eq!(
            (&answer["data"][0]["name"], told),
            (&json!(first), meta),
            "{query}"
        );
    }
    assert_eq!(list(&host, "limit=all&page=2").1["data"], json!([]));
}

#[test]
fn what_is_no_page_is_named() {
    for (query, text) in [
        ("page=0", "page: must be a number, 1 or more"),
        ("page=x&limit=all", "page: must be a number, 1 or more"),
        ("limit=5001", "limit: must be a number from 1 to 5000"),
        ("limit=some", "limit: must be a number from 1 to 5000"),
        (
            &format!("search={}", "x".repeat(257)),
            "search: at most 256 characters",
        ),
    ] {
        let (status, answer) = list(&FakeHost::default(), query);
        assert_eq!((status, answer["error"].as_str().unwrap()), (400, text));
    }
}

#[test]
fn people_are_blocked_and_unblocked() {
    let host = FakeHost::default();
    for (end, on) in [("block", true), ("unblock", false)] {
        let route = format!("{LIST}/{{jid}}/{end}");
        let (status, answer) = call(&host, "POST", &route, "+1 202 555 0101", "");
        let message = json!(format!("Contact {end}ed successfully"));
        assert_eq!(
            (status, &answer["success"], &answer["message"]),
            (200, &json!(true), &message)
        );
        let last = host.calls().pop();
        assert_eq!(
            last,
            Some(format!(r#"contact_block("12025550101@s.whatsapp.net", {on})"#))
        );
        for (jid, text) in [
            ("1@g.us", "jid: must be a person"),
            ("ann", "jid: must be a phone number"),
        ] {
            let (status, answer) = call(&host, "POST", &route, jid, "");
            assert!(
                status == 400 && answer["error"].as_str().unwrap().starts_with(text),
                "{answer}"
            );
        }
    }
    assert_eq!(host.calls().len(), 2);
    host.refuse("contact_block", HostError::unavailable("Session not ready"));
    let (status, answer) = call(&host, "POST", &format!("{LIST}/{{jid}}/block"), "12025550101", "");
    assert_eq!((status, &answer["error"]), (503, &json!("Session not ready")));
}

#[test]
fn the_longest_page_can_be_set() {
    let settings = |max: u32| serde_json::from_value::<Settings>(json!({ "max_contacts": max })).unwrap();
    assert!(Contacts::new(settings(5000), &FakeHost::default()).is_ok());
    for wrong in [0, 5001] {
        assert!(Contacts::new(settings(wrong), &FakeHost::default()).is_err());
    }
}
