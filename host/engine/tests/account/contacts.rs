//! What WhatsApp knows of people.

use serde_json::json;
use wagate_engine::EngineError;
use wagate_engine::ops::MAX_NUMBERS;

use crate::harness::{BOB, World, jid};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_are_looked_up_in_order() {
    let world = World::start().await;
    let numbers = ["+1 202 555 0102", "12025550199", "0202", BOB, "hello"];
    let numbers = numbers.map(str::to_owned);
    for _ in 0..2 {
        // The second time from memory.
        let found = world.account().check_numbers(&numbers).await.unwrap();
        let shown: Vec<_> = found
            .iter()
            .map(|check| {
                (
                    check.number.as_str(),
                    check.exists,
                    check.jid.clone(),
                    check.error.is_some(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("+1 202 555 0102", true, Some(jid(BOB)), false),
                ("12025550199", false, None, false),
                ("0202", false, None, true),
                (BOB, true, Some(jid(BOB)), false),
                ("hello", false, None, true),
            ]
        );
    }
    let many = vec![BOB.to_owned(); MAX_NUMBERS + 1];
    assert!(world.account().check_numbers(&many).await.is_err());
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_show_pictures_and_words() {
    let world = World::start().await;
    let account = world.account();
    assert_eq!(account.picture_url(BOB, false).await.unwrap(), None);
    let picture = "/9j/4AAQ";
    let profile = json!({ "about": "at the sea", "picture": picture });
    world.post(&format!("/phones/{BOB}/profile"), &profile).await;
    assert_eq!(account.about(BOB).await.unwrap().as_deref(), Some("at the sea"));
    let url = account.picture_url(BOB, true).await.unwrap();
    assert!(url.is_some_and(|url| url.starts_with("http")));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_blocked_and_unblocked() {
    let world = World::start().await;
    let account = world.account();
    assert_eq!(account.blocked().await.unwrap(), [""; 0]);
    // Nothing was exchanged with Bob before: his other address is learnt on the way.
    account.block(BOB, true).await.unwrap();
    assert_eq!(account.blocked().await.unwrap(), [jid(BOB)]);
    account.block(BOB, false).await.unwrap();
    assert_eq!(account.blocked().await.unwrap(), [""; 0]);
    let nobody = account.block("12025550199", true).await;
    assert!(matches!(nobody, Err(EngineError::NotFound(_))), "{nobody:?}");
    world.stop().await;
}
