//! Chats marked and presence shown, as the other side notices.

use wagate_engine::ops::ChatPresence;

use crate::harness::{BOB, OWN, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_are_read_by_name_and_all_at_once() {
    let world = World::start().await;
    let account = world.account();
    let mut ids = Vec::new();
    for n in 0..3 {
        let id = world.write(BOB, OWN, &format!("message {n}")).await;
        world.stored(&id).await;
        ids.push(id);
    }
    let is_read = async |id: &str| {
        let outbox = world.get(&format!("/phones/{BOB}/outbox?after=0")).await;
        let messages = outbox["messages"].as_array().unwrap();
        let message = messages.iter().find(|message| message["id"] == id).unwrap();
        let receipts = message["receipts"].as_array().unwrap();
        receipts
            .iter()
            .any(|receipt| receipt["type"] == "read")
            .then_some(())
    };
    account.mark_read(BOB, &ids[..1]).await.unwrap();
    world
        .eventually_on_the_network("the first is read", async || is_read(&ids[0]).await)
        .await;
    assert!(is_read(&ids[1]).await.is_none());
    account.mark_read(BOB, &[]).await.unwrap();
    for id in &ids {
        world
            .eventually_on_the_network("all are read", async || is_read(id).await)
            .await;
    }
    account.mark_read(BOB, &[]).await.unwrap();
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_see_the_account_write() {
    let world = World::start().await;
    let account = world.account();
    for (presence, what) in [
        (ChatPresence::Composing, "composing"),
        (ChatPresence::Recording, "recording"),
        (ChatPresence::Paused, "paused"),
    ] {
        account.show_presence(BOB, presence).await.unwrap();
        world
            .noticed(BOB, |signal| signal["kind"] == "typing" && signal["what"] == what)
            .await;
    }
    world.stop().await;
}
