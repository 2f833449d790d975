//! Messages both ways, over plain REST and the control API.

use std::time::Duration;

use serde_json::Value;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(20);

async fn wait_message_status(gateway: &Gateway, chat: &str, id: &str, wanted: &str) {
    eventually(&format!("{id} is {wanted}"), SOON, async || {
        let messages = gateway.messages("shop", chat).await;
        let message = messages.iter().find(|message| message["keyId"] == id)?;
        (message["status"] == wanted).then_some(())
    })
    .await;
}

fn texts(messages: &[Value], field: &str) -> Vec<String> {
    messages
        .iter()
        .map(|message| message[field].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn a_text_is_sent_delivered_and_read() {
    let network = Network::start(WAGATE);
    let owner = network.phone("15550001001", "pn").await;
    let contact = network.phone("15550001002", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;

    let id = gateway.send("shop", &contact.jid, "hello over the wire").await;
    let got = contact.received(1).await;
    assert_eq!(got[0]["text"], "hello over the wire");
    assert_eq!(got[0]["id"], id.as_str());
    assert_eq!(got[0]["copies"], 1);
    wait_message_status(&gateway, &contact.jid, &id, "DELIVERED").await;
    contact.read().await;
    wait_message_status(&gateway, &contact.jid, &id, "READ").await;

    let statuses = texts(&gateway.events("message.status").await, "status");
    assert_eq!(
        statuses,
        ["SENT", "DELIVERED", "READ"],
        "each step is told once, in order"
    );
    let sent = gateway.events("message.sent").await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!(sent[0]["content"], "hello over the wire");
    assert_eq!(
        gateway.messages("shop", &contact.jid).await.len(),
        1,
        "one row for one message"
    );
}

async fn a_hundred_each_way(addressing: &str) {
    let network = Network::start(WAGATE);
    let owner = network.phone("15550002001", addressing).await;
    let contact = network.phone("15550002002", addressing).await;
    let gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;

    let out: Vec<String> = (0..100).map(|n| format!("out {n}")).collect();
    let back: Vec<String> = (0..100).map(|n| format!("in {n}")).collect();
    let sending = async {
        for text in &out {
            gateway.send("shop", &contact.number, text).await;
        }
    };
    let writing = async {
        for text in &back {
            contact.write(&owner.jid, text).await;
        }
    };
    tokio::join!(sending, writing);

    let got = contact.received(100).await;
    assert_eq!(texts(&got, "text"), out);
    assert!(
        got.iter().all(|message| message["copies"] == 1),
        "each arrived once"
    );

    let stored = eventually("all are stored", SOON, async || {
        let stored = gateway.stored_texts(&contact.jid, false).await;
        (stored.len() >= 100).then_some(stored)
    })
    .await;
    assert_eq!(stored, back);

    let page = gateway.messages("shop", &contact.jid).await;
    assert_eq!(page.len(), 100, "the history route shows the newest 100");
    for from_me in [false, true] {
        let shown: Vec<Value> = page
            .iter()
            .filter(|message| message["fromMe"] == from_me)
            .cloned()
            .collect();
        let all = if from_me { &out } else { &back };
        assert_eq!(
            texts(&shown, "content"),
            all[100 - shown.len()..],
            "in the order of their writing"
        );
    }
}

#[tokio::test]
async fn a_hundred_each_way_arrive_once_and_in_order_in_pn_mode() {
    a_hundred_each_way("pn").await;
}

#[tokio::test]
async fn a_hundred_each_way_arrive_once_and_in_order_in_lid_mode() {
    a_hundred_each_way("lid").await;
}
