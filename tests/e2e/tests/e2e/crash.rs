//! kill -9 at random points while messages pour in: nothing is lost, nothing is stored or answered twice.

use std::collections::HashSet;
use std::time::Duration;

use rand::RngExt;
use serde_json::json;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;
use crate::webhooks::number;

/// Nightly more: `WAGATE_E2E_MESSAGES`, `WAGATE_E2E_KILLS`.
const MESSAGES: usize = 500;
const KILLS: usize = 5;
const SOON: Duration = Duration::from_secs(40);

#[tokio::test]
async fn nothing_is_lost_or_doubled_by_kill_9() {
    let (messages, kills) = (
        number("WAGATE_E2E_MESSAGES", MESSAGES),
        number("WAGATE_E2E_KILLS", KILLS),
    );
    let network = Network::start(WAGATE);
    let owner = network.phone("15550004001", "pn").await;
    let contact = network.phone("15550004002", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let rule = json!({ "keyword": "question", "response": "answer", "matchType": "STARTS_WITH", "triggerType": "ALL" });
    gateway.post("/api/autoreplies/shop", rule).await;

    let writing = async {
        for n in 0..messages {
            contact.write(&owner.jid, &format!("question {n}")).await;
            // Paced, so that the kills fall into the stream and not behind it.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let killing = async {
        for _ in 0..kills {
            let pause = rand::rng().random_range(300..1200);
            tokio::time::sleep(Duration::from_millis(pause)).await;
            gateway.kill();
            gateway.start_again();
        }
    };
    tokio::join!(writing, killing);
    gateway.wait_status("shop", "CONNECTED").await;

    // One answer each, under an id of its own, and each quotes its question: they are in the order of the questions.
    let answers = contact.received(messages).await;
    assert_eq!(answers.len(), messages, "one answer to each question");
    assert!(answers.iter().all(|answer| answer["text"] == "answer"));
    let ids: HashSet<&str> = answers
        .iter()
        .filter_map(|answer| answer["id"].as_str())
        .collect();
    assert_eq!(ids.len(), messages, "every answer has an id of its own");
    let asked: Vec<&str> = answers
        .iter()
        .map(|answer| answer["quoted"]["text"].as_str().unwrap_or_default())
        .collect();
    let expected: Vec<String> = (0..messages).map(|n| format!("question {n}")).collect();
    assert_eq!(asked, expected);

    let told = gateway.events("message.sent").await;
    assert!(
        !told.is_empty() && told.iter().all(|data| data["origin"] == "plugin:autoreply"),
        "{told:?}"
    );

    // Each question is stored exactly once.
    let stored = eventually("all questions are stored", Duration::from_secs(20), async || {
        let stored = gateway.stored_texts(&contact.jid, false).await;
        (stored.len() >= messages).then_some(stored)
    })
    .await;
    assert_eq!(stored, expected, "each once, in order");
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
