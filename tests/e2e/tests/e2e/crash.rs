//! kill -9 at random points while messages pour in: nothing is lost, nothing is stored or answered twice.

use std::collections::HashMap;
use std::time::Duration;

use rand::RngExt;
use serde_json::json;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const MESSAGES: usize = 500;
const KILLS: usize = 5;
const SOON: Duration = Duration::from_secs(40);

#[tokio::test]
async fn nothing_is_lost_or_doubled_by_kill_9() {
    let network = Network::start(WAGATE);
    let owner = network.phone("15550004001", "pn").await;
    let contact = network.phone("15550004002", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let rule = json!({ "keyword": "question", "response": "answer", "matchType": "STARTS_WITH", "triggerType": "ALL" });
    gateway.post("/api/autoreplies/shop", rule).await;

    let writing = async {
        for n in 0..MESSAGES {
            contact.write(&owner.jid, &format!("question {n}")).await;
            // Paced, so that the kills fall into the stream and not behind it.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let killing = async {
        for _ in 0..KILLS {
            let pause = rand::rng().random_range(300..1200);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            gateway.kill();
            gateway.start_again();
        }
    };
    tokio::join!(writing, killing);
    gateway.wait_status("shop", "CONNECTED").await;

    // One answer each. Received in full: a second copy of an answer would be counted on the first.
    let answers = contact.received(MESSAGES).await;
    assert_eq!(answers.len(), MESSAGES, "one answer to each question");
    let mut by_id: HashMap<String, u64> = HashMap::new();
    for answer in &answers {
        assert_eq!(answer["text"], "answer");
        *by_id
            .entry(answer["id"].as_str().unwrap_or_default().to_owned())
            .or_default() += 1;
    }
    assert_eq!(by_id.len(), MESSAGES, "every answer has an id of its own");

    // Each question is stored exactly once: paged through from the newest.
    let stored = eventually("all questions are stored", Duration::from_secs(20), async || {
        let stored = gateway.stored_texts(&contact.jid, false).await;
        (stored.len() >= MESSAGES).then_some(stored)
    })
    .await;
    assert_eq!(stored.len(), MESSAGES);
    for n in 0..MESSAGES {
        assert_eq!(
            stored
                .iter()
                .filter(|text| **text == format!("question {n}"))
                .count(),
            1,
            "question {n}"
        );
    }
}

#[tokio::test]
async fn a_database_that_refuses_writes_stops_the_session_and_it_comes_back_by_itself() {
    use sqlx::Connection as _;
    let network = Network::start(WAGATE);
    let owner = network.phone("15550004003", "pn").await;
    let contact = network.phone("15550004004", "pn").await;
    let gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    contact.write(&owner.jid, "before").await;
    eventually("the first message is stored", SOON, async || {
        (gateway.stored_texts(&contact.jid, false).await.len() == 1).then_some(())
    })
    .await;

    // Another process takes the write lock and keeps it for longer than a write waits.
    let mut intruder = gateway.database(true).await;
    sqlx::query("BEGIN EXCLUSIVE")
        .execute(&mut intruder)
        .await
        .expect("the lock is free");
    contact.write(&owner.jid, "meanwhile").await;
    eventually("the session stops", SOON, async || {
        (gateway.status("shop").await != "CONNECTED").then_some(())
    })
    .await;
    sqlx::query("ROLLBACK")
        .execute(&mut intruder)
        .await
        .expect("the lock is given back");
    intruder.close().await.expect("the intruder leaves");

    gateway.wait_status("shop", "CONNECTED").await;
    let stored = eventually("the message is stored after all", SOON, async || {
        let stored = gateway.stored_texts(&contact.jid, false).await;
        (stored.len() == 2).then_some(stored)
    })
    .await;
    assert_eq!(stored, ["before", "meanwhile"]);
}
