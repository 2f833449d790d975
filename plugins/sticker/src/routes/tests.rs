//! The route over a host in memory.

use serde_json::{Value, json};
use wagate_plugin_api::http::Answer;
use wagate_plugin_api::media::Dimensions;
use wagate_plugin_api::messages::Content;
use wagate_plugin_api::testing::{FakeHost, request};
use wagate_plugin_api::{Body, Host as _, HostError, Plugin, Request};

use crate::Stickers;
use crate::settings::Settings;

const ROUTE: &str = "/api/messages/{sessionId}/{jid}/sticker";
const FRIEND: &str = "12025550100@s.whatsapp.net";
const URL: &str = "https://a.example/cat.png";

fn answer(host: &FakeHost, request: &Request) -> (u16, Value) {
    let plugin = Stickers::new(Settings::default(), host).unwrap();
    let response = plugin
        .handle_http(host, request)
        .unwrap_or_else(|error| error.to_response());
    let Body::Text(text) = response.body else {
        panic!("no text")
    };
    (response.status, serde_json::from_str(&text).unwrap())
}

fn json_request(body: &Value) -> Request {
    request(
        "POST",
        ROUTE,
        &[("sessionId", "shop"), ("jid", FRIEND)],
        Some(body),
    )
}

fn post(host: &FakeHost, body: &Value) -> (u16, Value) {
    answer(host, &json_request(body))
}

/// As the host hands a form over.
fn upload(host: &FakeHost, mime_type: &str, fields: &Value) -> (u16, Value) {
    let info = host.media_put(b"picture", mime_type, None).unwrap();
    let file =
        json!({ "handle": info.handle, "mimeType": mime_type, "fileName": null, "bytes": 7, "sha256": "00" });
    let mut request = json_request(&json!({ "fields": fields, "files": { "file": file } }));
    request.headers.push(("x-wagate-form".to_owned(), "1".to_owned()));
    request.ext.push(("user.name".to_owned(), "Alice".to_owned()));
    answer(host, &request)
}

/// The arguments of the recipe that was asked for.
fn recipe(host: &FakeHost) -> Value {
    let call = host.calls().pop().unwrap();
    let arguments = call.split_once("(\"sticker\", ").unwrap().1;
    let text: String = serde_json::from_str(arguments.trim_end_matches([')', ' '])).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn bot(config: &Value) -> FakeHost {
    let mut host = FakeHost::default();
    host.documents_of.push(("bot".to_owned(), config.to_string()));
    host.will_download(URL, "image/png", b"picture");
    host
}

fn lasts(seconds: u64, frames: u32) -> Dimensions {
    Dimensions {
        width: 640,
        height: 480,
        frames,
        duration_ms: Some(seconds * 1000),
        ext: Vec::new(),
    }
}

#[test]
fn a_file_of_a_form_becomes_a_sticker() {
    let host = FakeHost::default();
    let fields =
        json!({ "type": "circle", "quality": "15", "pack": "Cats", "emojis": "🐻, 🐱", "packId": "cats.1" });
    let (status, made) = upload(&host, "image/png", &fields);
    assert_eq!(
        (status, &made["message"], &made["success"]),
        (200, &json!("Operation successful"), &json!(true))
    );
    assert!(made["data"]["key"]["id"].is_string());
    assert_eq!(
        recipe(&host),
        json!({ "shape": "CIRCLE", "quality": 15, "pack": "Cats", "packId": "cats.1", "author": "Alice", "emojis": ["🐻", "🐱"] })
    );
    let sent = host.contents();
    assert!(matches!(&sent[0].content, Content::Sticker(_)));
    assert_eq!(sent[0].to, FRIEND);
    assert!(host.handles().is_empty(), "no file is left behind");

    upload(
        &host,
        "image/gif",
        &json!({ "type": "image", "caption": "Hello" }),
    );
    assert_eq!(
        recipe(&host),
        json!({ "shape": "FULL", "quality": 50, "pack": "WA-AKG", "packId": "", "author": "Alice", "emojis": [] })
    );
}

#[test]
fn an_address_in_json_does_as_well() {
    let host = bot(&json!({}));
    let (status, _) = post(
        &host,
        &json!({ "url": URL, "pack": "P", "author": "A", "quality": 100, "type": "CROP" }),
    );
    assert_eq!(status, 200);
    let made = recipe(&host);
    assert_eq!(
        (&made["author"], &made["shape"], &made["quality"]),
        (&json!("A"), &json!("CROP"), &json!(100))
    );
    assert_eq!(post(&host, &json!({ "url": "https://a.example/none" })).0, 404);
}

#[test]
fn refusals_name_the_field_and_its_limit() {
    let host = bot(&json!({}));
    let long = "x".repeat(129);
    for (field, value, text) in [
        ("url", json!(""), "file is required"),
        ("url", json!("file:///etc/passwd"), "url: must be an http"),
        ("url", json!(5), "url: invalid type"),
        ("type", json!("star"), "type: must be full, crop or circle"),
        (
            "quality",
            json!(0),
            "quality: must be a whole number from 1 to 100",
        ),
        ("quality", json!(101), "quality: must be"),
        ("quality", json!("much"), "quality: must be"),
        ("quality", json!(1.5), "quality: must be"),
        ("pack", json!(long), "pack: at most 128"),
        ("author", json!("a\u{0}b"), "author: at most 128"),
        ("packId", json!(long), "packId: at most 128"),
        ("nobg", json!("maybe"), "nobg: must be true or false"),
        ("emojis", json!(vec!["x"; 9]), "emojis: a list of at most 8"),
        ("emojis", json!([5]), "emojis: a list"),
    ] {
        let mut body = json!({ "url": URL });
        body[field] = value;
        let (status, answer) = post(&host, &body);
        assert_eq!(status, 400, "{field}: {answer}");
        assert!(answer["error"].as_str().unwrap().starts_with(text), "{answer}");
    }
    assert_eq!(post(&host, &json!({})).1["error"], "file is required");
    let body = json!({ "url": URL });
    let nobody = request(
        "POST",
        ROUTE,
        &[("sessionId", "shop"), ("jid", "nobody")],
        Some(&body),
    );
    assert_eq!(answer(&host, &nobody).0, 400);
    assert!(host.calls().is_empty() && host.handles().is_empty());
}

#[test]
fn nothing_is_made_for_a_session_that_is_not_connected() {
    let mut host = bot(&json!({}));
    host.session_status = Some("SCAN_QR".to_owned());
    assert_eq!(post(&host, &json!({})).0, 400, "the body is checked first");
    let (status, answer) = post(&host, &json!({ "url": URL }));
    assert_eq!((status, &answer["error"]), (503, &json!("Session not ready")));
    assert!(host.calls().is_empty());
}

#[test]
fn videos_are_made_as_the_session_allows() {
    let mut host = bot(&json!({ "enableVideoSticker": true, "maxStickerDuration": 5 }));
    host.dimensions = Some(lasts(5, 60));
    assert_eq!(upload(&host, "video/mp4", &json!({})).0, 200);
    let (status, _) = upload(&host, "video/mp4", &json!({ "nobg": "true" }));
    assert_eq!(status, 400);
    host.dimensions = Some(lasts(6, 60));
    for moving in ["video/mp4", "image/gif"] {
        let (status, answer) = upload(&host, moving, &json!({}));
        assert_eq!(status, 400, "{answer}");
        assert!(
            answer["error"]
                .as_str()
                .unwrap()
                .contains("5 seconds (maxStickerDuration)")
        );
    }
    host.dimensions = Some(lasts(1, 12));
    let no_ffmpeg = HostError::unavailable("a sticker of a video needs ffmpeg");
    host.refuse("media_transcode", no_ffmpeg.clone());
    assert_eq!(upload(&host, "video/mp4", &json!({})).0, 422);
    assert_eq!(upload(&host, "image/png", &json!({})).0, 503);

    let mut host = bot(&json!({ "enableVideoSticker": false }));
    host.dimensions = Some(lasts(1, 12));
    let (status, answer) = upload(&host, "video/mp4", &json!({}));
    assert_eq!(status, 422);
    assert!(answer["error"].as_str().unwrap().contains("enableVideoSticker"));
    assert_eq!(upload(&host, "image/gif", &json!({})).0, 200);
}

#[test]
fn the_background_is_taken_away_with_the_sessions_key() {
    let says = |status: u16, body: &[u8]| Answer {
        status,
        headers: Vec::new(),
        body: body.to_vec(),
        url: String::new(),
        ext: Vec::new(),
    };
    let nobg = json!({ "url": URL, "nobg": true });
    let host = bot(&json!({ "removeBgApiKey": null }));
    assert_eq!(post(&host, &nobg).0, 422);
    assert!(host.requests().is_empty());

    let host = bot(&json!({ "removeBgApiKey": "key" }));
    host.will_answer(Ok(says(200, b"cut out")));
    assert_eq!(post(&host, &nobg).0, 200);
    let asked = host.requests().remove(0);
    assert_eq!(
        (asked.method.as_str(), asked.url.as_str()),
        ("POST", "https://api.remove.bg/v1.0/removebg")
    );
    assert!(
        asked
            .headers
            .contains(&("x-api-key".to_owned(), "key".to_owned()))
    );
    let body = String::from_utf8(asked.body).unwrap();
    assert!(body.contains("\r\n\r\npicture\r\n--"), "{body}");
    assert!(host.handles().is_empty());

    for (answered, status) in [(400, 422), (402, 409), (403, 409), (429, 503), (500, 503)] {
        host.will_answer(Ok(says(
            answered,
            br#"{"errors":[{"title":"Insufficient credits"}]}"#,
        )));
        let (got, answer) = post(&host, &nobg);
        assert_eq!(got, status, "{answer}");
        let text = format!("nobg: remove.bg answered {answered}: Insufficient credits");
        assert_eq!(answer["error"], *text);
    }
    assert_eq!(host.contents().len(), 1);
}
