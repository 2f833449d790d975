//! kill -9 at random points while messages pour in: nothing is lost, nothing is stored or answered twice.

use std::collections::HashMap;
use std::time::Duration;

use rand::RngExt;
use serde_json::json;
use wagate_e2e::{Gateway, Network, eventually};

use crate::WAGATE;

const MESSAGES: usize = 500;
const KILLS: usize = 5;

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
        *by_id.entry(answer["id"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
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
        assert_eq!(stored.iter().filter(|text| **text == format!("question {n}")).count(), 1, "question {n}");
    }
}
