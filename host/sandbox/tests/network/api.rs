//! The control API and the network's own rules.

use std::time::Instant;

use serde_json::json;
use wagate_sandbox::{MediaOptions, Network, NetworkOptions, SandboxError};

use crate::support::{ANN, BOB, TestNetwork};

#[tokio::test(flavor = "multi_thread")]
async fn only_loopback_is_served() {
    let options = NetworkOptions {
        listen: "0.0.0.0:0".parse().unwrap(),
        control: "127.0.0.1:0".parse().unwrap(),
        data_dir: None,
        media: MediaOptions::default(),
    };
    let refused = Network::start(options).await.unwrap_err();
    assert!(
        matches!(refused, SandboxError::NotLoopback { what: "listen", .. }),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_phone_is_refused_by_field() {
    let network = TestNetwork::with_phones("pn").await;
    let cases = [
        (json!({ "name": "x" }), 400, "number"),
        (json!({ "number": "+1555", "name": "x" }), 400, "number"),
        (json!({ "number": 15_550_001_009_u64 }), 400, "number"),
        (
            json!({ "number": "15550001009", "addressing": "both" }),
            400,
            "addressing",
        ),
    ];
    for (body, status, field) in cases {
        let (got, answer) = network.post("/phones", &body).await;
        assert_eq!(
            (got, answer["field"].as_str()),
            (status, Some(field)),
            "{body} -> {answer}"
        );
        assert!(answer["error"].as_str().unwrap().contains(field));
    }
    let (status, _) = network
        .post("/phones", &json!({ "number": ANN, "name": "again" }))
        .await;
    assert_eq!(status, 409);
    let (status, answer) = network
        .post("/phones/999/messages", &json!({ "to": ANN, "text": "x" }))
        .await;
    assert_eq!(status, 404, "{answer}");
    let (status, answer) = network
        .post(
            &format!("/phones/{ANN}/messages"),
            &json!({ "to": "15550009999", "text": "x" }),
        )
        .await;
    assert_eq!((status, answer["field"].as_str()), (400, Some("to")), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_writes_a_series_by_itself() {
    let network = TestNetwork::with_phones("pn").await;
    let path = format!("/phones/{BOB}/messages");
    let series = |repeat| json!({ "to": ANN, "text": "load {n}", "repeat": repeat });
    let (status, first) = network
        .post(&path, &series(json!({ "times": 50, "everyMs": 1 })))
        .await;
    assert_eq!((status, first["text"].as_str()), (201, Some("load 1")), "{first}");
    let inbox = network.inbox(ANN, 50).await;
    for (place, message) in inbox.iter().enumerate() {
        assert_eq!(message["text"], format!("load {}", place + 1));
    }
    assert_eq!(inbox.len(), 50);

    let cases = [
        (series(json!({ "times": 0, "everyMs": 1 })), "repeat.times"),
        (series(json!({ "times": 100_001, "everyMs": 1 })), "repeat.times"),
        (series(json!({ "times": 2, "everyMs": 0 })), "repeat.everyMs"),
        (series(json!({ "times": 2 })), "repeat"),
        (series(json!(3)), "repeat"),
        (
            json!({ "to": ANN, "text": "x", "id": "A", "repeat": { "times": 2, "everyMs": 1 } }),
            "repeat",
        ),
    ];
    for (body, field) in cases {
        let (status, answer) = network.post(&path, &body).await;
        assert_eq!(
            (status, answer["field"].as_str()),
            (400, Some(field)),
            "{body} -> {answer}"
        );
    }
    assert_eq!(
        network.inbox(ANN, 50).await.len(),
        50,
        "a refused request wrote something"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_state_says_where_the_network_is() {
    let network = TestNetwork::with_phones("lid").await;
    let state = network.get("/state").await;
    assert_eq!(state["ws"], network.network.ws_url());
    assert_eq!(state["control"], network.network.control_url());
    assert_eq!(state["phones"][0]["addressing"], "lid");
    assert_ne!(state["phones"][0]["lid"], state["phones"][1]["lid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_request_ends_when_something_happens() {
    let network = TestNetwork::with_phones("pn").await;
    let started = Instant::now();
    let path = format!("/phones/{ANN}/inbox?after=0&wait=20000");
    let (page, _) = tokio::join!(network.get(&path), network.write(BOB, ANN, "now"));
    assert_eq!(page["messages"][0]["text"], "now");
    assert!(started.elapsed().as_secs() < 10);
    let page = network.get(&format!("/phones/{ANN}/inbox?after=1&wait=1")).await;
    assert_eq!(
        (page["messages"].as_array().unwrap().len(), page["next"].as_u64()),
        (0, Some(1))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_messages_in_a_row_are_quick() {
    let network = TestNetwork::with_phones("lid").await;
    let client = network.linked(ANN).await;
    let started = Instant::now();
    for number in 0..500 {
        network.write(BOB, ANN, &format!("{number}")).await;
    }
    let sent = started.elapsed();
    assert_eq!(client.texts(500).await.len(), 500);
    println!(
        "500 messages: sent in {sent:?}, received in {:?}",
        started.elapsed()
    );
    // Generous: this is about orders of magnitude, and the machine may be busy.
    assert!(started.elapsed().as_secs() < 20);
}
