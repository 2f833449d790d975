//! The account's own profile, as others see it.

use crate::harness::{OWN, World, jid};

/// The least that is a square JPEG: a header of 640 x 640 and no picture.
fn square() -> Vec<u8> {
    let mut bytes = vec![0xff, 0xd8, 0xff, 0xc0, 0, 8, 8];
    bytes.extend(640_u16.to_be_bytes());
    bytes.extend(640_u16.to_be_bytes());
    bytes.push(0);
    bytes.extend([0xff, 0xd9]);
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn name_words_and_picture_are_set() {
    let world = World::start().await;
    let account = world.account();
    account.set_name("Ann's shop").await.unwrap();
    account.set_about("open till six").await.unwrap();
    account.set_picture(Some(square())).await.unwrap();
    let profile = account.profile().await.unwrap();
    assert_eq!(profile.jid, jid(OWN));
    assert_eq!(profile.name.as_deref(), Some("Ann's shop"));
    assert_eq!(profile.about.as_deref(), Some("open till six"));
    assert!(profile.picture_url.is_some());
    account.set_picture(None).await.unwrap();
    assert_eq!(account.profile().await.unwrap().picture_url, None);

    for refused in [
        account.set_name("").await,
        account.set_name(&"x".repeat(26)).await,
        account.set_about(&"x".repeat(140)).await,
        account.set_picture(Some(b"\x89PNG".to_vec())).await,
    ] {
        assert!(
            matches!(refused, Err(wagate_engine::EngineError::Invalid { .. })),
            "{refused:?}"
        );
    }
    world.stop().await;
}
