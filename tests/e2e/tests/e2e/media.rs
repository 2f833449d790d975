//! Files of messages, over the sandbox's media host: they arrive, are kept, are asked for again.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use wagate_e2e::gateway::ADMIN_KEY;
use wagate_e2e::network::Phone;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(30);
const SHIPPED: &str = "download = \"eager\"";
const LAZY: &str = "download = \"lazy\"";

/// The plain letters of base64, without a crate for it.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let mut group = [0; 3];
        group[..chunk.len()].copy_from_slice(chunk);
        let number = u32::from_be_bytes([0, group[0], group[1], group[2]]);
        for place in 0..4 {
            if place <= chunk.len() {
                text.push(char::from(LETTERS[(number >> (18 - 6 * place) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// A PNG in name, and enough after it to be read in parts.
fn picture(seed: u8) -> Vec<u8> {
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0"
        .iter()
        .copied();
    head.chain((0..=250_u8).cycle().take(50_000).map(|byte| byte ^ seed))
        .collect()
}

async fn fetch(gateway: &Gateway, url: &str, range: Option<&str>) -> (u16, HeaderMap, Vec<u8>) {
    let mut request = reqwest::Client::new()
        .get(gateway.url(url))
        .header("X-API-Key", ADMIN_KEY);
    if let Some(range) = range {
        request = request.header("Range", range);
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, headers, answer.bytes().await.unwrap().to_vec())
}

/// The URL that the event of a message tells.
async fn url_of(gateway: &Gateway, id: &str) -> String {
    eventually(&format!("{id} is told"), SOON, async || {
        let events = gateway.events("message.received").await;
        let event = events.iter().find(|event| event["key"]["id"] == id)?;
        event["fileUrl"].as_str().map(str::to_owned)
    })
    .await
}

async fn send_picture(
    gateway: &Gateway,
    from: &Phone<'_>,
    to: &Phone<'_>,
    content: &[u8],
) -> (String, String) {
    let content = json!({
        "type": "image", "data": base64(content), "mimetype": "image/jpeg", "caption": "look",
    });
    let id = from.send(&to.jid, content, None).await;
    let url = url_of(gateway, &id).await;
    (id, url)
}

async fn listed(gateway: &Gateway) -> Vec<Value> {
    gateway.get("/api/media").await["data"]["files"]
        .as_array()
        .unwrap()
        .clone()
}

#[tokio::test]
async fn a_picture_is_downloaded_kept_served_and_deleted() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025550101", "pn").await;
    let friend = network.phone("12025550102", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let content = picture(0);
    let (id, url) = send_picture(&gateway, &friend, &owner, &content).await;
    assert!(url.starts_with(&format!("/api/media/shop-{id}_")), "{url}");

    let file = eventually("the file is there", SOON, async || {
        listed(&gateway).await.into_iter().next()
    })
    .await;
    assert_eq!(
        (&file["url"], &file["size"]),
        (&json!(url), &json!(content.len()))
    );
    assert_eq!(
        (&file["mimeType"], &file["type"]),
        (&json!("image/png"), &json!("image")),
        "by its content"
    );
    assert_eq!(
        (&file["sessionId"], &file["from"]),
        (&json!("shop"), &json!(friend.jid))
    );
    assert_eq!((&file["fromMe"], &file["messageId"]), (&json!(false), &json!(id)));

    let (status, headers, body) = fetch(&gateway, &url, None).await;
    assert_eq!((status, &body), (200, &content));
    assert_eq!(headers["content-type"], "image/png");
    assert_eq!(headers["cache-control"], "private, max-age=3600");
    assert_eq!(headers["vary"], "cookie, x-api-key");
    let (status, headers, body) = fetch(&gateway, &url, Some("bytes=40000-")).await;
    assert_eq!((status, &body[..]), (206, &content[40_000..]));
    let length = content.len();
    assert_eq!(
        headers["content-range"],
        format!("bytes 40000-{}/{length}", length - 1)
    );
    // Nobody without a key.
    let answer = reqwest::get(gateway.url(&url)).await.unwrap();
    assert_eq!(answer.status(), 401);

    let name = file["name"].as_str().unwrap();
    let body = json!({ "filenames": [name, "shop-none_00000000.jpg"] });
    let (status, answer) = gateway.call(Method::DELETE, "/api/media", Some(body)).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(
        (&answer["data"]["deleted"], &answer["data"]["failed"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        answer["data"]["errors"],
        json!(["Not found: shop-none_00000000.jpg"])
    );
    assert_eq!(fetch(&gateway, &url, None).await.0, 404);
    assert!(listed(&gateway).await.is_empty());
}

#[tokio::test]
async fn what_expired_is_asked_for_again_and_what_is_lost_is_not_there() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025550111", "pn").await;
    let friend = network.phone("12025550112", "lid").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.set("wagate.toml", SHIPPED, LAZY);
    gateway.terminate();
    gateway.start_again();
    gateway.pair("shop", &owner).await;

    let content = picture(1);
    let (id, url) = send_picture(&gateway, &friend, &owner, &content).await;
    assert!(listed(&gateway).await.is_empty(), "nobody has asked yet");
    let expiry = json!({ "phone": "12025550112", "message": id, "status": 410 });
    network.tell("/media/expire", &expiry).await;
    let (status, _, body) = fetch(&gateway, &url, None).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    assert_eq!(body, content, "uploaded again by a phone");
    assert_eq!(listed(&gateway).await.len(), 1);

    let (id, url) = send_picture(&gateway, &friend, &owner, &picture(2)).await;
    let expiry = json!({ "phone": "12025550112", "message": id, "status": 404, "lost": true });
    network.tell("/media/expire", &expiry).await;
    let (status, _, body) = fetch(&gateway, &url, None).await;
    assert_eq!(status, 404, "{}", String::from_utf8_lossy(&body));
    // Kept over a restart, and gone with its session.
    gateway.terminate();
    gateway.start_again();
    assert_eq!(listed(&gateway).await.len(), 1);
    let (status, _) = gateway
        .call(Method::DELETE, "/api/sessions/shop/settings", None)
        .await;
    assert_eq!(status, 200);
    let left: Vec<_> = std::fs::read_dir(gateway.data_dir().join("media"))
        .unwrap()
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_sender_chooses_no_path() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025550121", "pn").await;
    let friend = network.phone("12025550122", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let content = json!({
        "type": "document", "data": base64(b"<html><script>alert(1)</script></html>"),
        "mimetype": "text/../../html", "fileName": "../../../evil\u{202e}fdp.html",
    });
    let id = "../../../secret";
    friend.send(&owner.jid, content, Some(id)).await;
    let url = url_of(&gateway, id).await;
    assert!(
        url.starts_with("/api/media/shop-secret_") && !url.contains(".."),
        "{url}"
    );
    eventually("the file is there", SOON, async || {
        (listed(&gateway).await.len() == 1).then_some(())
    })
    .await;
    let (status, headers, _) = fetch(&gateway, &url, None).await;
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "application/octet-stream");
    assert_eq!(
        headers["content-disposition"],
        "attachment; filename=\"evilfdp.html\""
    );
    let sessions: Vec<_> = std::fs::read_dir(gateway.data_dir().join("media"))
        .unwrap()
        .collect();
    assert_eq!(sessions.len(), 1, "one directory of one session");
}
