//! After a failed write nothing more is written.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use wacore::store::traits::{ProtocolStore, SignalStore};

use super::Fixture;

const ANN: &str = "15550000001@s.whatsapp.net";

#[tokio::test]
async fn a_failed_row_stops_every_later_write_but_no_read() {
    let fixture = Fixture::open().await;
    let store = fixture.store("one");
    store.put_session(ANN, b"before").await.unwrap();
    assert!(!store.health.is_poisoned());

    store.health.fail_next_writes(1);
    store
        .store_pending_inbound("1@g.us", ANN, "M1", b"text")
        .await
        .unwrap_err();
    assert!(store.health.is_poisoned());
    // The fault is over, the refusal is not: this is the flush that would lose the message.
    let flush = store
        .put_sessions_batch(&[(Arc::from(ANN), Bytes::from_static(b"after"))])
        .await
        .unwrap_err();
    assert!(!flush.is_database_busy_or_locked());
    store.remove_prekey(1).await.unwrap_err();
    store
        .store_sent_message("1@g.us", "M2", b"text")
        .await
        .unwrap_err();
    assert_eq!(
        store.get_session(ANN).await.unwrap().as_deref(),
        Some(&b"before"[..])
    );

    let fresh = fixture.store("one");
    assert_eq!(
        fresh.get_session(ANN).await.unwrap().as_deref(),
        Some(&b"before"[..])
    );
    assert_eq!(
        fresh.get_pending_inbound("1@g.us", ANN, "M1").await.unwrap(),
        None
    );
    fresh.put_session(ANN, b"again").await.unwrap();
}

#[tokio::test]
async fn a_refusal_of_the_database_poisons() {
    let fixture = Fixture::open().await;
    // No such session: the foreign key refuses.
    let store = fixture.store("ghost");
    store.put_identity(ANN, [1; 32]).await.unwrap_err();
    assert!(store.health.is_poisoned());
    assert!(!fixture.store("one").health.is_poisoned());
}

#[tokio::test]
async fn the_first_failure_wakes_who_waits_for_it() {
    let fixture = Fixture::open().await;
    let store = fixture.store("one");
    let health = Arc::clone(&store.health);
    let waiting = tokio::spawn(async move { health.poisoned().await });
    store.health.fail_next_writes(1);
    store.put_session(ANN, b"session").await.unwrap_err();
    tokio::time::timeout(Duration::from_secs(10), waiting)
        .await
        .unwrap()
        .unwrap();
    // Who comes later does not wait.
    tokio::time::timeout(Duration::from_secs(10), store.health.poisoned())
        .await
        .unwrap();
}

#[tokio::test]
async fn signal_state_waits_for_rows_under_way_and_fails_with_them() {
    let fixture = Fixture::open().await;
    let store = fixture.store("one");
    let row = store.in_flight.read().await;
    let mut flush = store.put_session(ANN, b"session");
    assert!(futures::poll!(&mut flush).is_pending());
    // The row fails.
    store.health.poison();
    drop(row);
    flush.await.unwrap_err();
    assert_eq!(fixture.store("one").get_session(ANN).await.unwrap(), None);
}
