//! Every fault, as a client meets it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use whatsapp_rust::wacore::store::InMemoryBackend;

use crate::support::{ANN, BOB, Client, Seen, TestNetwork};

async fn linked() -> (TestNetwork, Client) {
    let network = TestNetwork::with_phones("lid").await;
    let client = network.linked(ANN).await;
    network.write(BOB, ANN, "before").await;
    client.texts(1).await;
    network.settled(ANN).await;
    (network, client)
}

/// How often a client has said that it is connected.
fn connects(client: &Client) -> usize {
    client
        .seen()
        .iter()
        .filter(|one| **one == Seen::Connected)
        .count()
}

/// Waits until a client is connected once more than before.
async fn reconnected(client: &Client, before: usize) {
    client
        .wait(|seen| {
            let now = seen.iter().filter(|one| **one == Seen::Connected).count();
            (now > before).then_some(())
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_comes_with_the_next_login() {
    let (network, client) = linked().await;
    network
        .fault(&json!({ "action": "drop", "direction": "toClient", "tag": "message", "number": ANN }))
        .await;
    network.write(BOB, ANN, "dropped").await;
    network.write(BOB, ANN, "arrives").await;
    client.texts(2).await;
    let before = connects(&client);
    network.fault(&json!({ "action": "close", "number": ANN })).await;
    reconnected(&client, before).await;
    assert_eq!(client.texts(3).await, ["before", "arrives", "dropped"]);
    let faults = network.get("/faults").await;
    assert_eq!(
        (
            faults["faults"][0]["used"].as_u64(),
            faults["faults"][0]["spent"].as_bool()
        ),
        (Some(1), Some(true))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn delays_doubles_and_the_wrong_order() {
    let (network, client) = linked().await;
    let to_ann = |action: &str, more: Value| {
        let mut fault = json!({ "action": action, "direction": "toClient", "tag": "message", "number": ANN });
        fault
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        fault
    };
    network.fault(&to_ann("duplicate", json!({}))).await;
    network.write(BOB, ANN, "twice").await;
    assert_eq!(client.texts(2).await, ["before", "twice"]);

    network.fault(&to_ann("delay", json!({ "delayMs": 200 }))).await;
    let started = Instant::now();
    network.write(BOB, ANN, "late").await;
    assert_eq!(client.texts(3).await.last().unwrap(), "late");
    assert!(started.elapsed() >= Duration::from_millis(200));

    network
        .fault(&to_ann("reorder", json!({ "withinMs": 20_000 })))
        .await;
    network.write(BOB, ANN, "one").await;
    network.write(BOB, ANN, "two").await;
    let texts = client.texts(5).await;
    assert_eq!(texts[3..], ["two", "one"]);
    network.fault(&to_ann("reorder", json!({ "withinMs": 50 }))).await;
    network.write(BOB, ANN, "alone").await;
    assert_eq!(client.texts(6).await.last().unwrap(), "alone");
    network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
    assert_eq!(network.get("/state").await["counters"]["resent"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_messages_carry_their_code() {
    let (network, client) = linked().await;
    for code in [463, 479, 400] {
        network
            .fault(&json!({ "action": "nack", "code": code, "number": ANN }))
            .await;
        let id = client.send(BOB, &format!("refused {code}")).await;
        client
            .saw(&Seen::Nack {
                id,
                code: code.to_string(),
            })
            .await;
    }
    let id = client.send(BOB, "taken").await;
    client.saw(&Seen::Ack(id)).await;
    let inbox = network.inbox(BOB, 1).await;
    assert_eq!((inbox.len(), inbox[0]["text"].as_str()), (1, Some("taken")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_asked_for_again() {
    let (network, client) = linked().await;
    let fault = json!({ "action": "undecryptable", "direction": "toClient", "number": ANN });
    network.fault(&fault).await;
    network.write(BOB, ANN, "broken on its way to her").await;
    assert_eq!(client.texts(2).await.last().unwrap(), "broken on its way to her");
    let state = network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
    assert_eq!(state["counters"]["resent"], 1, "{state}");

    let fault = json!({ "action": "undecryptable", "direction": "fromClient", "number": ANN });
    network.fault(&fault).await;
    client.send(BOB, "broken on its way to him").await;
    let inbox = network.inbox(BOB, 1).await;
    assert_eq!(inbox[0]["text"], "broken on its way to him");
    assert_eq!(inbox[0]["copies"], 1);
    let state = network.get("/state").await;
    assert!(
        state["counters"]["undecryptable"].as_u64().unwrap() >= 1,
        "{state}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_prekey_is_survived() {
    let network = TestNetwork::with_phones("pn").await;
    let client = network.linked(ANN).await;
    network
        .fault(&json!({ "action": "stalePrekeys", "number": ANN, "device": 1 }))
        .await;
    network.write(BOB, ANN, "with a key she no longer has").await;
    assert_eq!(client.texts(1).await, ["with a key she no longer has"]);
    let state = network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
    assert_eq!(state["counters"]["resent"], 1, "{state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_comes_back() {
    let (network, client) = linked().await;
    let before = connects(&client);
    // At a point: the message is taken, and its ack never arrives.
    let fault = json!({
        "action": "close", "when": "after", "direction": "fromClient", "tag": "message", "number": ANN,
    });
    network.fault(&fault).await;
    client.send(BOB, "and gone").await;
    assert_eq!(network.inbox(BOB, 1).await[0]["text"], "and gone");
    client.saw(&Seen::Disconnected).await;
    reconnected(&client, before).await;
    client.send(BOB, "back").await;
    assert_eq!(network.inbox(BOB, 2).await[1]["text"], "back");
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_errors_a_client_comes_back_from() {
    for code in [503, 515] {
        let (network, client) = linked().await;
        let before = connects(&client);
        let ended = network
            .fault(&json!({ "action": "streamError", "code": code, "number": ANN }))
            .await;
        assert_eq!(ended["ended"], 1);
        reconnected(&client, before).await;
        network.write(BOB, ANN, "after it").await;
        assert_eq!(client.texts(2).await.last().unwrap(), "after it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_requests_end_the_connection() {
    let (network, client) = linked().await;
    network
        .fault(&json!({ "action": "streamError", "code": 429, "number": ANN }))
        .await;
    client.saw(&Seen::Disconnected).await;
    assert!(!client.seen().contains(&Seen::LoggedOut));
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_errors_a_client_does_not_come_back_from() {
    for (conflict, wanted) in [("replaced", Seen::Replaced), ("device_removed", Seen::LoggedOut)] {
        let (network, client) = linked().await;
        network
            .fault(&json!({ "action": "streamError", "conflict": conflict, "number": ANN }))
            .await;
        client.saw(&wanted).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_are_refused() {
    let cases = [
        (
            json!({ "reason": 402, "code": 101, "expire": 3600 }),
            Seen::Banned {
                code: 101,
                seconds: 3600,
            },
        ),
        (json!({ "reason": 405 }), Seen::Outdated),
        (json!({ "reason": 409 }), Seen::Refused("BadUserAgent".to_owned())),
    ];
    let (network, client) = linked().await;
    let mut backend = client.stop().await;
    for (fault, wanted) in cases {
        let mut fault = fault;
        fault["action"] = json!("loginFailure");
        fault["number"] = json!(ANN);
        network.fault(&fault).await;
        let client = Client::start(&network.network, backend, None).await;
        client.saw(&wanted).await;
        backend = client.stop().await;
    }
    // 503 at a login is a reason to try again.
    network
        .fault(&json!({ "action": "loginFailure", "reason": 503, "number": ANN }))
        .await;
    let client = Client::start(&network.network, backend, None).await;
    client.connected().await;
    network
        .fault(&json!({ "action": "loginFailure", "reason": 403, "number": ANN }))
        .await;
    network.fault(&json!({ "action": "close", "number": ANN })).await;
    client.saw(&Seen::LoggedOut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_demanded_while_linking() {
    let network = TestNetwork::with_phones("pn").await;
    network
        .fault(&json!({ "action": "passkey", "number": ANN }))
        .await;
    let client = Client::start(&network.network, Arc::new(InMemoryBackend::new()), None).await;
    let qr = client.qr().await;
    let path = format!("/phones/{ANN}/scan");
    let (status, answer) = network.post(&path, &json!({ "qr": qr })).await;
    assert_eq!(status, 409, "{answer}");
    client.saw(&Seen::Passkey).await;
    let state = network.get("/state").await;
    assert_eq!(state["phones"][0]["devices"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_everything() {
    let (network, client) = linked().await;
    let group = network.group(BOB, "Plans", &[ANN]).await;
    let before = connects(&client);
    let (status, _) = network.post("/restart", &json!({ "downMs": 300 })).await;
    assert_eq!(status, 202);
    client.saw(&Seen::Disconnected).await;
    network
        .state(|state| state["phones"][0]["devices"][0]["connected"] == false)
        .await;
    network.write(BOB, ANN, "while it was down").await;
    reconnected(&client, before).await;
    client.text("while it was down").await;
    network.write(BOB, &group.to_string(), "and in the group").await;
    client.text("and in the group").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_is_stopped_is_resumed() {
    let (network, client) = linked().await;
    let before = connects(&client);
    let network = network.stop_and_resume().await;
    reconnected(&client, before).await;
    network.write(BOB, ANN, "resumed").await;
    assert_eq!(client.texts(2).await.last().unwrap(), "resumed");
    client.send(BOB, "still here").await;
    assert_eq!(network.inbox(BOB, 1).await[0]["text"], "still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_faults_are_refused_by_field() {
    let network = TestNetwork::with_phones("pn").await;
    let cases = [
        (json!({}), "action"),
        (json!({ "action": "explode" }), "action"),
        (json!({ "action": "drop" }), "tag"),
        (json!({ "action": "delay", "tag": "message" }), "delayMs"),
        (
            json!({ "action": "delay", "tag": "message", "delayMs": 10_000_000 }),
            "delayMs",
        ),
        (json!({ "action": "nack", "code": 200 }), "code"),
        (
            json!({ "action": "drop", "tag": "message", "direction": "up" }),
            "direction",
        ),
        (json!({ "action": "loginFailure" }), "reason"),
        (json!({ "action": "streamError", "conflict": "x" }), "conflict"),
    ];
    for (fault, field) in cases {
        let (status, answer) = network.post("/faults", &fault).await;
        assert_eq!(
            (status, answer["field"].as_str()),
            (400, Some(field)),
            "{fault} -> {answer}"
        );
    }
    let id = network
        .fault(&json!({ "action": "drop", "tag": "message" }))
        .await["id"]
        .clone();
    assert_eq!(network.delete(&format!("/faults/{id}")).await, 204);
    assert_eq!(network.delete(&format!("/faults/{id}")).await, 404);
    network
        .fault(&json!({ "action": "drop", "tag": "message" }))
        .await;
    assert_eq!(network.delete("/faults").await, 204);
    assert_eq!(network.get("/faults").await["faults"], json!([]));
}
