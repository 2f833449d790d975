//! A chunk of history from its bytes to the rows.

use std::io::Write as _;

use buffa::{Message as _, MessageField};
use wagate_storage::contacts::ContactQuery;
use wagate_storage::history::HistoryChunk;
use wagate_storage::messages::{DELETED_TEXT, MessageStatus};
use wagate_storage::sessions::Identity;
use waproto::whatsapp as wa;

use super::{About, work_off, write_down};
use crate::fixture::{ANN, ANN_LID, BOB, Fixture, GROUP, NOW, OWN, text};

fn info(id: &str, chat: &str, from_me: bool, participant: Option<&str>, age_days: u64) -> wa::WebMessageInfo {
    wa::WebMessageInfo {
        key: MessageField::some(wa::MessageKey {
            remote_jid: Some(chat.to_owned()),
            from_me: Some(from_me),
            id: Some(id.to_owned()),
            participant: participant.map(str::to_owned),
        }),
        message: MessageField::some(text(&format!("text of {id}"))),
        message_timestamp: Some(1_700_000_000 - age_days * 24 * 3600),
        status: Some(wa::web_message_info::Status::READ),
        push_name: Some("annie".to_owned()),
        ..wa::WebMessageInfo::default()
    }
}

fn conversation(id: &str, infos: Vec<wa::WebMessageInfo>) -> wa::Conversation {
    wa::Conversation {
        id: id.to_owned(),
        messages: infos
            .into_iter()
            .map(|info| wa::HistorySyncMsg {
                message: MessageField::some(info),
                msg_order_id: Some(1),
            })
            .collect(),
        ..wa::Conversation::default()
    }
}

async fn keep(f: &Fixture, history: &wa::HistorySync) {
    let bytes = history.encode_to_vec();
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&bytes).unwrap();
    let chunk = HistoryChunk {
        session_id: "session".to_owned(),
        id: "chunk".to_owned(),
        sync_type: 3,
        chunk_order: Some(1),
        progress: Some(80),
        unpacked: i64::try_from(bytes.len()).unwrap(),
        blob: packer.finish().unwrap(),
        conversations: 0,
        messages: 0,
        stored: 0,
        attempts: 0,
        created_at: NOW,
    };
    assert!(f.storage().put_history_chunk(chunk).await.unwrap());
}

fn history(conversations: Vec<wa::Conversation>) -> wa::HistorySync {
    wa::HistorySync {
        sync_type: wa::history_sync::HistorySyncType::RECENT,
        conversations,
        ..wa::HistorySync::default()
    }
}

#[tokio::test]
async fn history_is_stored_and_never_told_as_new() {
    let f = Fixture::open().await;
    let mut starred = info("A2", ANN_LID, true, None, 1);
    starred.starred = Some(true);
    let mut gone = info("A3", ANN_LID, false, None, 1);
    gone.revoke_message_timestamp = Some(1_699_999_999);
    let mut liked = info("G1", GROUP, false, Some(BOB), 2);
    liked.reactions = vec![wa::Reaction {
        key: MessageField::some(wa::MessageKey {
            from_me: Some(true),
            ..wa::MessageKey::default()
        }),
        text: Some("👍".to_owned()),
        sender_timestamp_ms: Some(5),
        ..wa::Reaction::default()
    }];
    let ann = wa::Conversation {
        pn_jid: Some(ANN.to_owned()),
        name: Some("Ann Example".to_owned()),
        unread_count: Some(1),
        archived: Some(true),
        ..conversation(ANN_LID, vec![info("A1", ANN_LID, false, None, 3), starred, gone])
    };
    let sync = wa::HistorySync {
        pushnames: vec![wa::Pushname {
            id: Some("12025550103@s.whatsapp.net".to_owned()),
            pushname: Some("bobby".to_owned()),
        }],
        ..history(vec![ann, conversation(GROUP, vec![liked])])
    };
    keep(&f, &sync).await;
    work_off(&f.context).await.unwrap();

    let rows = f.storage().chat_messages("session", ANN, None, 10).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.wa_id.as_str()).collect::<Vec<_>>(),
        ["A1", "A2", "A3"]
    );
    assert_eq!(rows[0].sender, ANN);
    assert_eq!(
        (rows[1].sender.as_str(), rows[1].status, rows[1].starred),
        (OWN, MessageStatus::Read, true)
    );
    assert_eq!(rows[2].content.as_deref(), Some(DELETED_TEXT));
    let chat = f.storage().chat("session", ANN).await.unwrap().unwrap();
    assert_eq!((chat.unread, chat.state.archived), (1, true));
    assert_eq!(chat.name.as_deref(), Some("Ann Example"));
    let reactions = f.storage().reactions("session", GROUP, "G1").await.unwrap();
    assert_eq!((reactions[0].sender.as_str(), reactions[0].from_me), (OWN, true));
    let query = ContactQuery {
        search: Some("bobby".to_owned()),
        offset: 0,
        limit: 10,
    };
    assert_eq!(f.storage().contacts("session", &query).await.unwrap().len(), 1);

    let kinds: Vec<String> = f.events().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["history.progress"]);
    let told = f.event("history.progress").await;
    insta::assert_json_snapshot!(told);
    assert_eq!(f.storage().waiting_history_chunks("session").await.unwrap(), 0);
}

/// A phone sends it the moment it is linked, which may be before the login is noted.
#[tokio::test]
async fn it_waits_until_its_account_is_known() {
    let f = Fixture::open().await;
    let nobody = Identity::default();
    f.storage().set_identity("session", nobody, NOW).await.unwrap();
    let infos = vec![info("A1", ANN, false, None, 1)];
    keep(&f, &history(vec![conversation(ANN, infos)])).await;
    work_off(&f.context).await.unwrap();
    assert_eq!(f.storage().waiting_history_chunks("session").await.unwrap(), 1);
    assert!(f.events().await.is_empty());

    let known = Identity {
        pn: Some(OWN.to_owned()),
        ..Identity::default()
    };
    f.storage().set_identity("session", known, NOW).await.unwrap();
    work_off(&f.context).await.unwrap();
    assert_eq!(f.storage().waiting_history_chunks("session").await.unwrap(), 0);
    let rows = f.storage().chat_messages("session", ANN, None, 10).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(f.event("history.progress").await["error"].is_null());
}

#[tokio::test]
async fn what_is_too_old_is_left_out() {
    let f = Fixture::open().await;
    f.configure(&serde_json::json!({ "historyDays": 7 }));
    let infos = vec![info("OLD", ANN, false, None, 8), info("NEW", ANN, false, None, 6)];
    keep(&f, &history(vec![conversation(ANN, infos)])).await;
    work_off(&f.context).await.unwrap();
    let rows = f.storage().chat_messages("session", ANN, None, 10).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.wa_id.as_str()).collect::<Vec<_>>(),
        ["NEW"]
    );
}

/// A large conversation is written in pieces; begun again it goes on after the last of them.
#[tokio::test]
async fn a_chunk_goes_on_where_it_was() {
    let f = Fixture::open().await;
    let many = |chat: &str, letter: &str, count: usize| {
        let infos = (0..count).map(|number| info(&format!("{letter}{number}"), chat, false, None, 1));
        conversation(chat, infos.collect())
    };
    keep(&f, &history(vec![many(ANN, "A", 450), many(BOB, "B", 450)])).await;
    let mut chunk = f.storage().begin_history_chunk("session").await.unwrap().unwrap();
    // As if the process had ended in the second conversation.
    chunk.conversations = 1;
    chunk.messages = 200;
    let stored = write_down(&f.context, &f.own, chunk).await.unwrap().unwrap();
    assert_eq!(stored, 250);
    assert!(f.storage().chat("session", ANN).await.unwrap().is_none());
    let chunk = f.storage().begin_history_chunk("session").await.unwrap().unwrap();
    assert_eq!((chunk.conversations, chunk.messages, chunk.attempts), (2, 0, 2));
    let again = write_down(&f.context, &f.own, chunk).await.unwrap().unwrap();
    assert_eq!(again, 0);
}

#[tokio::test]
async fn a_damaged_chunk_is_given_up_and_told() {
    let f = Fixture::open().await;
    keep(&f, &history(Vec::new())).await;
    let mut chunk = f.storage().begin_history_chunk("session").await.unwrap().unwrap();
    chunk.blob = b"not compressed".to_vec();
    assert!(About::of(&chunk).progress.is_some());
    let outcome = write_down(&f.context, &f.own, chunk).await.unwrap();
    assert!(outcome.is_err());
}
