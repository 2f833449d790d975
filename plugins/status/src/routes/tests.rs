//! The routes over a host in memory.

use serde_json::{Value, json};
use wagate_plugin_api::testing::{FakeHost, request};
use wagate_plugin_api::{Body, Host as _, HostError, Plugin as _};

use crate::Status;

const ANN: &str = "12025550101@s.whatsapp.net";
const IMAGE: &str = "https://example.com/a.png";
const VIDEO: &str = "https://example.com/a.mp4";

fn host() -> FakeHost {
    let host = FakeHost::default();
    host.will_download(IMAGE, "image/png", b"png");
    host.will_download(VIDEO, "video/mp4", b"mp4");
    host
}

fn call_at(host: &FakeHost, route: &str, body: &Value) -> (u16, Value) {
    let mut request = request("POST", route, &[("sessionId", "shop")], Some(body));
    if body.get("files").is_some() {
        request.headers.push(("x-wagate-form".to_owned(), "1".to_owned()));
    }
    let answer = Status
        .handle_http(host, &request)
        .unwrap_or_else(|error| error.to_response());
    let Body::Text(text) = answer.body else {
        panic!("no text")
    };
    (answer.status, serde_json::from_str(&text).unwrap())
}

fn call(host: &FakeHost, body: &Value) -> (u16, Value) {
    call_at(host, "/api/status/{sessionId}/update", body)
}

fn text(words: &str, background: &str, font: &str) -> String {
    format!("status_send(Post::Text(({words:?}, {background}, {font})), []")
}

fn file(kind: &str, handle: &str, caption: &str) -> String {
    format!("status_send(Post::{kind}(({handle:?}, {caption})), []")
}

#[test]
fn a_post_leads_to_its_call() {
    let caption = r#"Some("hi")"#;
    for (body, called) in [
        (json!({ "content": "hi" }), text("hi", "None", "None")),
        (
            json!({ "text": "hi", "type": "text" }),
            text("hi", "None", "None"),
        ),
        (
            json!({ "content": "x".repeat(65_536) }),
            text(&"x".repeat(65_536), "None", "None"),
        ),
        (
            json!({ "content": "hi", "backgroundColor": 0, "font": 0 }),
            text("hi", r##"Some("#000000")"##, "Some(0)"),
        ),
        (
            json!({ "content": "hi", "backgroundColor": 4_280_184_399_u32, "font": 10 }),
            text("hi", r##"Some("#ff1e6e4f")"##, "Some(10)"),
        ),
        (
            json!({ "content": "hi", "backgroundColor": -1 }),
            text("hi", r##"Some("#ffffffff")"##, "None"),
        ),
        (
            json!({ "content": "hi", "backgroundColor": "#1E6E4F" }),
            text("hi", r##"Some("#1E6E4F")"##, "None"),
        ),
        (
            json!({ "content": "hi", "type": "IMAGE", "mediaUrl": IMAGE }),
            file("Image", "file-0001", caption),
        ),
        (
            json!({ "content": "hi", "type": "VIDEO", "mediaUrl": VIDEO }),
            file("Video", "file-0001", caption),
        ),
        (json!({ "image": IMAGE }), file("Image", "file-0001", "None")),
        (
            json!({ "text": "hi", "video": { "url": VIDEO } }),
            file("Video", "file-0001", caption),
        ),
    ] {
        let host = host();
        let (status, answer) = call(&host, &body);
        assert_eq!(
            (status, &answer["status"], &answer["message"]),
            (200, &json!(true), &json!("Operation successful"))
        );
        assert!(
            answer["data"]["id"].as_str().unwrap().starts_with("3EB0") && answer["data"]["text"].is_string()
        );
        assert_eq!(host.calls(), [format!("{called})")]);
        assert_eq!(host.handles(), [""; 0], "given up");
    }
}

#[test]
fn both_routes_and_recipients() {
    let body = json!({ "sessionId": "shop", "content": "hi", "mentions": ["+1 202 555 0101", ANN, "100000000000001@lid"] });
    for route in ["/api/status/{sessionId}/update", "/api/status/update"] {
        let host = host();
        assert_eq!(call_at(&host, route, &body).0, 200);
        let people = format!(r#"["{ANN}", "100000000000001@lid"])"#);
        assert!(host.calls()[0].ends_with(&people), "{:?}", host.calls());
    }
}

#[test]
fn a_form_has_the_file() {
    for (field, mime, fields, kind) in [
        (
            "file",
            "image/png",
            json!({ "content": "hi", "mentions": "12025550101, 12025550102" }),
            "Image",
        ),
        (
            "file",
            "video/mp4",
            json!({ "text": "hi", "mentions": format!("[\"{ANN}\"]") }),
            "Video",
        ),
        ("video", "video/mp4", json!({ "caption": "hi" }), "Video"),
    ] {
        let host = host();
        let handle = host.media_put(b"x", mime, None).unwrap().handle;
        let sent = json!({ "handle": handle, "mimeType": mime, "bytes": 1, "sha256": "00" });
        let (status, answer) = call(&host, &json!({ "fields": fields, "files": { field: sent } }));
        assert_eq!((status, &answer["data"]["text"]), (200, &json!("hi")), "{answer}");
        let began = format!(r#"status_send(Post::{kind}(("file-0001", Some("hi"))), ["#);
        assert!(host.calls()[0].starts_with(&began), "{:?}", host.calls());
        assert_eq!(host.handles(), [""; 0]);
    }
    let host = host();
    let words = json!({ "fields": { "content": "hi", "backgroundColor": "255", "font": "1" }, "files": {} });
    assert_eq!(call(&host, &words).0, 200);
    assert_eq!(
        host.calls(),
        [format!("{})", text("hi", r##"Some("#0000ff")"##, "Some(1)"))]
    );
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let missing = "Missing required fields";
    let colour = "backgroundColor: must be an ARGB number, or #rrggbb";
    let font = "font: must be a number from 0 to 10";
    let many: Vec<&str> = vec![ANN; 5001];
    for (body, text) in [
        (json!({}), missing),
        (json!({ "content": " " }), missing),
        (json!({ "content": 5 }), missing),
        (json!({ "type": "IMAGE", "mediaUrl": IMAGE }), missing),
        (json!({ "type": "TEXT", "image": IMAGE }), missing),
        (
            json!({ "content": "x".repeat(65_537) }),
            "content: at most 65536 characters",
        ),
        (
            json!({ "content": "hi", "type": "IMAGE" }),
            "Media URL required for image status",
        ),
        (
            json!({ "content": "hi", "type": "VIDEO", "mediaUrl": "" }),
            "Media URL required for video status",
        ),
        (
            json!({ "content": "hi", "type": "IMAGE", "mediaUrl": 5 }),
            "mediaUrl: invalid type: integer `5`, expected a string",
        ),
        (
            json!({ "content": "hi", "type": "IMAGE", "mediaUrl": VIDEO }),
            "mediaUrl: must lead to a file of type image, not video/mp4",
        ),
        (json!({ "content": "hi", "type": "AUDIO" }), "Invalid status type"),
        (json!({ "content": "hi", "type": 5 }), "Invalid status type"),
        (
            json!({ "content": "hi", "backgroundColor": 4_294_967_296_u64 }),
            colour,
        ),
        (json!({ "content": "hi", "backgroundColor": "red" }), colour),
        (json!({ "content": "hi", "backgroundColor": [1] }), colour),
        (json!({ "content": "hi", "font": 11 }), font),
        (json!({ "content": "hi", "font": "one" }), font),
        (
            json!({ "content": "hi", "mentions": 5 }),
            "mentions: must be a list of phone numbers or JIDs",
        ),
        (
            json!({ "content": "hi", "mentions": [5] }),
            "mentions[0]: must be a string",
        ),
        (
            json!({ "content": "hi", "mentions": [ANN, "1@g.us"] }),
            "mentions[1]: must be a person, not a group",
        ),
        (
            json!({ "content": "hi", "mentions": many }),
            "mentions: at most 5000 people",
        ),
    ] {
        let host = host();
        let (status, answer) = call(&host, &body);
        assert_eq!((status, answer["error"].as_str().unwrap()), (400, text));
        assert_eq!((host.calls(), host.handles()), (Vec::new(), Vec::new()));
    }
}

#[test]
fn what_is_wrong_in_a_form_is_named() {
    let file = json!({ "handle": "h", "mimeType": "image/png", "bytes": 1, "sha256": "00" });
    for (fields, files, said) in [
        (
            json!({ "content": "hi", "file": "x" }),
            json!({}),
            "file: must be a file, not text",
        ),
        (
            json!({ "content": "hi", "media": "x" }),
            json!({}),
            "media: must be a file, not text",
        ),
        (
            json!({}),
            json!({ "file": file, "content": file }),
            "content: must be text, not a file",
        ),
        (
            json!({ "content": "hi" }),
            json!({ "font": file }),
            "font: must be text, not a file",
        ),
        (
            json!({ "content": "hi", "type": "TEXT" }),
            json!({ "file": file }),
            "type: must be IMAGE or VIDEO where there is a file",
        ),
        (
            json!({ "content": "hi", "font": "one" }),
            json!({}),
            "font: must be a number from 0 to 10",
        ),
    ] {
        let host = host();
        let (status, answer) = call(&host, &json!({ "fields": fields, "files": files }));
        assert_eq!((status, answer["error"].as_str().unwrap()), (400, said));
        assert_eq!(host.calls(), [""; 0]);
    }
}

#[test]
fn a_refusal_of_the_host_gives_the_file_up_too() {
    for (error, status) in [
        (HostError::unavailable("Session not ready"), 503),
        (HostError::Conflict("nobody to post to".to_owned()), 409),
    ] {
        let host = host();
        host.refuse("status_send", error);
        assert_eq!(call(&host, &json!({ "image": IMAGE })).0, status);
        assert_eq!(host.handles(), [""; 0]);
    }
}
