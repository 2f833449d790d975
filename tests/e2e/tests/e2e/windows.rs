//! The windows between a message's arrival and the server's being told of it: the process dies, or a write fails, in each
//! of them, and every message is there once.

use std::time::Duration;

use serde_json::json;
use wagate_e2e::{Gateway, Network, Phone, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(60);
/// Written in each window, by two people in turn.
const MESSAGES: usize = 10;
/// What is not answered by then is not waited for: the process may have died.
const ANSWERED: Duration = Duration::from_millis(500);
/// Questions in which a window is passed a few times, however slow the machine.
const MANY: usize = 50;

/// Restarts the gateway with an order to die, or without one.
async fn restart(gateway: &mut Gateway, order: &str) {
    gateway.set_env("WAGATE_ABORT_AT", order);
    gateway.start_again();
    gateway.wait_status("shop", "CONNECTED").await;
}

/// Whether each chat holds these texts in this order, once each.
async fn holds(gateway: &Gateway, people: &[Phone<'_>; 2], texts: &[Vec<String>; 2]) -> bool {
    for (person, texts) in people.iter().zip(texts) {
        if gateway.stored_texts(&person.jid, false).await != *texts {
            return false;
        }
    }
    true
}

#[tokio::test]
async fn in_every_window_a_message_is_neither_lost_nor_doubled() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559201", "pn").await;
    let people = [
        network.phone("12025559202", "pn").await,
        network.phone("12025559203", "pn").await,
    ];
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let mut texts = [Vec::new(), Vec::new()];

    for (order, dies) in [
        ("w0:1", true),
        ("w2:4", true),
        ("w3:5", true),
        ("w4:3", true),
        ("w5:4", false),
        ("w6:4", false),
    ] {
        gateway.terminate();
        restart(&mut gateway, order).await;
        for n in 0..MESSAGES {
            let text = format!("{order} {n}");
            people[n % 2].write(&owner.jid, &text).await;
            texts[n % 2].push(text);
            if n == 0 {
                // W0 counts from the first message that is there: the other chat's keys are read after it.
                let first = async || holds(&gateway, &people, &texts).await.then_some(());
                eventually(&format!("{order}: the first is there"), SOON, first).await;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        if dies {
            gateway.wait_for_end(SOON).await;
            restart(&mut gateway, "").await;
        }
        eventually(
            &format!("{order}: everything is there once, in order"),
            SOON,
            async || holds(&gateway, &people, &texts).await.then_some(()),
        )
        .await;
        let told = gateway.events("message.received").await;
        let count: usize = texts.iter().map(Vec::len).sum();
        assert_eq!(told.len(), count, "{order}: and told once");
    }
    // The chains of both people go on.
    for (person, texts) in people.iter().zip(&mut texts) {
        person.write(&owner.jid, "and on").await;
        texts.push("and on".to_owned());
    }
    eventually("what comes later is there too", SOON, async || {
        holds(&gateway, &people, &texts).await.then_some(())
    })
    .await;
}

/// An answer brings its reader a new key of ours. Whoever writes under it is read by the next process too: without its
/// key the gateway asks for what it cannot read again, and gets it behind what came later.
#[tokio::test]
async fn what_is_written_to_an_answer_is_read_by_the_next_process() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559221", "pn").await;
    let person = network.phone("12025559222", "pn").await;
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let rule = json!({ "keyword": "question", "response": "answer", "matchType": "STARTS_WITH", "triggerType": "ALL" });
    gateway.post("/api/autoreplies/shop", rule).await;
    let mut texts = Vec::new();
    let mut write = async |text: String| {
        person.write(&owner.jid, &text).await;
        texts.push(text);
        texts.len()
    };
    for pass in 1..=3 {
        gateway.terminate();
        restart(&mut gateway, &format!("w4:{pass}")).await;
        // An answer to each, so that both sides change their keys each time, until the process dies.
        for n in 1.. {
            if gateway.has_ended() {
                break;
            }
            assert!(n < MANY, "the process lives on");
            let questions = write(format!("question {pass}.{n}")).await;
            drop(tokio::time::timeout(ANSWERED, person.received(questions)).await);
        }
        let questions = write(format!("question {pass}, to nobody")).await;
        restart(&mut gateway, "").await;
        person.received(questions).await;
    }
    assert_eq!(gateway.stored_texts(&person.jid, false).await, texts);
    let unread = gateway.events("message.undecryptable").await;
    assert!(unread.is_empty(), "{unread:?}");
}

/// A known limit: the library may write its Signal state for another chat between the decryption of a message and the
/// row that keeps it. A crash right then loses the message: sent again, it is taken for a duplicate. This test widens
/// the window, which nobody has met without that, and is expected to fail until the library keeps such state back.
#[tokio::test]
#[ignore = "known limit of the library: see the comment"]
async fn in_w1_a_message_is_not_lost() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025559211", "pn").await;
    let people = [
        network.phone("12025559212", "pn").await,
        network.phone("12025559213", "pn").await,
    ];
    let mut gateway = Gateway::start(WAGATE, &network);
    gateway.pair("shop", &owner).await;
    let mut texts = [Vec::new(), Vec::new()];
    for (n, text) in ["first", "first too"].into_iter().enumerate() {
        people[n].write(&owner.jid, text).await;
        texts[n].push(text.to_owned());
    }
    eventually("both are there", SOON, async || {
        holds(&gateway, &people, &texts).await.then_some(())
    })
    .await;

    gateway.terminate();
    restart(&mut gateway, "w1:1").await;
    for (n, text) in [(0, "in the window"), (1, "beside it"), (1, "and again")] {
        people[n].write(&owner.jid, text).await;
        texts[n].push(text.to_owned());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    gateway.wait_for_end(SOON).await;
    restart(&mut gateway, "").await;
    eventually("everything is there", SOON, async || {
        holds(&gateway, &people, &texts).await.then_some(())
    })
    .await;
}
