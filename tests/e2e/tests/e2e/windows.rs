//! The windows between a message's arrival and the server's being told of it: the process dies, or a write fails, in each
//! of them, and every message is there once.

use std::time::Duration;

use wagate_e2e::{Gateway, Network, Phone, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(60);
/// Written in each window, by two people in turn.
const MESSAGES: usize = 10;

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
