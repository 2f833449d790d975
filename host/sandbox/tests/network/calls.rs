//! Calls, as far as ringing goes.

use std::time::Duration;

use serde_json::json;
use whatsapp_rust::Jid;

use crate::support::{ANN, BOB, Client, Seen, TestNetwork};

async fn call(network: &TestNetwork, body: serde_json::Value) -> String {
    let (status, answer) = network.post(&format!("/phones/{BOB}/calls"), &body).await;
    assert_eq!(status, 201, "{answer}");
    answer["id"].as_str().unwrap().to_owned()
}

async fn rang(client: &Client, id: &str, wanted: &str) -> (Jid, Jid) {
    client
        .wait(|seen| {
            seen.iter().find_map(|one| match one {
                Seen::Call {
                    from,
                    creator,
                    id: got,
                    what,
                } if got == id && *what == wanted => Some((from.clone(), creator.clone())),
                _ => None,
            })
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_rejects_a_call() {
    for addressing in ["pn", "lid"] {
        let network = TestNetwork::with_phones(addressing).await;
        let ann = network.linked(ANN).await;
        let other = network.linked(ANN).await;
        let id = call(&network, json!({ "to": ANN, "video": true })).await;
        let (from, creator) = rang(&ann, &id, "video").await;
        rang(&other, &id, "video").await;
        assert_eq!(from.is_lid(), addressing == "lid");
        let signal = network.signal(ANN, "call", "offer").await;
        assert_eq!(
            (signal["from"].as_str(), signal["id"].as_str()),
            (Some(BOB), Some(id.as_str()))
        );
        ann.client()
            .voip()
            .reject_call(&id, &from, &creator)
            .await
            .unwrap();
        network.signal(BOB, "call", "reject").await;
        // Her other device stops ringing.
        rang(&other, &id, "terminate").await;
        let path = format!("/phones/{BOB}/calls/{id}/hangup");
        let (status, _) = network.post(&path, &json!({})).await;
        assert_eq!(status, 404, "it has ended");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_nobody_takes_ends() {
    let network = TestNetwork::with_phones("pn").await;
    let ann = network.linked(ANN).await;
    let id = call(&network, json!({ "to": ANN, "ringMs": 50 })).await;
    rang(&ann, &id, "offer").await;
    rang(&ann, &id, "terminate").await;
    let id = call(&network, json!({ "to": ANN })).await;
    rang(&ann, &id, "offer").await;
    let path = format!("/phones/{BOB}/calls/{id}/hangup");
    let (status, _) = network.post(&path, &json!({})).await;
    assert_eq!(status, 204);
    rang(&ann, &id, "terminate").await;
    network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_to_a_device_that_is_away_is_missed() {
    let network = TestNetwork::with_phones("lid").await;
    let backend = network.linked(ANN).await.stop().await;
    network
        .state(|state| state["phones"][0]["devices"][0]["connected"] == false)
        .await;
    let id = call(&network, json!({ "to": ANN, "ringMs": 1 })).await;
    tokio::time::timeout(Duration::from_secs(10), network.signal(ANN, "call", "terminate"))
        .await
        .unwrap();
    let ann = Client::start(&network.network, backend, None).await;
    ann.saw(&Seen::MissedCall(id)).await;
    network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
}
