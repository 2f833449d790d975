//! A disk that is full, and has room again: what cannot be stored is not acknowledged and not sent, and in the end
//! everything is where it belongs, once and in order.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use wagate_e2e::receiver::Hook;
use wagate_e2e::{Gateway, Network, Phone, Receiver, SmallDisk, eventually};

use crate::WAGATE;
use crate::webhooks::{SETTINGS, add, first_sight};

/// Enough for a gateway and what this test writes.
const DISK_MIB: u32 = 32;
/// No file of a gateway that has been paired is as small as this, and all are written to.
const FILE_BYTES: u64 = 4096;
const CHATS: usize = 3;
const BEFORE: usize = 30;
const MEANWHILE: usize = 150;
const AFTER: usize = 30;
const PACE: Duration = Duration::from_millis(20);
/// How long it stays full, at least.
const FULL_FOR: Duration = Duration::from_secs(3);
const SOON: Duration = Duration::from_secs(30);
/// A session that could not be stored waits up to a minute before it tries again.
const AT_LAST: Duration = Duration::from_mins(2);

/// How the disk is filled.
enum Disk {
    /// No block is left.
    Small(SmallDisk),
    /// No file may grow.
    Limited,
}

impl Disk {
    fn fill(&self, gateway: &Gateway) {
        match self {
            Self::Small(disk) => disk.fill(),
            Self::Limited => gateway.limit_files(Some(FILE_BYTES)),
        }
    }

    fn free(&self, gateway: &Gateway) {
        match self {
            Self::Small(disk) => disk.free(),
            Self::Limited => gateway.limit_files(None),
        }
    }
}

struct Writing<'a> {
    owner: &'a Phone<'a>,
    people: &'a [Phone<'a>],
    written: usize,
}

impl Writing<'_> {
    async fn go_on(&mut self, count: usize) {
        for _ in 0..count {
            let person = &self.people[self.written % CHATS];
            person
                .write(&self.owner.jid, &format!("question {}", self.written))
                .await;
            self.written += 1;
            tokio::time::sleep(PACE).await;
        }
    }
}

fn different(hooks: &[Hook]) -> usize {
    let ids: HashSet<&str> = hooks.iter().map(|hook| hook.header("webhook-id")).collect();
    ids.len()
}

/// Stanzas that the network keeps because the gateway has not acknowledged them.
async fn unacknowledged(network: &Network) -> u64 {
    let state = network.state().await;
    let phones = state["phones"].as_array().expect("phones");
    phones
        .iter()
        .flat_map(|phone| phone["devices"].as_array().expect("devices"))
        .map(|device| device["queued"].as_u64().expect("a count"))
        .sum()
}

#[tokio::test]
async fn with_a_full_disk_nothing_is_lost() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::prepare(WAGATE, &network, SETTINGS);
    match SmallDisk::mount(&gateway.data_dir(), DISK_MIB) {
        Some(disk) => fills_up(&network, gateway, Disk::Small(disk), "1202555930").await,
        None => fills_up(&network, gateway, Disk::Limited, "1202555930").await,
    }
}

/// The log cannot be written either.
#[tokio::test]
async fn with_files_that_may_not_grow_nothing_is_lost() {
    let network = Network::start(WAGATE);
    let gateway = Gateway::prepare(WAGATE, &network, SETTINGS);
    fills_up(&network, gateway, Disk::Limited, "1202555931").await;
}

async fn fills_up(network: &Network, mut gateway: Gateway, disk: Disk, numbers: &str) {
    wagate_e2e::gateway::share_cache(&gateway.data_dir());
    gateway.start_again();
    let owner = network.phone(&format!("{numbers}9"), "pn").await;
    let mut people = Vec::new();
    for n in 0..CHATS {
        people.push(network.phone(&format!("{numbers}{n}"), "pn").await);
    }
    let receiver = Receiver::start().await;
    gateway.pair("shop", &owner).await;
    add(&gateway, &receiver.url("/hook"), &["message.received"]).await;
    let rule = json!({ "keyword": "question", "response": "answer", "matchType": "STARTS_WITH", "triggerType": "ALL" });
    gateway.post("/api/autoreplies/shop", rule).await;
    let mut writing = Writing {
        owner: &owner,
        people: &people,
        written: 0,
    };
    writing.go_on(BEFORE).await;
    receiver
        .wait("what came before", SOON, |hooks| different(hooks) == BEFORE)
        .await;

    disk.fill(&gateway);
    let since = Instant::now();
    writing.go_on(MEANWHILE).await;
    // It says so.
    let said = eventually("the session says why it does not go on", SOON, async || {
        let session = gateway.get("/api/sessions/shop").await["data"].clone();
        let cause = session["cause"].as_str().unwrap_or_default().to_owned();
        cause.starts_with("storage-").then_some(session)
    })
    .await;
    assert_ne!(said["status"], "CONNECTED");
    eventually("it is not ready", SOON, async || {
        let (status, body) = gateway.call(Method::GET, "/readyz", None).await;
        let why = body["message"].as_str().unwrap_or_default();
        (status == 503 && why.contains("storage")).then_some(())
    })
    .await;
    if matches!(disk, Disk::Small(_)) {
        assert!(gateway.log_text().contains("the disk is full"));
    }
    // What is not stored is not acknowledged, and what cannot be written down is not sent.
    assert!(unacknowledged(network).await > 0);
    let mut sent = Vec::new();
    let mut refused = 0;
    while refused < 3 || since.elapsed() < FULL_FOR {
        let text = format!("notice {}", sent.len() + refused);
        let message = json!({ "message": { "text": text } });
        let path = format!("/api/messages/shop/{}/send", people[0].number);
        let (status, body) = gateway.call(Method::POST, &path, Some(message)).await;
        // There may be room for a line in a file that is there already.
        if status == 200 {
            sent.push(text);
        } else {
            assert_eq!(status, 503, "{body}");
            refused += 1;
        }
        // Reads go on.
        let chat = gateway.messages("shop", &people[0].jid).await;
        assert!(!chat.is_empty());
        gateway.get("/api/chat/shop").await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    disk.free(&gateway);
    writing.go_on(AFTER).await;
    let all = writing.written;
    let taken = receiver
        .wait("everything arrives", AT_LAST, |hooks| different(hooks) >= all)
        .await;
    gateway.wait_status("shop", "CONNECTED").await;
    eventually("it is ready", SOON, async || {
        (gateway.call(Method::GET, "/readyz", None).await.0 == 200).then_some(())
    })
    .await;
    assert_eq!(different(&taken), all);
    let chats = first_sight(&taken);
    // A known limit (host/ARCHITECTURE.md): with the keys of its last moment a client can lose what it reads the next
    // messages with. It says so, asks for those again, and they come behind what was written later.
    let asked_again: HashSet<String> = gateway
        .events("message.undecryptable")
        .await
        .iter()
        .filter_map(|event| event["keyId"].as_str().map(str::to_owned))
        .collect();
    let late: HashSet<String> = taken
        .iter()
        .map(|hook| hook.json()["data"].clone())
        .filter(|data| {
            data["key"]["id"]
                .as_str()
                .is_some_and(|id| asked_again.contains(id))
        })
        .filter_map(|data| data["content"].as_str().map(str::to_owned))
        .collect();
    let punctual = |texts: &[String]| -> Vec<String> {
        texts
            .iter()
            .filter(|text| !late.contains(*text))
            .cloned()
            .collect()
    };
    for (n, person) in people.iter().enumerate() {
        let expected: Vec<String> = (0..all)
            .filter(|message| message % CHATS == n)
            .map(|message| format!("question {message}"))
            .collect();
        // With both in hand the log of the gateway says which of the two went wrong.
        let (delivered, stored) = (
            chats[&person.jid].clone(),
            gateway.stored_texts(&person.jid, false).await,
        );
        for texts in [&delivered, &stored] {
            let (once, known): (HashSet<&String>, HashSet<&String>) =
                (texts.iter().collect(), expected.iter().collect());
            assert!(
                punctual(texts) == punctual(&expected) && once == known && texts.len() == expected.len(),
                "once and in order: delivered {delivered:?}, stored {stored:?}, asked for again {late:?}\n{}",
                gateway.log_text()
            );
        }
    }
    let repeats = taken.len() - all;
    assert!(repeats * 50 < all, "{repeats} repeats of {all}");
    // One answer each, and what was said to be sent.
    for (n, person) in people.iter().enumerate() {
        let notices: &[String] = if n == 0 { &sent } else { &[] };
        let got = person.received(all / CHATS + notices.len()).await;
        let (answers, others): (Vec<_>, Vec<_>) = got.iter().partition(|message| message["text"] == "answer");
        assert_eq!(answers.len(), all / CHATS, "one answer to each question");
        let others: Vec<&str> = others
            .iter()
            .filter_map(|message| message["text"].as_str())
            .collect();
        assert_eq!(others, notices);
    }
    let mut database = gateway.database(false).await;
    let verdict: String = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_one(&mut database)
        .await
        .expect("the database is read");
    assert_eq!(verdict, "ok");
}
