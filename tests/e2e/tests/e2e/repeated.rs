//! A send that is repeated under one `Idempotency-Key`: the phone gets one message.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use wagate_e2e::gateway::ADMIN_KEY;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(30);

struct Client {
    http: reqwest::Client,
}

impl Client {
    async fn send(&self, gateway: &Gateway, to: &str, key: &str, text: &str) -> (u16, bool, Value) {
        let answer = self
            .http
            .post(gateway.url(&format!("/api/messages/shop/{to}/send")))
            .header("X-API-Key", ADMIN_KEY)
            .header("Idempotency-Key", key)
            .json(&json!({ "message": { "text": text } }))
            .send()
            .await
            .expect("the gateway answers");
        let replayed = answer.headers().get("idempotency-replayed").is_some();
        let status = answer.status().as_u16();
        (status, replayed, answer.json().await.unwrap_or(Value::Null))
    }
}

/// The whole request, and then the connection is gone.
async fn send_and_hang_up(gateway: &Gateway, to: &str, key: &str, text: &str) {
    let url = gateway.url("");
    let address = url.strip_prefix("http://").expect("a URL");
    let mut stream = TcpStream::connect(address).await.expect("the gateway listens");
    let body = json!({ "message": { "text": text } }).to_string();
    let request = format!(
        "POST /api/messages/shop/{to}/send HTTP/1.1\r\nhost: {address}\r\nx-api-key: {ADMIN_KEY}\r\n\
         idempotency-key: {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream
        .write_all(request.as_bytes())
        .await
        .expect("the request is written");
}

#[tokio::test]
async fn a_send_repeated_over_killed_connections_arrives_once() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559401", "pn").await;
    let contact = network.phone("12025559402", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let client = Client {
        http: reqwest::Client::new(),
    };
    for _ in 0..5 {
        send_and_hang_up(&gateway, &contact.number, "order-1", "once").await;
    }
    // The first one may still be under way: 409, come again.
    let (replayed, answer) = eventually("the kept answer", SOON, async || {
        let (status, replayed, answer) = client.send(&gateway, &contact.number, "order-1", "once").await;
        assert!(status == 200 || status == 409, "{status} {answer}");
        (status == 200).then_some((replayed, answer))
    })
    .await;
    let id = answer["data"]["key"]["id"].as_str().expect("an id").to_owned();
    let (_, again, same) = client.send(&gateway, &contact.number, "order-1", "once").await;
    assert!(
        again && same == answer,
        "the same answer, whoever asked first: {replayed}"
    );
    let (status, _, refused) = client.send(&gateway, &contact.number, "order-1", "twice").await;
    assert_eq!(
        (status, &refused["code"]),
        (422, &json!("idempotency_key_reused"))
    );
    // Another key is another message.
    let (status, _, _) = client.send(&gateway, &contact.number, "order-2", "once").await;
    assert_eq!(status, 200);
    let got = contact.received(2).await;
    assert_eq!((got.len(), &got[0]["id"]), (2, &json!(id)));
    assert!(got.iter().all(|message| message["copies"] == 1));

    // Kept over a kill.
    gateway.kill();
    gateway.start_again();
    gateway.wait_status("shop", "CONNECTED").await;
    let (status, replayed, same) = client.send(&gateway, &contact.number, "order-1", "once").await;
    assert_eq!((status, replayed, &same), (200, true, &answer));
}

#[tokio::test]
async fn a_send_that_a_kill_cut_short_is_the_same_send_when_it_is_repeated() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559411", "pn").await;
    let contact = network.phone("12025559412", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let client = Client {
        http: reqwest::Client::new(),
    };
    for n in 0..5 {
        let (key, text) = (format!("cut-{n}"), format!("cut {n}"));
        send_and_hang_up(&gateway, &contact.number, &key, &text).await;
        // Somewhere between the request and its answer.
        tokio::time::sleep(Duration::from_millis(n * 4)).await;
        gateway.kill();
        gateway.start_again();
        gateway.wait_status("shop", "CONNECTED").await;
        let (status, _, answer) = client.send(&gateway, &contact.number, &key, &text).await;
        assert_eq!(status, 200, "{answer}");
    }
    let got = contact.received(5).await;
    let texts: Vec<&str> = got
        .iter()
        .map(|message| message["text"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(texts, ["cut 0", "cut 1", "cut 2", "cut 3", "cut 4"]);
}
