//! Messages and receipts between phones and linked devices, in both namespaces.

use whatsapp_rust::Jid;
use whatsapp_rust::wacore::store::traits::SignalStore as _;
use whatsapp_rust::wacore::types::presence::ReceiptType;

use crate::support::{ANN, BOB, Client, Seen, TestNetwork};

async fn a_phone_writes_to_a_client(addressing: &str) {
    let network = TestNetwork::with_phones(addressing).await;
    let client = network.linked(ANN).await;
    let id = network.write(BOB, ANN, "hello Ann").await;
    let (chat, from_me) = client
        .wait(|seen| {
            seen.iter().find_map(|one| match one {
                Seen::Text {
                    id: got,
                    text,
                    chat,
                    from_me,
                    ..
                } if *got == id => {
                    assert_eq!(text, "hello Ann");
                    Some((chat.clone(), *from_me))
                }
                _ => None,
            })
        })
        .await;
    assert!(!from_me);
    assert_eq!(chat.ends_with("@lid"), addressing == "lid", "{chat}");
    // Ann's phone got it as well, once.
    let inbox = network.inbox(ANN, 1).await;
    assert_eq!(inbox[0]["text"], "hello Ann");
    assert_eq!(inbox[0]["copies"], 1);

    client
        .client()
        .mark_as_read(&chat.parse::<Jid>().unwrap(), None, &[id.as_str()])
        .await
        .unwrap();
    let outbox_says = |kind: &'static str| {
        let network = &network;
        async move {
            let lid = format!("{ANN}:1@s.whatsapp.net");
            let path = format!("/phones/{BOB}/outbox");
            loop {
                let outbox = network.get(&path).await;
                let receipts = outbox["messages"][0]["receipts"].as_array().unwrap().clone();
                let by_device = |receipt: &&serde_json::Value| {
                    receipt["type"] == kind
                        && (receipt["from"] == lid.as_str()
                            || receipt["from"].as_str().unwrap().contains(":1@lid"))
                };
                if receipts.iter().any(|receipt| by_device(&receipt)) {
                    return;
                }
                let state = network.get("/state").await;
                let after = state["lastEvent"].as_u64().unwrap();
                network.get(&format!("/events?after={after}&wait=20")).await;
            }
        }
    };
    let limit = std::time::Duration::from_secs(20);
    tokio::time::timeout(limit, outbox_says("delivered"))
        .await
        .expect("no delivery receipt");
    tokio::time::timeout(limit, outbox_says("read"))
        .await
        .expect("no read receipt");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_writes_to_a_client_by_number() {
    a_phone_writes_to_a_client("pn").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_writes_to_a_client_by_lid() {
    a_phone_writes_to_a_client("lid").await;
}

async fn a_client_writes_to_a_phone(addressing: &str) {
    let network = TestNetwork::with_phones(addressing).await;
    let client = network.linked(ANN).await;
    let id = client.send(BOB, "hello Bob").await;
    let inbox = network.inbox(BOB, 1).await;
    assert_eq!(inbox[0]["text"], "hello Bob");
    assert_eq!(inbox[0]["id"], id);
    assert_eq!(inbox[0]["fromMe"], false);
    assert_eq!(inbox[0]["pushName"], "Ann");
    client.saw(&Seen::Ack(id.clone())).await;
    client.receipt(&id, &ReceiptType::Delivered).await;

    let (status, read) = network
        .post(
            &format!("/phones/{BOB}/read"),
            &serde_json::json!({ "chat": ANN }),
        )
        .await;
    assert_eq!((status, read["read"].as_u64()), (200, Some(1)));
    client.receipt(&id, &ReceiptType::Read).await;

    // Ann's own phone has the copy, in the right chat.
    let own = network.inbox(ANN, 1).await;
    assert_eq!(own[0]["fromMe"], true);
    assert_eq!(own[0]["text"], "hello Bob");
    let phone = network.get("/state").await["phones"][1].clone();
    assert!(
        own[0]["chat"] == phone["jid"] || own[0]["chat"] == phone["lid"],
        "{own:?}"
    );
    assert_eq!(network.get("/state").await["counters"]["undecryptable"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_writes_to_a_phone_by_number() {
    a_client_writes_to_a_phone("pn").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_writes_to_a_phone_by_lid() {
    a_client_writes_to_a_phone("lid").await;
}

async fn a_hundred_each_way(addressing: &str) {
    const COUNT: usize = 100;
    let network = TestNetwork::with_phones(addressing).await;
    let client = network.linked(ANN).await;
    let down = async {
        for number in 0..COUNT {
            network.write(BOB, ANN, &format!("down {number}")).await;
        }
    };
    let up = async {
        for number in 0..COUNT {
            client.send(BOB, &format!("up {number}")).await;
        }
    };
    tokio::join!(down, up);

    let texts = client.texts(COUNT).await;
    let expected: Vec<String> = (0..COUNT).map(|number| format!("down {number}")).collect();
    assert_eq!(texts, expected);
    let inbox = network.inbox(BOB, COUNT).await;
    let expected: Vec<String> = (0..COUNT).map(|number| format!("up {number}")).collect();
    let got: Vec<&str> = inbox
        .iter()
        .map(|message| message["text"].as_str().unwrap())
        .collect();
    assert_eq!(got, expected);
    assert!(inbox.iter().all(|message| message["copies"] == 1));
    let drained = |state: &serde_json::Value| state["phones"][0]["devices"][0]["queued"] == 0;
    let state = network.state(drained).await;
    assert_eq!(state["counters"]["undecryptable"], 0);
    assert_eq!(client.texts(COUNT).await.len(), COUNT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_each_way_once_and_in_order_by_number() {
    a_hundred_each_way("pn").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_each_way_once_and_in_order_by_lid() {
    a_hundred_each_way("lid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_device_of_the_sender_gets_a_copy() {
    let network = TestNetwork::with_phones("lid").await;
    let first = network.linked(ANN).await;
    let second = network.linked(ANN).await;
    let by_phone = network.write(ANN, BOB, "from the phone").await;
    let by_device = first.send(BOB, "from a device").await;
    for (client, id) in [(&first, &by_phone), (&second, &by_phone), (&second, &by_device)] {
        let from_me = client
            .wait(|seen| {
                seen.iter().find_map(|one| match one {
                    Seen::Text { id: got, from_me, .. } if got == id => Some(*from_me),
                    _ => None,
                })
            })
            .await;
        assert!(from_me);
    }
    assert_eq!(network.inbox(BOB, 2).await.len(), 2);
    network
        .state(|state| {
            let devices = state["phones"][0]["devices"].as_array().unwrap();
            devices.len() == 2 && devices.iter().all(|device| device["queued"] == 0)
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_prekey_is_used_once() {
    let network = TestNetwork::with_phones("pn").await;
    let client = network.linked(ANN).await;
    let left = |state: &serde_json::Value| state["phones"][0]["devices"][0]["prekeysLeft"].as_u64().unwrap();
    let before = network.get("/state").await;
    network.write(BOB, ANN, "first").await;
    network.write(BOB, ANN, "second").await;
    client.texts(2).await;
    let after = network.get("/state").await;
    assert_eq!(left(&after), left(&before) - 1, "one session, one key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_sent_twice_is_kept_once_and_counted_twice() {
    let network = TestNetwork::with_phones("pn").await;
    let path = format!("/phones/{BOB}/messages");
    let body = serde_json::json!({ "to": ANN, "text": "again", "id": "SAME" });
    network.post(&path, &body).await;
    network.post(&path, &body).await;
    let inbox = network.inbox(ANN, 1).await;
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0]["copies"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_name_set_on_one_device_reaches_the_other() {
    let network = TestNetwork::with_phones("lid").await;
    let first = network.linked(ANN).await;
    let second = network.linked(ANN).await;
    first.client().profile().set_push_name("Anna").await.unwrap();
    second.saw(&Seen::PushName("Anna".to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_lost_its_session_asks_again_and_gets_the_message() {
    for addressing in ["pn", "lid"] {
        let network = TestNetwork::with_phones(addressing).await;
        let client = network.linked(ANN).await;
        // After an answer the phone no longer sends messages that could open a session by themselves.
        network.write(BOB, ANN, "first").await;
        client.texts(1).await;
        client.send(BOB, "answer").await;
        network.inbox(BOB, 1).await;
        network
            .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
            .await;
        let lid = network.get("/state").await["phones"][1]["lid"]
            .as_str()
            .unwrap()
            .to_owned();
        let backend = client.stop().await;
        for address in [format!("{BOB}@c.us.0"), format!("{lid}.0")] {
            backend.delete_session(&address).await.unwrap();
        }

        let id = network.write(BOB, ANN, "second").await;
        let client = Client::start(&network.network, backend, None).await;
        assert_eq!(client.texts(1).await, ["second"]);
        let state = network
            .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
            .await;
        assert_eq!(state["counters"]["resent"], 1, "{state}");
        assert_eq!(client.texts(1).await.len(), 1, "{id} once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_writer_is_gone_comes_from_the_own_phone() {
    let network = TestNetwork::with_phones("pn").await;
    let writer = network.linked(BOB).await;
    let client = network.linked(ANN).await;
    // After an answer the writer no longer sends messages that could open a session by themselves.
    writer.send(ANN, "first").await;
    client.texts(1).await;
    client.send(BOB, "answer").await;
    writer.texts(1).await;
    network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
    let lid = network.get("/state").await["phones"][1]["lid"]
        .as_str()
        .unwrap()
        .to_owned();
    let lid = lid.split('@').next().unwrap().to_owned();
    let backend = client.stop().await;
    for address in [format!("{BOB}:1@c.us.0"), format!("{lid}:1@lid.0")] {
        backend.delete_session(&address).await.unwrap();
    }
    let id = writer.send(ANN, "second").await;
    network.in_inbox(ANN, &id).await;
    writer.stop().await;

    let client = Client::start(&network.network, backend, None).await;
    assert_eq!(client.texts(1).await, ["second"]);
}
