//! Status posts reach their audience.

use wagate_engine::EngineError;
use wagate_engine::ops::StatusPost;

use crate::harness::{BOB, CARL, OWN, World};

fn words(text: &str) -> StatusPost {
    StatusPost::Text {
        text: text.to_owned(),
        background: Some("#1e6e4f".to_owned()),
        font: Some(0),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_reaches_those_it_is_for() {
    let world = World::start().await;
    // Both sides have to know each other's addresses.
    for number in [BOB, CARL] {
        let id = world.write(number, OWN, "hello").await;
        world.stored(&id).await;
    }
    let account = world.account();
    let sent = account
        .post_status(words("for Bob"), &[BOB.to_owned()], None, None)
        .await
        .unwrap();
    assert_eq!(sent.chat, "status@broadcast");
    let got = world.arrives_as(BOB, &sent.message_id).await;
    assert_eq!(got["text"], "for Bob");

    let all = account
        .post_status(words("for both"), &[BOB.to_owned(), CARL.to_owned()], None, None)
        .await
        .unwrap();
    world.arrives_as(BOB, &all.message_id).await;
    world.arrives_as(CARL, &all.message_id).await;
    let inbox = world.get(&format!("/phones/{CARL}/inbox?after=0")).await;
    let seen = inbox["messages"].as_array().unwrap();
    assert!(seen.iter().all(|message| message["text"] != "for Bob"), "{inbox}");

    let red = StatusPost::Text {
        text: "x".to_owned(),
        background: Some("red".to_owned()),
        font: None,
    };
    let refused = account.post_status(red, &[BOB.to_owned()], None, None).await;
    assert!(matches!(refused, Err(EngineError::Invalid { .. })), "{refused:?}");
    world.stop().await;
}
