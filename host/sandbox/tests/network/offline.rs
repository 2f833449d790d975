//! What happens to messages while a device is away.

use std::collections::HashSet;

use crate::support::{ANN, BOB, Client, Seen, TestNetwork};

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_of_more_than_a_page_arrives_once_and_in_order() {
    const COUNT: usize = 250;
    let network = TestNetwork::with_phones("lid").await;
    let client = network.linked(ANN).await;
    network.write(BOB, ANN, "before").await;
    client.texts(1).await;
    network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
    let backend = client.stop().await;
    network
        .state(|state| state["phones"][0]["devices"][0]["connected"] == false)
        .await;

    for number in 0..COUNT {
        network.write(BOB, ANN, &format!("message {number}")).await;
    }
    let state = network.get("/state").await;
    assert_eq!(state["phones"][0]["devices"][0]["queued"], COUNT);

    let client = Client::start(&network.network, backend, None).await;
    client.connected().await;
    let texts = client.texts(COUNT).await;
    let expected: Vec<String> = (0..COUNT).map(|number| format!("message {number}")).collect();
    assert_eq!(texts, expected);
    assert!(
        client
            .seen()
            .iter()
            .all(|one| !matches!(one, Seen::Text { offline: false, .. }))
    );
    let state = network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
    // After pairing a client sometimes logs in twice, so logins are not counted exactly.
    assert_ne!(
        state["counters"]["resumed"], 0,
        "the later login is resumed by IK: {state}"
    );
    assert_eq!(client.texts(COUNT).await.len(), COUNT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_to_a_device_that_is_away_comes_before_live_ones() {
    let network = TestNetwork::with_phones("pn").await;
    let backend = network.linked(ANN).await.stop().await;
    network
        .state(|state| state["phones"][0]["devices"][0]["connected"] == false)
        .await;
    for number in 0..5 {
        network.write(BOB, ANN, &format!("{number}")).await;
    }
    let client = Client::start(&network.network, backend, None).await;
    for number in 5..10 {
        network.write(BOB, ANN, &format!("{number}")).await;
    }
    let texts = client.texts(10).await;
    assert_eq!(
        texts,
        (0..10).map(|number| number.to_string()).collect::<Vec<_>>()
    );
    let ids: HashSet<String> = client
        .seen()
        .into_iter()
        .filter_map(|one| match one {
            Seen::Text { id, .. } => Some(id),
            _ => None,
        })
        .collect();
    assert_eq!(ids.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_wait_for_a_device_that_is_away() {
    let network = TestNetwork::with_phones("pn").await;
    let client = network.linked(ANN).await;
    let id = client.send(BOB, "read me").await;
    network.inbox(BOB, 1).await;
    network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
    let backend = client.stop().await;
    network
        .state(|state| state["phones"][0]["devices"][0]["connected"] == false)
        .await;
    network
        .post(&format!("/phones/{BOB}/read"), &serde_json::json!({}))
        .await;
    let client = Client::start(&network.network, backend, None).await;
    client
        .receipt(&id, &wacore::types::presence::ReceiptType::Read)
        .await;
    network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
}
