//! The routes over a host in memory.

use serde_json::{Value, json};
use wagate_plugin_api::profile::Profile as Known;
use wagate_plugin_api::testing::{FakeHost, request};
use wagate_plugin_api::{Body, Host as _, HostError, Plugin as _};

use crate::Profile;

const OWN: &str = "12025550100@s.whatsapp.net";

fn call(host: &FakeHost, method: &str, end: &str, body: &Value) -> (u16, Value) {
    let route = format!("/api/profile/{{sessionId}}{end}");
    let mut request = request(method, &route, &[("sessionId", "shop")], Some(body));
    if body.get("files").is_some() {
        request.headers.push(("x-wagate-form".to_owned(), "1".to_owned()));
    }
    let answer = Profile
        .handle_http(host, &request)
        .unwrap_or_else(|error| error.to_response());
    let Body::Text(text) = answer.body else {
        panic!("no text")
    };
    (answer.status, serde_json::from_str(&text).unwrap())
}

#[test]
fn the_profile_is_told_in_both_shapes() {
    let own = |name: Option<&str>, about: Option<&str>, picture: Option<&str>| {
        let mut host = FakeHost::default();
        host.profile = Some(Known {
            jid: OWN.to_owned(),
            name: name.map(str::to_owned),
            about: about.map(str::to_owned),
            picture_url: picture.map(str::to_owned),
            ext: Vec::new(),
        });
        host
    };
    for (name, about, picture) in [
        (Some("Shop"), Some("Open"), Some("https://example.com/p.jpg")),
        (None, None, None),
    ] {
        let [said, text, url] = [name, about, picture].map(Option::unwrap_or_default);
        let expected = json!({
            "success": true, "jid": OWN, "lid": null, "status": { "text": text },
            "data": { "name": said, "pushname": said, "status": text, "pictureUrl": url },
        });
        assert_eq!(
            call(&own(name, about, picture), "GET", "", &json!({})),
            (200, expected)
        );
    }
}

#[test]
fn name_and_status_are_set() {
    for (end, body, called, message, text) in [
        (
            "/name",
            json!({ "name": " Shop " }),
            r#"profile_set_name("Shop")"#.to_owned(),
            "Profile name updated",
            "Shop".to_owned(),
        ),
        (
            "/name",
            json!({ "name": "é".repeat(25) }),
            format!(r#"profile_set_name("{}")"#, "é".repeat(25)),
            "Profile name updated",
            "é".repeat(25),
        ),
        (
            "/status",
            json!({ "status": "é".repeat(139) }),
            format!(r#"profile_set_about("{}")"#, "é".repeat(139)),
            "Profile status updated",
            "é".repeat(139),
        ),
        (
            "/status",
            json!({ "status": "" }),
            r#"profile_set_about("")"#.to_owned(),
            "Profile status updated",
            String::new(),
        ),
    ] {
        let host = FakeHost::default();
        let expected =
            json!({ "status": true, "success": true, "message": message, "data": { "text": text } });
        assert_eq!(call(&host, "PUT", end, &body), (200, expected));
        assert_eq!(host.calls(), [called]);
    }
}

#[test]
fn the_picture_is_set_and_removed() {
    let host = FakeHost::default();
    host.will_download("https://example.com/a.png", "image/png", b"jpeg");
    for field in ["image", "file", "url"] {
        let handle = host.media_put(b"jpeg", "image/png", None).unwrap().handle;
        let file = json!({ "handle": handle, "mimeType": "image/png", "bytes": 4, "sha256": "00" });
        let body = match field {
            "url" => json!({ "url": "https://example.com/a.png" }),
            _ => json!({ "fields": {}, "files": { field: file } }),
        };
        let (status, answer) = call(&host, "PUT", "/picture", &body);
        assert_eq!(
            (status, &answer["message"]),
            (200, &json!("Profile picture updated")),
            "{field}"
        );
        let last = host.calls().pop().unwrap();
        assert_eq!(
            last,
            format!("profile_set_picture(Some({:?}))", b"jpeg".as_slice())
        );
    }
    let (status, answer) = call(&host, "DELETE", "/picture", &json!({}));
    assert_eq!(
        (status, &answer["message"]),
        (200, &json!("Profile picture removed"))
    );
    assert_eq!(host.calls().pop().as_deref(), Some("profile_set_picture(None)"));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    for (end, body, text) in [
        ("/name", json!({}), "Name is required"),
        ("/name", json!({ "name": "  " }), "Name is required"),
        ("/name", json!({ "name": 5 }), "Name is required"),
        (
            "/name",
            json!({ "name": "é".repeat(26) }),
            "Name must be 25 characters or less",
        ),
        ("/status", json!({}), "Status text is required"),
        ("/status", json!({ "status": null }), "Status text is required"),
        ("/status", json!({ "status": ["x"] }), "Status text is required"),
        (
            "/status",
            json!({ "status": "é".repeat(140) }),
            "Status text must be 139 characters or less",
        ),
        ("/picture", json!({}), "Image is required"),
        (
            "/picture",
            json!({ "fields": {}, "files": {} }),
            "Image is required",
        ),
    ] {
        let host = FakeHost::default();
        let (status, answer) = call(&host, "PUT", end, &body);
        assert_eq!(
            (status, answer["error"].as_str().unwrap()),
            (400, text),
            "{end} {body}"
        );
        assert_eq!(host.calls(), [""; 0]);
    }
}

#[test]
fn a_session_that_is_not_connected_is_a_503_in_the_contracts_words() {
    let host = FakeHost::default();
    for name in [
        "profile",
        "profile_set_name",
        "profile_set_about",
        "profile_set_picture",
    ] {
        host.refuse(name, HostError::unavailable("Session not ready"));
    }
    for (method, end, body) in [
        ("GET", "", json!({})),
        ("PUT", "/name", json!({ "name": "x" })),
        ("PUT", "/status", json!({ "status": "x" })),
        ("DELETE", "/picture", json!({})),
    ] {
        let (status, answer) = call(&host, method, end, &body);
        assert_eq!(
            (status, &answer["message"]),
            (503, &json!("WhatsApp instance not connected"))
        );
    }
    host.refuse("profile", HostError::unavailable("WhatsApp answered with 500"));
    assert_eq!(
        call(&host, "GET", "", &json!({})).1["message"],
        "WhatsApp answered with 500"
    );
}
