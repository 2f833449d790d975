//! The files of messages: written beside their message, listed by session, gone with it.

#![expect(clippy::unwrap_used, reason = "all of it is a test")]

use std::sync::Arc;

use wagate_storage::media::{MediaChange, MediaScope, MediaSource, MediaState, MediaTotals, NewMedia};
use wagate_storage::messages::{ContactSighting, MessageRow, MessageStatus, NewMessage};
use wagate_storage::sessions::{Desired, SessionRow};
use wagate_storage::sqlite::SqliteStorage;
use wagate_storage::users::{Role, UserRow};
use wagate_storage::{SharedStorage, api_keys::ApiKeyRow, new_row_id};

const SESSION: &str = "0197a000-0000-7000-8000-000000000001";
const OTHER: &str = "0197a000-0000-7000-8000-000000000002";

async fn storage() -> (tempfile::TempDir, SharedStorage) {
    let folder = tempfile::tempdir().unwrap();
    let storage: SharedStorage = Arc::new(SqliteStorage::open(&folder.path().join("test.db")).await.unwrap());
    let user = UserRow {
        id: "user-1".to_owned(),
        email: "ann@example.org".to_owned(),
        name: Some("Ann".to_owned()),
        password_hash: None,
        role: Role::Owner,
        disabled: false,
        created_at: 0,
        updated_at: 0,
    };
    let key = ApiKeyRow {
        id: "key-1".to_owned(),
        user_id: user.id.clone(),
        name: "test".to_owned(),
        hash: vec![0; 32],
        last4: "0000".to_owned(),
        expires_at: None,
        created_at: 0,
        ..ApiKeyRow::default()
    };
    assert!(storage.insert_first_user(user, key).await.unwrap());
    for (id, slug) in [(SESSION, "shop"), (OTHER, "desk")] {
        let session = SessionRow {
            id: id.to_owned(),
            user_id: "user-1".to_owned(),
            slug: slug.to_owned(),
            name: slug.to_uppercase(),
            desired: Desired::Stopped,
            status: "STOPPED".to_owned(),
            cause: None,
            pn: None,
            lid: None,
            push_name: None,
            config: "{}".to_owned(),
            created_at: 0,
            updated_at: 0,
        };
        storage.insert_session(session).await.unwrap();
    }
    (folder, storage)
}

fn message(session: &str, wa_id: &str, at: i64, is_lazy: bool) -> NewMessage {
    NewMessage {
        row: MessageRow {
            id: new_row_id(),
            session_id: session.to_owned(),
            chat: "12025550101@s.whatsapp.net".to_owned(),
            sender: "12025550101@s.whatsapp.net".to_owned(),
            from_me: false,
            wa_id: wa_id.to_owned(),
            push_name: Some("Bob".to_owned()),
            kind: "IMAGE".to_owned(),
            content: None,
            status: MessageStatus::Pending,
            played: false,
            timestamp: at,
            quote_id: None,
            edited_at: None,
            deleted_at: None,
            deleted_by: None,
            starred: false,
            mime_type: None,
            file_name: None,
            file_size: None,
            wire: Vec::new(),
        },
        event: None,
        contact: ContactSighting::default(),
        media: Some(NewMedia {
            id: format!("media-{session}-{wa_id}"),
            file_name: format!("{session}-{wa_id}.jpg"),
            kind: "IMAGE".to_owned(),
            title: None,
            mime: "image/jpeg".to_owned(),
            bytes: Some(7),
            state: MediaState::Pending,
            is_lazy,
            source: MediaSource {
                media_type: "image".to_owned(),
                direct_path: Some("/v/t62/1".to_owned()),
                media_key: Some(vec![1; 32]),
                ..MediaSource::default()
            },
        }),
    }
}

fn stored(at: i64) -> MediaChange {
    MediaChange::Stored {
        path: "a/b".to_owned(),
        mime: "image/png".to_owned(),
        bytes: 100,
        sha256: vec![9; 32],
        now: at,
    }
}

#[tokio::test]
async fn a_file_is_noted_with_its_message_once() {
    let (_folder, storage) = storage().await;
    let first = message(SESSION, "A", 1000, false);
    storage.commit_messages(vec![first.clone()]).await.unwrap();
    // The same message again, as the server repeats it: another row id, no second file.
    let mut again = first.clone();
    again.row.id = new_row_id();
    storage.commit_messages(vec![again.clone()]).await.unwrap();
    assert!(storage.media_of_message(&again.row.id).await.unwrap().is_none());
    let found = storage.media_of_message(&first.row.id).await.unwrap().unwrap();
    assert_eq!((found.state, found.wa_id.as_str()), (MediaState::Pending, "A"));
    assert_eq!(found.source, first.media.unwrap().source);
    let by_name = storage.media_by_name(&found.file_name).await.unwrap().unwrap();
    assert_eq!(by_name.id, found.id);
    let of_list = storage
        .media_of_messages(SESSION, &[first.row.id, "none".to_owned()])
        .await
        .unwrap();
    assert_eq!(of_list.len(), 1);
}

#[tokio::test]
async fn what_is_due_is_found_session_by_session() {
    let (_folder, storage) = storage().await;
    let batch = vec![
        message(SESSION, "A", 2000, false),
        message(SESSION, "B", 1000, false),
        message(SESSION, "C", 500, true),
        message(OTHER, "D", 9000, false),
    ];
    storage.commit_messages(batch).await.unwrap();
    assert_eq!(storage.sessions_with_due_media(5000).await.unwrap(), [SESSION]);
    let due = storage.due_media(SESSION, 5000, 10).await.unwrap();
    let names: Vec<_> = due.iter().map(|file| file.wa_id.as_str()).collect();
    assert_eq!(names, ["B", "A"], "the lazy one waits to be asked for");
    let retry = MediaChange::Retry {
        attempts: 1,
        not_before_ms: 6000,
        error: "no route".to_owned(),
    };
    assert!(storage.change_media(&due[0].id, retry).await.unwrap());
    assert!(storage.change_media(&due[1].id, stored(5000)).await.unwrap());
    assert!(storage.due_media(SESSION, 5000, 10).await.unwrap().is_empty());
    assert_eq!(storage.due_media(SESSION, 6000, 10).await.unwrap()[0].attempts, 1);
}

#[tokio::test]
async fn lists_know_whose_a_file_is_and_go_with_the_session() {
    let (_folder, storage) = storage().await;
    for (at, (session, name)) in [(SESSION, "A"), (SESSION, "B"), (OTHER, "C")]
        .into_iter()
        .enumerate()
    {
        storage
            .commit_messages(vec![message(session, name, 1, false)])
            .await
            .unwrap();
        let id = format!("media-{session}-{name}");
        storage
            .change_media(&id, stored(i64::try_from(at).unwrap()))
            .await
            .unwrap();
    }
    let list = storage.media_list(MediaScope::All, 10, 0).await.unwrap();
    let names: Vec<_> = list.iter().map(|entry| entry.file.wa_id.as_str()).collect();
    assert_eq!(names, ["C", "B", "A"]);
    assert_eq!(
        (
            list[0].session_slug.as_str(),
            list[0].owner_name.as_deref(),
            list[0].push_name.as_deref()
        ),
        ("desk", Some("Ann"), Some("Bob"))
    );
    let own = MediaScope::Sessions(vec![SESSION.to_owned()]);
    assert_eq!(
        storage.media_list(own.clone(), 1, 1).await.unwrap()[0].file.wa_id,
        "A"
    );
    assert_eq!(
        storage.media_totals(own.clone()).await.unwrap(),
        MediaTotals { files: 2, bytes: 200 }
    );
    let oldest = storage.oldest_media(None, 2, 10).await.unwrap();
    assert_eq!(
        oldest.iter().map(|file| file.wa_id.as_str()).collect::<Vec<_>>(),
        ["A", "B"]
    );
    let ended = MediaChange::Ended {
        state: MediaState::Expired,
        error: "too old".to_owned(),
        not_before_ms: 0,
    };
    storage.change_media(&oldest[0].id, ended).await.unwrap();
    assert_eq!(storage.media_totals(own.clone()).await.unwrap().files, 1);
    storage.delete_media(vec![oldest[1].id.clone()]).await.unwrap();
    assert_eq!(storage.media_totals(own).await.unwrap(), MediaTotals::default());
    assert!(storage.delete_session(OTHER).await.unwrap());
    assert_eq!(
        storage.media_totals(MediaScope::All).await.unwrap(),
        MediaTotals::default()
    );
}
