//! Sends that wait for the connection, and sends that are refused, as REST clients see them.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use wagate_e2e::gateway::ADMIN_KEY;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(60);
/// How long the network is out of reach.
const DOWN_MS: u64 = 6_000;

/// Status, a header, body.
async fn send(
    gateway: &Gateway,
    to: &str,
    query: &str,
    text: &str,
    header: &str,
) -> (StatusCode, Option<String>, Value) {
    let answer = reqwest::Client::new()
        .post(gateway.url(&format!("/api/messages/shop/{to}/send{query}")))
        .header("X-API-Key", ADMIN_KEY)
        .json(&json!({ "message": { "text": text } }))
        .send()
        .await
        .expect("the gateway answers");
    let status = answer.status();
    let value = answer
        .headers()
        .get(header)
        .map(|value| value.to_str().expect("text").to_owned());
    (status, value, answer.json().await.unwrap_or(Value::Null))
}

async fn state_of(gateway: &Gateway, id: &str) -> Value {
    gateway.get(&format!("/api/sessions/shop/sends/{id}")).await["data"].clone()
}

#[tokio::test]
async fn what_waits_survives_a_kill_and_arrives_in_order() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559501", "pn").await;
    let contact = network.phone("12025559502", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    network.tell("/restart", &json!({ "downMs": DOWN_MS })).await;
    gateway.wait_status("shop", "CONNECTING").await;

    let to = &contact.number;
    let (status, ..) = send(&gateway, to, "", "not to wait", "x").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    let (status, ..) = send(&gateway, to, "?queue=for-ever", "odd", "x").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let mut ids = Vec::new();
    for n in 0..5 {
        let (status, until, answer) = send(
            &gateway,
            to,
            "?queue=true",
            &format!("waits {n}"),
            "x-wagate-queued-until",
        )
        .await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        assert!(until.is_some(), "{answer}");
        let id = answer["data"]["key"]["id"].as_str().expect("an id").to_owned();
        let state = state_of(&gateway, &id).await;
        assert_eq!(
            (&state["state"], &state["expiresAt"]),
            (&json!("queued"), &json!(until))
        );
        ids.push(id);
    }
    gateway.kill();
    gateway.start_again();
    let got = contact.received(5).await;
    let arrived: Vec<&str> = got
        .iter()
        .map(|message| message["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(arrived, ids);
    for id in &ids {
        eventually("it is known to be sent", SOON, async || {
            (state_of(&gateway, id).await["state"] == "sent").then_some(())
        })
        .await;
    }
    let told = eventually("each is told", SOON, async || {
        let told = gateway.events("message.sent").await;
        (told.len() == ids.len()).then_some(told)
    })
    .await;
    assert!(told.iter().all(|data| data["origin"] == "api"), "{told:?}");
    let (status, body) = gateway
        .call(Method::GET, "/api/sessions/shop/sends/nothing", None)
        .await;
    assert_eq!((status, &body["code"]), (404, &json!("send_not_found")));
}

#[tokio::test]
async fn a_refusal_of_whatsapp_has_a_code() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559511", "pn").await;
    let contact = network.phone("12025559512", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    for (number, status, code) in [
        (463, 409, Some("reach_out_timelock")),
        (479, 409, Some("message_refused")),
        (403, 409, Some("recipient_refused")),
        (429, 429, Some("rate_limited")),
        (599, 409, Some("rejected")),
    ] {
        let fault = json!({ "action": "nack", "code": number, "number": owner.number });
        network.tell("/faults", &fault).await;
        let (found, retry, body) = send(&gateway, &contact.number, "", "hi", "retry-after").await;
        assert_eq!(found.as_u16(), status, "{number}: {body}");
        assert_eq!(body["code"].as_str(), code, "{number}: {body}");
        assert_eq!(retry.is_some(), status == 429, "{number}");
        assert_eq!(body["status"], false);
    }
    let failed = eventually("the failures are told", SOON, async || {
        let told = gateway.events("message.status").await;
        let failed: Vec<Value> = told
            .into_iter()
            .filter(|data| data["status"] == "FAILED")
            .collect();
        (failed.len() == 5).then_some(failed)
    })
    .await;
    let state = state_of(&gateway, failed[0]["keyId"].as_str().expect("an id")).await;
    assert_eq!(
        (&state["state"], &state["error"]["code"]),
        (&json!("not_sent"), &json!("reach_out_timelock"))
    );
}
