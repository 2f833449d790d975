//! How a device loses its link or its connection.

use crate::support::{ANN, BOB, Client, Seen, TestNetwork};

#[tokio::test(flavor = "multi_thread")]
async fn an_unlinked_device_is_logged_out_at_once() {
    let network = TestNetwork::with_phones("pn").await;
    let client = network.linked(ANN).await;
    assert_eq!(network.delete(&format!("/phones/{ANN}/devices/1")).await, 204);
    client.saw(&Seen::LoggedOut).await;
    assert_eq!(network.delete(&format!("/phones/{ANN}/devices/1")).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_unlinked_while_away_is_refused_at_its_next_login() {
    let network = TestNetwork::with_phones("pn").await;
    let backend = network.linked(ANN).await.stop().await;
    assert_eq!(network.delete(&format!("/phones/{ANN}/devices/1")).await, 204);
    let client = Client::start(&network.network, backend, None).await;
    client.saw(&Seen::LoggedOut).await;
    assert_eq!(network.get("/state").await["counters"]["refusedLogins"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_login_replaces_the_first() {
    let network = TestNetwork::with_phones("pn").await;
    let first = network.linked(ANN).await;
    let second = Client::start(&network.network, first.backend.clone(), None).await;
    first.saw(&Seen::Replaced).await;
    second.connected().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_logs_out_is_gone() {
    let network = TestNetwork::with_phones("pn").await;
    let client = network.linked(ANN).await;
    client.client().logout().await;
    network
        .state(|state| state["phones"][0]["devices"].as_array().unwrap().is_empty())
        .await;
    // Nobody encrypts for it any more.
    let (_, sent) = network
        .post(
            &format!("/phones/{BOB}/messages"),
            &serde_json::json!({ "to": ANN, "text": "anyone?" }),
        )
        .await;
    assert_eq!(sent["devices"], 1, "{sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_linked_client_survives_a_new_server_key() {
    // The phones are in memory: what survives is the client's view of the server, which is told to log out.
    let network = TestNetwork::with_phones("pn").await;
    let client = network.linked(ANN).await;
    let listen = network.network.ws_url();
    let listen = listen
        .trim_start_matches("ws://")
        .trim_end_matches("/ws/chat")
        .parse()
        .unwrap();
    let backend = client.stop().await;
    network.network.shutdown().await;
    let network = TestNetwork::start_at(listen, None).await;
    let client = Client::start(&network.network, backend, None).await;
    client.saw(&Seen::LoggedOut).await;
    let state = network.get("/state").await;
    assert_eq!(state["counters"]["fallbacks"], 1, "{state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn contacts_hear_of_devices_that_come_and_go() {
    for addressing in ["pn", "lid"] {
        let network = TestNetwork::with_phones(addressing).await;
        let ann = network.linked(ANN).await;
        network.write(BOB, ANN, "so that they know each other").await;
        ann.texts(1).await;
        let bob = network.linked(BOB).await;
        let told = |wanted: &'static str| {
            let ann = &ann;
            async move {
                ann.wait(|seen| {
                    let told = |one: &Seen| matches!(one, Seen::Devices { what, .. } if what == wanted);
                    seen.iter().any(told).then_some(())
                })
                .await;
            }
        };
        told("Add").await;
        ann.send(BOB, "to both").await;
        bob.text("to both").await;
        // What would still be on its way to a device that is gone counts as undeliverable, too.
        network.settled(BOB).await;
        assert_eq!(network.delete(&format!("/phones/{BOB}/devices/1")).await, 204);
        told("Remove").await;
        ann.send(BOB, "to the phone alone").await;
        let inbox = network.inbox(BOB, 2).await;
        assert_eq!(inbox[1]["text"], "to the phone alone");
        let state = network.get("/state").await;
        assert_eq!(state["counters"]["undeliverable"], 0, "{state}");
    }
}
