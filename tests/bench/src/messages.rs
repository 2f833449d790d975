//! A session with 100,000 messages: how long a search, the chat list and a page of a chat take, and what a commit costs.
//!
//! The words are distributed as words are (the n-th as often as 1/n), so that some are in every second message. Searches
//! take words and pieces of stored messages, half of them in one chat; each is a page of 20 with its total count.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use wagate_storage::SharedStorage;
use wagate_storage::contacts::{ContactSighting, TellContact};
use wagate_storage::events::NewEvent;
use wagate_storage::messages::{Inbound, MessageRow, MessageStatus, NewMessage};
use wagate_storage::search::SearchQuery;
use wagate_storage::sqlite::SqliteStorage;

use crate::figures::{Latencies, micros, print_table, rate};
use crate::{rows, scratch};

const MESSAGES: usize = 100_000;
const CHATS: usize = 1_000;
const WORDS: usize = 5_000;
const QUERIES: usize = 400;
/// Commits that wait together, as in a busy gateway.
const TOGETHER: usize = 32;
const SESSION: &str = "session";

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(sides).unwrap_or(1).max(1)).unwrap_or(0)
    }
}

struct Text {
    dice: Dice,
    words: Vec<String>,
    /// Place of each word in a roll: the n-th has a share of 1/n.
    shares: Vec<usize>,
}

impl Text {
    fn new() -> Self {
        let mut dice = Dice(7);
        let letters: Vec<char> = "etaoinshrdlucmfwypvbgk".chars().collect();
        let mut words: Vec<String> = [
            "the", "and", "you", "that", "with", "have", "this", "for", "are", "not",
        ]
        .map(str::to_owned)
        .into();
        while words.len() < WORDS {
            let length = 2 + dice.roll(8);
            words.push(
                (0..length)
                    .filter_map(|_| letters.get(dice.roll(22)).copied())
                    .collect(),
            );
        }
        let mut sum = 0;
        let shares = (1..=WORDS)
            .map(|rank| {
                sum += 1_000_000 / rank;
                sum
            })
            .collect();
        Self { dice, words, shares }
    }

    fn word(&mut self) -> String {
        let top = self.shares.last().copied().unwrap_or(1);
        let roll = self.dice.roll(top);
        let at = self.shares.partition_point(|share| *share <= roll);
        self.words.get(at).cloned().unwrap_or_default()
    }

    fn sentence(&mut self) -> String {
        let count = 3 + self.dice.roll(18);
        let words: Vec<String> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }
}

fn chat(number: usize) -> String {
    format!("1202555{:04}@s.whatsapp.net", number % CHATS)
}

fn message(number: usize, text: &mut Text) -> Inbound {
    let chat = chat(text.dice.roll(CHATS) * text.dice.roll(CHATS) / CHATS);
    let row = MessageRow {
        id: wagate_storage::new_row_id(),
        session_id: SESSION.to_owned(),
        sender: chat.clone(),
        chat,
        from_me: false,
        wa_id: format!("3EB0{number:018X}"),
        push_name: Some("Somebody".to_owned()),
        kind: "TEXT".to_owned(),
        content: Some(text.sentence()),
        status: MessageStatus::Pending,
        played: false,
        timestamp: 1_700_000_000_000 + i64::try_from(number).unwrap_or(0) * 10_000,
        quote_id: None,
        edited_at: None,
        deleted_at: None,
        deleted_by: None,
        starred: false,
        mime_type: None,
        file_name: None,
        file_size: None,
        wire: vec![7; 180],
    };
    let event = NewEvent {
        id: row.wa_id.clone(),
        session_id: SESSION.to_owned(),
        kind: "message.received".to_owned(),
        chat: Some(row.chat.clone()),
        timestamp: row.timestamp,
        schema: 1,
        data: format!(
            "{{\"content\":\"{}\",\"padding\":\"{}\"}}",
            row.content.as_deref().unwrap_or(""),
            "x".repeat(400)
        ),
    };
    let contact = ContactSighting {
        pn: Some(row.sender.clone()),
        push_name: row.push_name.clone(),
        ..ContactSighting::default()
    };
    Inbound::Message(Box::new(NewMessage { row, event: Some(event), contact, media: None }))
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let dir = scratch::directory()?;
    let storage = SqliteStorage::open(&dir.path().join("wagate.db"))
        .await
        .context("cannot open")?;
    let storage: SharedStorage = Arc::new(storage);
    rows::add_user(&storage, vec![0; 32]).await?;
    rows::add_session(&storage, SESSION).await?;
    let mut text = Text::new();
    fill(&storage, &mut text).await?;
    let started = Instant::now();
    while storage.index_text(100).await? {}
    println!(
        "indexing {MESSAGES} messages took {:.1} s",
        started.elapsed().as_secs_f64()
    );

    let rows = storage
        .search(
            SESSION,
            &SearchQuery {
                limit: 500,
                ..SearchQuery::default()
            },
        )
        .await?;
    let mut rows_of_figures = vec![searches(&storage, &mut text, &rows).await?];
    let calls: [(&str, fn(usize) -> Call); 4] = [
        ("chat list, 100 of 1,000", |_| Call::Chats(100)),
        ("chat list, all 1,000", |_| Call::Chats(1_000)),
        ("page of 100 messages", |number| Call::Page(chat(number))),
        ("page of 100 with names and reactions", |number| {
            Call::View(chat(number))
        }),
    ];
    for (name, call) in calls {
        let mut times = Vec::with_capacity(QUERIES);
        for number in 0..QUERIES {
            let started = Instant::now();
            call(number).run(&storage).await?;
            times.push(started.elapsed());
        }
        rows_of_figures.push(figures(name, times));
    }
    print_table(
        &format!("messages: {MESSAGES} stored in {CHATS} chats, {QUERIES} calls each"),
        &["", "p50 us", "p95 us", "p99 us"],
        &rows_of_figures,
    );
    storage.close().await;
    Ok(())
}

enum Call {
    Chats(i64),
    Page(String),
    View(String),
}

impl Call {
    async fn run(self, storage: &SharedStorage) -> anyhow::Result<()> {
        match self {
            Self::Chats(limit) => drop(storage.chats(SESSION, limit).await?),
            Self::Page(chat) => drop(storage.chat_messages(SESSION, &chat, None, 100).await?),
            Self::View(chat) => {
                let rows = storage.chat_messages(SESSION, &chat, None, 100).await?;
                drop(storage.view_messages(SESSION, rows).await?);
            }
        }
        Ok(())
    }
}

async fn fill(storage: &SharedStorage, text: &mut Text) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut number = 0;
    while number < MESSAGES {
        let commits: Vec<_> = (number..(number + TOGETHER).min(MESSAGES))
            .map(|number| {
                let batch: Arc<[Inbound]> = vec![message(number, text)].into();
                storage.commit_inbound(batch, TellContact::nothing())
            })
            .collect();
        number += commits.len();
        futures::future::try_join_all(commits).await?;
    }
    let elapsed = started.elapsed();
    println!(
        "{:.0} messages/s committed with their events, {TOGETHER} waiting together",
        rate(MESSAGES, elapsed)
    );
    Ok(())
}

async fn searches(
    storage: &SharedStorage,
    text: &mut Text,
    rows: &[MessageRow],
) -> anyhow::Result<Vec<String>> {
    let mut times = Vec::with_capacity(QUERIES);
    for number in 0..QUERIES {
        let row = rows.get(number % rows.len().max(1)).context("no messages")?;
        let content = row.content.as_deref().unwrap_or_default();
        let wanted = if number % 4 == 0 {
            content.chars().skip(3).take(12).collect()
        } else {
            text.word()
        };
        let query = SearchQuery {
            text: if wanted.chars().count() < 3 {
                "the".to_owned()
            } else {
                wanted
            },
            chat: (number % 2 == 0).then(|| row.chat.clone()),
            limit: 20,
            ..SearchQuery::default()
        };
        let started = Instant::now();
        storage.search(SESSION, &query).await?;
        storage.count_found(SESSION, &query).await?;
        times.push(started.elapsed());
    }
    Ok(figures("search: page of 20 and count", times))
}

fn figures(name: &str, times: Vec<Duration>) -> Vec<String> {
    let latencies = Latencies::new(times);
    let cell = |duration: Duration| format!("{:.0}", micros(duration));
    vec![
        name.to_owned(),
        cell(latencies.p50()),
        cell(latencies.p95()),
        cell(latencies.p99()),
    ]
}
