//! History: chunks are kept, and go on where they were.

use wagate_storage::contacts::{ContactPatch, Learned};
use wagate_storage::history::{HistoryBatch, HistoryChat, HistoryChunk};
use wagate_storage::messages::NewMessage;

use super::support::{ANN, Fixture, SESSION, START, event, new, text};

fn chunk(id: &str, created_at: i64) -> HistoryChunk {
    HistoryChunk {
        session_id: SESSION.to_owned(),
        id: id.to_owned(),
        sync_type: 3,
        chunk_order: Some(1),
        progress: Some(50),
        unpacked: 1_000,
        blob: id.as_bytes().to_vec(),
        conversations: 0,
        messages: 0,
        stored: 0,
        attempts: 0,
        created_at,
    }
}

fn old(number: i64) -> NewMessage {
    NewMessage {
        event: None,
        ..new(text(number, "old"))
    }
}

#[tokio::test]
async fn a_chunk_goes_on_where_it_was_and_its_messages_are_no_news() {
    let f = Fixture::open().await;
    assert!(f.storage.put_history_chunk(chunk("b", 2)).await.unwrap());
    assert!(f.storage.put_history_chunk(chunk("a", 1)).await.unwrap());
    assert!(!f.storage.put_history_chunk(chunk("a", 3)).await.unwrap());
    f.receive(text(2, "live")).await;
    let first = f.storage.begin_history_chunk(SESSION).await.unwrap().unwrap();
    assert_eq!((first.id.as_str(), first.attempts), ("a", 1));
    let batch = HistoryBatch {
        session_id: SESSION.to_owned(),
        chunk: "a".to_owned(),
        conversations: 3,
        messages: 200,
        rows: vec![old(1), old(2)],
        at: START,
        ..HistoryBatch::default()
    };
    assert_eq!(f.storage.commit_history(batch).await.unwrap(), 1);

    let f = f.reopen().await;
    let again = f.storage.begin_history_chunk(SESSION).await.unwrap().unwrap();
    assert_eq!((again.id.as_str(), again.attempts), ("a", 2));
    assert_eq!((again.conversations, again.messages, again.stored), (3, 200, 1));
    assert_eq!(again.blob, b"a");
    assert_eq!(f.message("M2").await.content.as_deref(), Some("live"));
    let chat = f.storage.chat(SESSION, ANN).await.unwrap().unwrap();
    assert_eq!((chat.unread, chat.last.unwrap().wa_id.as_str()), (1, "M2"));
    assert_eq!(f.told().await, ["message.received"]);

    let done = event("history.progress", "a", ANN);
    f.storage
        .end_history_chunk(SESSION, "a", None, START, done)
        .await
        .unwrap();
    assert_eq!(f.storage.waiting_history_chunks(SESSION).await.unwrap(), 1);
    assert_eq!(
        f.storage.begin_history_chunk(SESSION).await.unwrap().unwrap().id,
        "b"
    );
    assert_eq!(f.storage.history_bytes(SESSION).await.unwrap(), 2);
    // A chunk that is done does not come again.
    assert!(!f.storage.put_history_chunk(chunk("a", 4)).await.unwrap());
}

#[tokio::test]
async fn what_history_says_of_a_chat_and_its_people_fills_what_is_not_known() {
    let f = Fixture::open().await;
    f.storage.put_history_chunk(chunk("a", 1)).await.unwrap();
    let batch = HistoryBatch {
        session_id: SESSION.to_owned(),
        chunk: "a".to_owned(),
        rows: (1..=5).map(old).collect(),
        chats: vec![HistoryChat {
            jid: ANN.to_owned(),
            name: Some("Ann".to_owned()),
            unread: Some(2),
            archived: Some(true),
            last_at: Some(START + 5_000),
            ..HistoryChat::default()
        }],
        contacts: vec![ContactPatch {
            pn: Some(ANN.to_owned()),
            name: Learned::Text("Ann".to_owned()),
            is_hearsay: true,
            ..ContactPatch::default()
        }],
        at: START,
        ..HistoryBatch::default()
    };
    f.storage.commit_history(batch).await.unwrap();
    let chat = f.storage.chat(SESSION, ANN).await.unwrap().unwrap();
    assert_eq!(chat.unread, 2);
    assert!(chat.state.archived);
    assert_eq!(chat.name.as_deref(), Some("Ann"));
    let unread = f.storage.unread_messages(SESSION, ANN, 10).await.unwrap();
    assert_eq!(
        unread.iter().map(|row| row.wa_id.as_str()).collect::<Vec<_>>(),
        ["M5", "M4"]
    );
    assert!(f.told().await.is_empty());
}
