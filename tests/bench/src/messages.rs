//! A session with 100,000 messages: how long a search, the chat list and a page of a chat take, in the storage and as a
//! REST client gets them, and what a commit costs.
//!
//! The words are distributed as words are (the n-th as often as 1/n), so that some are in every second message. Searches
//! take words and pieces of stored messages, half of them in one chat; each is a page of 20 with its total count.

mod seed;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use hyper::Method;
use sha2::{Digest as _, Sha256};
use wagate_storage::SharedStorage;
use wagate_storage::messages::MessageRow;
use wagate_storage::search::SearchQuery;
use wagate_storage::sqlite::SqliteStorage;

use self::seed::{Text, chat, fill};
use crate::figures::{Latencies, micros, print_table};
use crate::gateway::{self, API_KEY, Gateway, WITHOUT_LIMITS};
use crate::{load, rows};

const MESSAGES: usize = 100_000;
const CHATS: usize = 1_000;
const QUERIES: usize = 400;
const SESSION: &str = "session";

pub(crate) async fn run() -> anyhow::Result<()> {
    let dir = gateway::directory()?;
    let storage = SqliteStorage::open(&dir.path().join("data/wagate.db"))
        .await
        .context("cannot open")?;
    let storage: SharedStorage = Arc::new(storage);
    // The key of the gateway that is started over it.
    rows::add_user(&storage, Sha256::digest(API_KEY).to_vec()).await?;
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
    let mut rows_of_figures = vec![searches(&storage, wanted(&mut text, &rows)).await?];
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
    let wanted = wanted(&mut text, &rows);
    drop(storage);
    let gateway = Gateway::start_in(dir, &WITHOUT_LIMITS)?;
    over_rest(&gateway, &wanted).await
}

/// The same as a client gets it: key, plugin and JSON included. One connection.
async fn over_rest(gateway: &Gateway, wanted: &[(String, Option<String>)]) -> anyhow::Result<()> {
    let target = gateway.target(Method::GET, "")?;
    let all = |path: &dyn Fn(usize) -> String| (0..QUERIES).map(path).collect::<Vec<String>>();
    let search = wanted.iter().map(|(text, chat)| {
        let chat = chat
            .as_ref()
            .map_or_else(String::new, |chat| format!("&jid={chat}"));
        format!(
            "/api/messages/{SESSION}/search?q={}{chat}",
            text.replace(' ', "%20")
        )
    });
    let calls = [
        ("search: page of 20 and count", "p95 50 ms", search.collect()),
        (
            "chat list, 100 of 1,000",
            "20 ms",
            all(&|_| format!("/api/chat/{SESSION}?limit=100")),
        ),
        (
            "chat list, all 1,000",
            "20 ms",
            all(&|_| format!("/api/chat/{SESSION}")),
        ),
        (
            "page of 100 messages",
            "10 ms",
            all(&|number| format!("/api/chat/{SESSION}/{}", chat(number))),
        ),
    ];
    let mut rows = Vec::new();
    for (name, goal, paths) in calls {
        let latencies = load::each(&target, &paths).await?;
        let ms = |duration: Duration| format!("{:.1}", micros(duration) / 1000.0);
        rows.push(vec![
            name.to_owned(),
            goal.to_owned(),
            ms(latencies.p50()),
            ms(latencies.p95()),
            ms(latencies.p99()),
        ]);
    }
    print_table(
        &format!("messages over REST: the same {MESSAGES}, {QUERIES} requests each"),
        &["", "goal", "p50 ms", "p95 ms", "p99 ms"],
        &rows,
    );
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

/// What is searched for: a word or a piece of a message, half of it in one chat.
fn wanted(text: &mut Text, rows: &[MessageRow]) -> Vec<(String, Option<String>)> {
    let rows = rows
        .iter()
        .cycle()
        .take(if rows.is_empty() { 0 } else { QUERIES });
    rows.enumerate()
        .map(|(number, row)| {
            let content = row.content.as_deref().unwrap_or_default();
            let wanted: String = if number % 4 == 0 {
                content.chars().skip(3).take(12).collect()
            } else {
                text.word()
            };
            let wanted = if wanted.chars().count() < 3 {
                "the".to_owned()
            } else {
                wanted
            };
            (wanted, (number % 2 == 0).then(|| row.chat.clone()))
        })
        .collect()
}

async fn searches(
    storage: &SharedStorage,
    wanted: Vec<(String, Option<String>)>,
) -> anyhow::Result<Vec<String>> {
    let mut times = Vec::with_capacity(QUERIES);
    for (text, chat) in wanted {
        let query = SearchQuery {
            text,
            chat,
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
