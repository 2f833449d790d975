//! History: what a device gets when it is linked, and when it asks.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};
use waproto::whatsapp as wa;
use whatsapp_rust::Jid;
use whatsapp_rust::wacore::store::DevicePropsOverride;

use crate::support::inbound::History;
use crate::support::{ANN, BOB, Client, TestNetwork};

const RECENT: i32 = 3;
const FULL: i32 = 2;

impl TestNetwork {
    async fn history(&self, number: &str, archive: &Value) -> Value {
        let (status, answer) = self.put(&format!("/phones/{number}/history"), archive).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Waits until a phone has sent all its history to its first device.
    async fn history_sent(&self, number: &str) -> Value {
        let waiting = async {
            loop {
                let history = self.get(&format!("/phones/{number}/history")).await;
                if history["devices"]["1"]["done"] == true {
                    return history["devices"]["1"].clone();
                }
                let after = self.get("/state").await["lastEvent"].as_u64().unwrap();
                self.get(&format!("/events?after={after}&wait=20")).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(30), waiting)
            .await
            .expect("the history was not sent")
    }
}

/// Ids of all messages, by chat.
fn ids(files: &[History]) -> BTreeMap<String, HashSet<String>> {
    let mut ids: BTreeMap<String, HashSet<String>> = BTreeMap::new();
    for chat in files.iter().flat_map(|file| &file.content.conversations) {
        let of_chat = ids.entry(chat.id.clone()).or_default();
        for message in &chat.messages {
            let id = message.message.key.id.clone().unwrap();
            assert!(of_chat.insert(id), "a message came twice");
        }
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_messages_arrive_once_each() {
    let network = TestNetwork::with_phones("pn").await;
    let archive = json!({ "messages": 2000, "people": 20, "days": 30 });
    let answer = network.history(ANN, &archive).await;
    assert_eq!(
        (&answer["chats"], &answer["messages"]),
        (&json!(20), &json!(2000))
    );
    let client = network.linked(ANN).await;
    let sent = network.history_sent(ANN).await;
    let files = client
        .history(usize::try_from(sent["files"].as_u64().unwrap()).unwrap())
        .await;
    let ids = ids(&files);
    assert_eq!(ids.len(), 20);
    assert_eq!(ids.values().map(HashSet::len).sum::<usize>(), 2000);
    let names: Vec<&wa::Pushname> = files.iter().flat_map(|file| &file.content.pushnames).collect();
    assert_eq!(names.len(), 20);
    let chat = &files[0].content.conversations[0];
    assert_eq!(
        chat.messages.len(),
        1,
        "the first file has the newest message of each chat"
    );
    assert!(chat.name.as_deref().unwrap().starts_with("Person"));
    assert!(
        files.iter().all(|file| file.kind != FULL),
        "nobody asked for more"
    );
    assert!(
        files
            .iter()
            .any(|file| file.kind == RECENT && file.progress == Some(100))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_comes_only_to_a_device_that_wants_everything() {
    let network = TestNetwork::with_phones("lid").await;
    network
        .history(ANN, &json!({ "messages": 300, "people": 1, "days": 300 }))
        .await;
    let all = DevicePropsOverride::default().with_require_full_sync(true);
    let client = network.linked_as(ANN, all).await;
    let sent = network.history_sent(ANN).await;
    assert_eq!(sent["messages"], 300);
    let files = client
        .history(usize::try_from(sent["files"].as_u64().unwrap()).unwrap())
        .await;
    let of_kind = |kind: i32| {
        let files = files.iter().filter(|file| file.kind == kind);
        files
            .flat_map(|file| &file.content.conversations)
            .map(|chat| chat.messages.len())
            .sum::<usize>()
    };
    assert!((80..100).contains(&of_kind(RECENT)), "{}", of_kind(RECENT));
    assert!((200..220).contains(&of_kind(FULL)), "{}", of_kind(FULL));
    assert_eq!(ids(&files).values().map(HashSet::len).sum::<usize>(), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_phone_has_little_to_tell() {
    let network = TestNetwork::with_phones("pn").await;
    let client = network.linked(ANN).await;
    let sent = network.history_sent(ANN).await;
    assert_eq!((&sent["files"], &sent["messages"]), (&json!(1), &json!(0)));
    let files = client.history(1).await;
    assert!(files.iter().all(|file| file.content.conversations.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_and_what_happened_since_are_one_history() {
    let network = TestNetwork::with_phones("lid").await;
    let lines = json!([
        { "from": "them", "text": "long ago", "ago": 86400 },
        { "from": "me", "text": "indeed", "ago": 86000, "id": "INDEED" },
    ]);
    let chats = json!([{ "with": BOB, "name": "Bobby", "unread": 1, "archived": true, "messages": 3, "lines": lines }]);
    network.history(ANN, &json!({ "chats": chats })).await;
    network.write(BOB, ANN, "today").await;
    network.inbox(ANN, 1).await;
    network.write(ANN, BOB, "yes").await;
    let client = network.linked(ANN).await;
    network.history_sent(ANN).await;
    let files = client.history(3).await;
    let chats: Vec<&wa::Conversation> = files
        .iter()
        .flat_map(|file| &file.content.conversations)
        .collect();
    let texts: Vec<&str> = chats
        .iter()
        .flat_map(|chat| &chat.messages)
        .map(|message| message.message.message.conversation.as_deref().unwrap())
        .collect();
    let made_up = [
        "Message 3 of chat 1",
        "Message 2 of chat 1",
        "Message 1 of chat 1",
    ];
    assert_eq!(texts[..4], ["yes", "today", "indeed", "long ago"]);
    assert_eq!(texts[4..], made_up);
    assert!(chats[0].id.ends_with("@lid"), "{}", chats[0].id);
    assert_eq!(
        chats[0].pn_jid.as_deref(),
        Some(format!("{BOB}@s.whatsapp.net").as_str())
    );
    assert_eq!((chats[0].archived, chats[0].unread_count), (Some(true), Some(1)));
    assert_eq!(chats[0].name.as_deref(), Some("Bobby"));
}

#[tokio::test(flavor = "multi_thread")]
async fn older_messages_are_fetched_on_demand() {
    let network = TestNetwork::with_phones("lid").await;
    let chats = json!([{ "with": BOB, "messages": 500 }]);
    network
        .history(ANN, &json!({ "chats": chats, "days": 400 }))
        .await;
    let client = network.linked(ANN).await;
    network.history_sent(ANN).await;
    let files = client.history(2).await;
    let known = ids(&files);
    let chat = Jid::pn(BOB);
    let oldest = files[1].content.conversations[0]
        .messages
        .last()
        .unwrap()
        .message
        .clone();
    let before: usize = known.values().map(HashSet::len).sum();
    assert!(before < 500);
    let at = i64::try_from(oldest.message_timestamp.unwrap()).unwrap() * 1000;
    let id = oldest.key.id.as_deref().unwrap();
    let request = client
        .client()
        .fetch_message_history(&chat, id, false, at, 40)
        .await
        .unwrap();
    let files = client.history(3).await;
    let got = &files[2];
    assert_eq!(got.session.as_deref(), Some(request.as_str()));
    let more = &got.content.conversations[0].messages;
    assert_eq!(more.len(), 40);
    assert!(
        more.iter()
            .all(|one| one.message.message_timestamp < oldest.message_timestamp)
    );
    assert_eq!(ids(&files).values().map(HashSet::len).sum::<usize>(), before + 40);

    // By time alone, for a message the phone does not know.
    client
        .client()
        .fetch_message_history(&chat, "UNKNOWN", false, at, 10)
        .await
        .unwrap();
    let files = client.history(4).await;
    assert_eq!(files[3].content.conversations[0].messages.len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_file_that_expired_is_uploaded_again() {
    let network = TestNetwork::with_phones("pn").await;
    network.history(ANN, &json!({ "messages": 5, "people": 1 })).await;
    let client = network.linked(ANN).await;
    network.history_sent(ANN).await;
    client.history(3).await;
    let before = network.get("/media").await["files"].as_array().unwrap().len();
    // The phone's own record of what it sent is the only place that has the key.
    let told = network.get(&format!("/phones/{ANN}/history?files=1")).await;
    let file = told["files"].as_array().unwrap().last().unwrap();
    let key = hex::decode(file["mediaKey"].as_str().unwrap()).unwrap();
    client
        .client()
        .send_history_sync_server_error_receipt(file["id"].as_str().unwrap(), &key)
        .await
        .unwrap();
    let limit = std::time::Duration::from_secs(20);
    tokio::time::timeout(limit, async {
        while network.get("/media").await["files"].as_array().unwrap().len() == before {
            let after = network.get("/state").await["lastEvent"].as_u64().unwrap();
            network.get(&format!("/events?after={after}&wait=20")).await;
        }
    })
    .await
    .expect("the file was not uploaded again");
}

/// One hundred thousand messages, in memory that does not grow with them.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute: run by the nightly job"]
async fn a_hundred_thousand_messages_take_bounded_memory() {
    let network = TestNetwork::with_phones("pn").await;
    network
        .history(ANN, &json!({ "messages": 100_000, "people": 50 }))
        .await;
    let before = resident();
    let _client: Client = network.linked(ANN).await;
    let sent = network.history_sent(ANN).await;
    assert_eq!(sent["messages"], 100_000);
    let grown = resident().saturating_sub(before);
    assert!(grown < 200 * 1024 * 1024, "grew by {grown} bytes");
}

/// Bytes of memory this process holds.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
