//! A database of the version before is taken over with everything in it.

use std::path::Path;

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnectOptions;
use wagate_storage::SharedStorage;
use wagate_storage::deliveries::{DeliveryCounts, NewDelivery, Queued};
use wagate_storage::search::SearchQuery;
use wagate_storage::sqlite::SqliteStorage;

use super::support::{ANN, BOB, SESSION, START};

/// A database after that many migrations.
async fn migrated(path: &Path, steps: usize) -> sqlx::SqliteConnection {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut files: Vec<_> = std::fs::read_dir(all)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let folder = tempfile::tempdir().unwrap();
    for file in files.iter().take(steps) {
        std::fs::copy(file, folder.path().join(file.file_name().unwrap())).unwrap();
    }
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut c = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let migrator = sqlx::migrate::Migrator::new(folder.path()).await.unwrap();
    migrator.run(&mut c).await.unwrap();
    c
}

/// Before messages were in the order of time.
async fn old_database(path: &Path) {
    let mut c = migrated(path, 3).await;
    for statement in [
        "INSERT INTO users VALUES ('user', 'user@example.org', NULL, NULL, 'OWNER', 0, 0)",
        "INSERT INTO sessions (id, user_id, slug, name, desired, status, created_at, updated_at) \
         VALUES ('other', 'user', 'other', 'other', 'stopped', 'STOPPED', 0, 0), \
                ('session', 'user', 'session', 'session', 'stopped', 'STOPPED', 0, 0)",
        "INSERT INTO events VALUES ('session', 1, 'e', 'message.received', NULL, NULL, 0, 1, 'ten bytes!')",
    ] {
        sqlx::query(statement).execute(&mut c).await.unwrap();
    }
    for (number, chat, from_me) in [(1, ANN, false), (2, ANN, true), (2, ANN, false), (3, BOB, false)] {
        let id = format!("row{number}{from_me}");
        sqlx::query(
            "INSERT INTO messages (id, session_id, chat, sender, from_me, wa_id, kind, content, status, timestamp, wire) \
             VALUES (?1, 'session', ?2, ?2 || ?3, ?3, ?1, 'TEXT', 'needle', 1, ?4, x'00')",
        )
        .bind(&id)
        .bind(chat)
        .bind(from_me)
        .bind(START + number * 1000)
        .execute(&mut c)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO chats (session_id, jid, last_message, last_at, unread, created_at) VALUES ('session', ?1, ?2, ?3, 1, 0) \
             ON CONFLICT DO UPDATE SET last_message = ?2, last_at = ?3",
        )
        .bind(chat)
        .bind(&id)
        .bind(START + number * 1000)
        .execute(&mut c)
        .await
        .unwrap();
    }
    c.close().await.unwrap();
}

#[tokio::test]
async fn messages_chats_and_numbers_are_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wagate.db");
    old_database(&path).await;
    let storage: SharedStorage = std::sync::Arc::new(SqliteStorage::open(&path).await.unwrap());
    let rows = storage.chat_messages(SESSION, ANN, None, 10).await.unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["row1false", "row2false", "row2true"]);
    let chats = storage.chats(SESSION, 10).await.unwrap();
    assert_eq!(
        chats.iter().map(|chat| chat.jid.as_str()).collect::<Vec<_>>(),
        [BOB, ANN]
    );
    // Nothing is unread behind what the owner wrote.
    assert!(
        storage
            .unread_messages(SESSION, ANN, 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(storage.unread_messages(SESSION, BOB, 10).await.unwrap().len(), 1);
    let query = SearchQuery {
        text: "needle".to_owned(),
        limit: 10,
        ..SearchQuery::default()
    };
    assert_eq!(storage.search(SESSION, &query).await.unwrap().len(), 4);
    assert!(storage.search("other", &query).await.unwrap().is_empty());
    assert_eq!(storage.last_sequence(SESSION).await.unwrap(), 0);
    assert_eq!(storage.counts(SESSION).await.unwrap().messages, 4);
}

#[tokio::test]
async fn messages_and_deliveries_keep_what_they_had_with_fewer_indexes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wagate.db");
    let mut c = migrated(&path, 8).await;
    for statement in [
        "INSERT INTO users (id, email, role, created_at, updated_at) VALUES ('user', 'user@example.org', 'OWNER', 0, 0)",
        "INSERT INTO sessions (id, user_id, slug, name, desired, status, created_at, updated_at) \
         VALUES ('session', 'user', 'session', 'session', 'stopped', 'STOPPED', 0, 0)",
        "INSERT INTO messages (n, id, session_id, chat, sender, from_me, wa_id, kind, content, status, timestamp, starred, wire) \
         VALUES (1 << 48 | 1, 'row', 'session', 'chat', 'sender', 0, 'A1', 'TEXT', 'needle', 1, 7, 1, x'00')",
        "INSERT INTO delivery_endpoints (id, plugin, session_id, name, url, state, created_at, updated_at) \
         VALUES ('one', 'webhooks', 'session', 'one', 'https://a.example/', 'active', 0, 0), \
                ('two', 'webhooks', 'session', 'two', 'https://a.example/', 'active', 0, 0)",
        "INSERT INTO deliveries (seq, id, endpoint_id, key, lane, label, content_type, body, state, attempts, last_at, created_at) \
         VALUES (1, 'one_1', 'one', '1', 'lane', 'l', 'text/plain', 'body', 'dead', 1, 5, 0), \
                (2, 'one_2', 'one', '2', 'lane', 'l', 'text/plain', 'body', 'pending', 0, NULL, 0), \
                (3, 'two_1', 'two', '1', 'lane', 'l', 'text/plain', 'body', 'delivered', 1, 5, 0)",
        "INSERT INTO delivery_lanes (endpoint_id, lane, next_ms) VALUES ('one', 'lane', 0)",
        "INSERT INTO delivery_attempts (seq, delivery_id, endpoint_id, number, at, status, duration_ms) \
         VALUES (9, 'one_1', 'one', 1, 5, 500, 3)",
    ] {
        sqlx::query(statement).execute(&mut c).await.unwrap();
    }
    c.close().await.unwrap();

    let storage: SharedStorage = std::sync::Arc::new(SqliteStorage::open(&path).await.unwrap());
    let row = storage.message_by_wa_id(SESSION, "A1").await.unwrap().unwrap();
    assert_eq!((row.id.as_str(), row.starred), ("row", true));
    let query = SearchQuery {
        text: "needle".to_owned(),
        limit: 10,
        ..SearchQuery::default()
    };
    assert_eq!(storage.search(SESSION, &query).await.unwrap().len(), 1);
    let (log, total) = storage.delivery_log("one", None, 0, 10).await.unwrap();
    assert_eq!((log.len(), total, log[0].id.as_str()), (1, 1, "a9"));
    let waiting = storage.waiting_deliveries("one", "lane", 10).await.unwrap();
    assert_eq!(waiting.iter().map(|row| row.seq).collect::<Vec<_>>(), [2]);
    // What was queued once is not queued again.
    let again = NewDelivery {
        endpoint_id: "one".to_owned(),
        id: "one_2".to_owned(),
        key: "2".to_owned(),
        lane: "lane".to_owned(),
        label: "l".to_owned(),
        content_type: "text/plain".to_owned(),
        body: "body".to_owned(),
        again: false,
        created_at: 0,
    };
    assert_eq!(
        storage.enqueue_deliveries(vec![again]).await.unwrap(),
        [Queued::Not]
    );

    // An endpoint takes its own deliveries with it, a session those of all its endpoints.
    assert!(storage.delete_endpoint("one").await.unwrap());
    assert_eq!(
        storage.delivery_counts("one").await.unwrap(),
        DeliveryCounts::default()
    );
    assert_eq!(storage.delivery_log("one", None, 0, 10).await.unwrap().1, 0);
    assert_eq!(storage.delivery_counts("two").await.unwrap().delivered, 1);
    storage.delete_session(SESSION).await.unwrap();
    assert_eq!(
        storage.delivery_counts("two").await.unwrap(),
        DeliveryCounts::default()
    );
    assert!(storage.message_by_wa_id(SESSION, "A1").await.unwrap().is_none());
}
