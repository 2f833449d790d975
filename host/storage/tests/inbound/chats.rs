//! Chats: the list, what is read, what the owner sets and removes.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use wagate_storage::chats::{ChatChange, ChatQuery, FOREVER};
use wagate_storage::messages::MessageRow;

use super::support::{ANN, BOB, Fixture, GROUP, SESSION, START, event, in_group, own, text};

async fn change(f: &Fixture, chat: &str, change: ChatChange) -> bool {
    let told = event("chat.updated", &wagate_storage::new_row_id(), chat);
    f.storage
        .change_chat(SESSION, chat, change, START, Box::new(|_| Some(told)))
        .await
        .unwrap()
}

async fn names(f: &Fixture) -> Vec<String> {
    let chats = f.storage.chats(SESSION, 10).await.unwrap();
    chats.into_iter().map(|chat| chat.jid).collect()
}

#[tokio::test]
async fn the_newest_chat_stands_first_and_says_its_newest_message() {
    let f = Fixture::open().await;
    let from_bob = |number: i64| MessageRow {
        chat: BOB.to_owned(),
        sender: BOB.to_owned(),
        ..text(number, "from bob")
    };
    f.receive(text(1, "one")).await;
    f.receive(from_bob(2)).await;
    f.receive(in_group(text(3, "three"))).await;
    assert_eq!(names(&f).await, [GROUP, BOB, ANN]);
    f.receive(text(4, "four")).await;
    // An old one that comes late.
    f.receive(from_bob(0)).await;
    assert_eq!(names(&f).await, [ANN, GROUP, BOB]);
    let chats = f.storage.chats(SESSION, 10).await.unwrap();
    assert_eq!(chats[0].last.as_ref().unwrap().content.as_deref(), Some("four"));
    assert_eq!(chats[2].last.as_ref().unwrap().wa_id, "M2");
    let page = ChatQuery {
        archived: None,
        offset: 1,
        limit: 1,
    };
    assert_eq!(f.storage.chats_page(SESSION, &page).await.unwrap()[0].jid, GROUP);
    assert_eq!(f.storage.count_chats(SESSION, None).await.unwrap(), 3);
}

#[tokio::test]
async fn unread_counts_what_came_since_the_owner_read_or_wrote() {
    let f = Fixture::open().await;
    let unread = async || f.storage.chat(SESSION, ANN).await.unwrap().unwrap().unread;
    for number in 1..=3 {
        f.receive(text(number, "x")).await;
    }
    assert_eq!(unread().await, 3);
    assert!(
        change(
            &f,
            ANN,
            ChatChange::ReadUpTo(vec!["M1".to_owned(), "M2".to_owned()])
        )
        .await
    );
    assert_eq!(unread().await, 1);
    let waiting = f.storage.unread_messages(SESSION, ANN, 10).await.unwrap();
    assert_eq!(
        waiting.iter().map(|row| row.wa_id.as_str()).collect::<Vec<_>>(),
        ["M3"]
    );
    // A receipt for something older changes nothing.
    assert!(!change(&f, ANN, ChatChange::ReadUpTo(vec!["M1".to_owned()])).await);
    f.receive(own(4, "answer")).await;
    assert_eq!(unread().await, 0);
    f.receive(text(5, "x")).await;
    assert!(change(&f, ANN, ChatChange::Read(true)).await);
    assert_eq!(unread().await, 0);
    assert!(change(&f, ANN, ChatChange::Read(false)).await);
    assert!(
        f.storage
            .chat(SESSION, ANN)
            .await
            .unwrap()
            .unwrap()
            .state
            .marked_unread
    );
    assert!(change(&f, ANN, ChatChange::Read(true)).await);
    assert!(
        !f.storage
            .chat(SESSION, ANN)
            .await
            .unwrap()
            .unwrap()
            .state
            .marked_unread
    );
}

#[tokio::test]
async fn settings_hold_and_are_told_once() {
    let f = Fixture::open().await;
    f.receive(text(1, "x")).await;
    for (set, unset) in [
        (ChatChange::Archived(true), ChatChange::Archived(false)),
        (ChatChange::Pinned(Some(START)), ChatChange::Pinned(None)),
        (ChatChange::Muted(Some(FOREVER)), ChatChange::Muted(None)),
        (ChatChange::Ephemeral(86_400), ChatChange::Ephemeral(0)),
    ] {
        assert!(change(&f, ANN, set.clone()).await, "{set:?}");
        assert!(!change(&f, ANN, set.clone()).await, "{set:?} again");
        assert!(change(&f, ANN, unset).await, "{set:?} taken back");
    }
    let told = f.told().await.into_iter().filter(|kind| kind == "chat.updated");
    assert_eq!(told.count(), 8);
    change(&f, ANN, ChatChange::Archived(true)).await;
    let archived = ChatQuery {
        archived: Some(true),
        offset: 0,
        limit: 10,
    };
    assert_eq!(f.storage.chats_page(SESSION, &archived).await.unwrap().len(), 1);
    assert_eq!(f.storage.count_chats(SESSION, Some(false)).await.unwrap(), 0);
}

#[tokio::test]
async fn a_chat_that_only_has_events_is_in_no_list_and_app_state_may_come_before_messages() {
    let f = Fixture::open().await;
    f.storage
        .append_events(vec![event("presence.updated", "1", BOB)])
        .await
        .unwrap();
    change(&f, ANN, ChatChange::Archived(true)).await;
    assert!(names(&f).await.is_empty());
    f.receive(text(1, "x")).await;
    assert_eq!(names(&f).await, [ANN]);
    let chat = f.storage.chat(SESSION, ANN).await.unwrap().unwrap();
    assert!(chat.state.archived);
    assert_eq!(chat.last.unwrap().wa_id, "M1");
    f.receive(MessageRow {
        chat: "status@broadcast".to_owned(),
        ..text(2, "a status")
    })
    .await;
    assert_eq!(names(&f).await, [ANN]);
    let statuses = f
        .storage
        .chat_messages(SESSION, "status@broadcast", None, 10)
        .await
        .unwrap();
    assert_eq!(statuses.len(), 1);
}

#[tokio::test]
async fn a_cleared_chat_keeps_its_stars_and_a_deleted_one_comes_back_with_the_next_message() {
    let f = Fixture::open().await;
    for number in 1..=3 {
        f.receive(text(number, "x")).await;
    }
    assert!(f.storage.star_message(SESSION, ANN, "M2", true).await.unwrap());
    assert!(!f.storage.star_message(SESSION, ANN, "M2", true).await.unwrap());
    let clear = ChatChange::Cleared {
        keep_starred: true,
        keep_messages: false,
    };
    assert!(change(&f, ANN, clear).await);
    let left = f.storage.chat_messages(SESSION, ANN, None, 10).await.unwrap();
    assert_eq!(
        left.iter().map(|row| row.wa_id.as_str()).collect::<Vec<_>>(),
        ["M2"]
    );
    assert!(change(&f, ANN, ChatChange::Deleted { keep_messages: false }).await);
    assert!(names(&f).await.is_empty());
    f.receive(text(4, "x")).await;
    assert_eq!(names(&f).await, [ANN]);
    assert_eq!(f.storage.chat(SESSION, ANN).await.unwrap().unwrap().unread, 1);
}

#[tokio::test]
async fn messages_stay_where_deleting_is_not_heeded() {
    let f = Fixture::open().await;
    f.receive(text(1, "x")).await;
    assert!(change(&f, ANN, ChatChange::Deleted { keep_messages: true }).await);
    assert!(names(&f).await.is_empty());
    assert_eq!(
        f.storage
            .chat_messages(SESSION, ANN, None, 10)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_forgotten_message_leaves_the_one_before_as_the_newest() {
    let f = Fixture::open().await;
    f.receive(text(1, "x")).await;
    f.receive(text(2, "x")).await;
    assert!(f.storage.forget_message(SESSION, ANN, "M2").await.unwrap());
    assert!(!f.storage.forget_message(SESSION, ANN, "M2").await.unwrap());
    let chat = f.storage.chat(SESSION, ANN).await.unwrap().unwrap();
    assert_eq!(chat.last.unwrap().wa_id, "M1");
    assert_eq!(chat.unread, 1);
}

#[tokio::test]
async fn statistics_of_a_small_day_do_not_outlive_it() {
    let f = Fixture::open().await;
    f.receive(text(1, "x")).await;
    let path = f.directory.path().join("wagate.db");
    let options = SqliteConnectOptions::new().filename(&path);
    let mut c = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("ANALYZE").execute(&mut c).await.unwrap();
    c.close().await.unwrap();
    // Twice: closing must not gather new ones.
    let f = f.reopen().await.reopen().await;
    let mut c = SqliteConnection::connect_with(&options).await.unwrap();
    let statistics: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_stat1")
        .fetch_one(&mut c)
        .await
        .unwrap();
    assert_eq!(statistics, 0);
    assert_eq!(names(&f).await, [ANN]);
}
