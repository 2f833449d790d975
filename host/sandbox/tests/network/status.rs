//! The status broadcast, both ways, and the retry of what could not be read.

use serde_json::json;
use waproto::whatsapp::message::extended_text_message::FontType;
use whatsapp_rust::wacore::store::traits::SignalStore as _;
use whatsapp_rust::{Jid, StatusSendOptions};

use crate::support::{ANN, BOB, CAT, Client, TestNetwork};

#[tokio::test(flavor = "multi_thread")]
async fn a_status_reaches_those_it_is_for() {
    for addressing in ["pn", "lid"] {
        let network = TestNetwork::with_phones(addressing).await;
        network.phone(CAT, "Cat", addressing).await;
        let ann = network.linked(ANN).await;
        let bob = network.linked(BOB).await;
        let client = ann.client();
        let to = [Jid::pn(BOB)];
        client.contacts().is_on_whatsapp(&to).await.unwrap();
        for text in ["first", "second"] {
            client
                .status()
                .send_text(
                    text,
                    0xff1e_6e4f,
                    FontType::SYSTEM,
                    &to,
                    StatusSendOptions::default(),
                )
                .await
                .unwrap();
            let (chat, _) = bob.text(text).await;
            assert_eq!(chat, "status@broadcast");
        }
        let inbox = network.inbox(BOB, 2).await;
        assert_eq!(inbox[1]["text"], "second");
        assert_eq!(inbox[1]["chat"], "status@broadcast");

        let body = json!({ "text": "from Bob", "to": [ANN] });
        let (status, answer) = network.post(&format!("/phones/{BOB}/status"), &body).await;
        assert_eq!(status, 201, "{answer}");
        let (chat, _) = ann.text("from Bob").await;
        assert_eq!(chat, "status@broadcast");
        bob.text("from Bob").await;
        assert_eq!(
            network.get(&format!("/phones/{CAT}/inbox")).await["messages"],
            json!([])
        );
        let state = network.get("/state").await;
        assert_eq!(state["counters"]["undecryptable"], 0, "{state}");
        assert_eq!(state["counters"]["resent"], 0, "{state}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_the_group_key_asks_and_gets_the_message() {
    let network = TestNetwork::with_phones("lid").await;
    let ann = network.linked(ANN).await;
    let group = network.group(BOB, "Plans", &[ANN]).await;
    network.write(BOB, &group.to_string(), "first").await;
    ann.text("first").await;
    network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
    let phones = network.get("/state").await["phones"].clone();
    let lid = phones[1]["lid"].as_str().unwrap().to_owned();
    let backend = ann.stop().await;
    backend
        .delete_sender_key(&format!("{group}:{lid}.0"))
        .await
        .unwrap();

    network.write(BOB, &group.to_string(), "second").await;
    let ann = Client::start(&network.network, backend, None).await;
    let (chat, _) = ann.text("second").await;
    assert_eq!(chat, group.to_string());
    let state = network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
    assert_eq!(state["counters"]["resent"], 1, "{state}");
    // With the next one it has the key again.
    network.write(BOB, &group.to_string(), "third").await;
    ann.text("third").await;
    let state = network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
    assert_eq!(state["counters"]["resent"], 1, "{state}");
}
