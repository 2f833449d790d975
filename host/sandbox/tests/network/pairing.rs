//! Linking a device, by QR code and by pair code.

use std::sync::Arc;

use serde_json::json;
use whatsapp_rust::wacore::store::InMemoryBackend;

use crate::support::{ANN, Client, Seen, TestNetwork};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_linked_by_qr_code_and_gets_its_push_name() {
    for addressing in ["pn", "lid"] {
        let network = TestNetwork::with_phones(addressing).await;
        let client = network.linked(ANN).await;
        client.saw(&Seen::PushName("Ann".to_owned())).await;
        let state = network
            .state(|state| state["phones"][0]["devices"][0]["live"] == true)
            .await;
        let device = &state["phones"][0]["devices"][0];
        assert_eq!(device["linked"], true);
        assert!(device["prekeysLeft"].as_u64().unwrap() > 700, "{device}");
        network.network.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_linked_by_pair_code() {
    let network = TestNetwork::with_phones("lid").await;
    let client = Client::start(&network.network, Arc::new(InMemoryBackend::new()), Some(ANN)).await;
    let code = client
        .wait(|seen| {
            seen.iter().find_map(|one| match one {
                Seen::PairCode(code) => Some(code.clone()),
                _ => None,
            })
        })
        .await;
    let path = format!("/phones/{ANN}/link-code");
    let (status, linked) = network.post(&path, &json!({ "code": code })).await;
    assert_eq!(status, 200, "{linked}");
    assert_eq!(linked["device"], 1);
    client.connected().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_nobody_shows_is_refused() {
    let network = TestNetwork::with_phones("pn").await;
    let (status, answer) = network
        .post(
            &format!("/phones/{ANN}/link-code"),
            &json!({ "code": "ABCD-1234" }),
        )
        .await;
    assert_eq!(status, 404, "{answer}");
    let (status, answer) = network
        .post(&format!("/phones/{ANN}/scan"), &json!({ "qr": "1,2" }))
        .await;
    assert_eq!((status, answer["field"].as_str()), (400, Some("qr")), "{answer}");
}
