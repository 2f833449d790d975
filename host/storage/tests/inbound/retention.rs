//! What is old is forgotten, in batches.

use wagate_storage::events::NewEvent;
use wagate_storage::journal::{SendRow, SendState};
use wagate_storage::retention::EventLimits;

use super::support::{ANN, Fixture, SESSION, START, arrived, event, text};

fn told(number: i64, timestamp: i64) -> NewEvent {
    NewEvent {
        timestamp,
        data: "x".repeat(100),
        ..event("x", &number.to_string(), ANN)
    }
}

async fn sequences(f: &Fixture) -> Vec<i64> {
    let rows = f.storage.events_after(SESSION, 0, 10_000).await.unwrap();
    rows.into_iter().map(|row| row.sequence).collect()
}

#[tokio::test]
async fn old_events_go_and_no_number_is_given_twice() {
    let f = Fixture::open().await;
    let events = (1..=25).map(|number| told(number, number)).collect();
    f.storage.append_events(events).await.unwrap();
    let limits = EventLimits {
        before: Some(21),
        max_bytes: None,
    };
    assert_eq!(f.storage.prune_events(SESSION, limits, 15).await.unwrap(), 15);
    assert_eq!(f.storage.prune_events(SESSION, limits, 15).await.unwrap(), 5);
    assert_eq!(f.storage.prune_events(SESSION, limits, 15).await.unwrap(), 0);
    assert_eq!(sequences(&f).await, [21, 22, 23, 24, 25]);
    assert_eq!(f.storage.first_sequence(SESSION).await.unwrap(), 21);
    let all = EventLimits {
        before: Some(1_000),
        max_bytes: None,
    };
    f.storage.prune_events(SESSION, all, 100).await.unwrap();
    assert_eq!(f.storage.first_sequence(SESSION).await.unwrap(), 26);
    f.storage.append_events(vec![told(26, 26)]).await.unwrap();
    assert_eq!(sequences(&f).await, [26]);
}

#[tokio::test]
async fn a_log_that_is_too_large_loses_its_oldest() {
    let f = Fixture::open().await;
    f.storage
        .append_events((1..=30).map(|number| told(number, START)).collect())
        .await
        .unwrap();
    let limits = EventLimits {
        before: None,
        max_bytes: Some(1_000),
    };
    assert_eq!(f.storage.prune_events(SESSION, limits, 100).await.unwrap(), 20);
    assert_eq!(f.storage.prune_events(SESSION, limits, 100).await.unwrap(), 0);
    assert_eq!(sequences(&f).await, (21..=30).collect::<Vec<_>>());
}

#[tokio::test]
async fn old_messages_go_unless_they_are_starred() {
    let f = Fixture::open().await;
    f.commit((1..=5).map(|number| arrived(text(number, "needle"))).collect())
        .await;
    f.storage.star_message(SESSION, ANN, "M2", true).await.unwrap();
    let before = START + 4_000;
    assert_eq!(f.storage.prune_messages(SESSION, before, 100).await.unwrap(), 2);
    assert_eq!(f.storage.prune_messages(SESSION, before, 100).await.unwrap(), 0);
    let rows = f.storage.chat_messages(SESSION, ANN, None, 10).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.wa_id.as_str()).collect::<Vec<_>>(),
        ["M2", "M4", "M5"]
    );
}

#[tokio::test]
async fn finished_sends_are_forgotten_and_others_are_not() {
    let f = Fixture::open().await;
    for (id, state) in [
        ("A", SendState::Accepted),
        ("B", SendState::Sending),
        ("C", SendState::Failed),
    ] {
        let row = SendRow {
            session_id: SESSION.to_owned(),
            wa_id: id.to_owned(),
            chat: ANN.to_owned(),
            cause: None,
            origin: None,
            state,
            error: None,
            created_at: 1,
        };
        assert!(f.storage.begin_send(row).await.unwrap().is_none());
    }
    assert_eq!(f.storage.prune_sends(2, 1).await.unwrap(), 1);
    assert_eq!(f.storage.prune_sends(2, 10).await.unwrap(), 1);
    assert_eq!(f.storage.prune_sends(2, 10).await.unwrap(), 0);
}
