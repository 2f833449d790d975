//! A database of the version before is taken over with everything in it.

use std::path::Path;

use sqlx::Connection as _;
use sqlx::sqlite::SqliteConnectOptions;
use wagate_storage::SharedStorage;
use wagate_storage::search::SearchQuery;
use wagate_storage::sqlite::SqliteStorage;

use super::support::{ANN, BOB, SESSION, START};

/// The migrations up to this one.
const BEFORE: [&str; 3] = ["0001_host.sql", "0002_signal.sql", "0003_timers.sql"];

async fn old_database(path: &Path) {
    let folder = tempfile::tempdir().unwrap();
    for file in BEFORE {
        let from = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(file);
        std::fs::copy(from, folder.path().join(file)).unwrap();
    }
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut c = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let migrator = sqlx::migrate::Migrator::new(folder.path()).await.unwrap();
    migrator.run(&mut c).await.unwrap();
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
