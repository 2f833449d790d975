//! Session state in our one database against upstream's one file a session.
//!
//! A received message costs the engine three durable writes: the message itself until it is stored for good, the Signal
//! session that moved on, and the removal of the first. Ours is called below the engine's adapter, which is private to
//! its crate: the adapter copies arguments and takes an uncontended lock. The session's own writes follow each other, as
//! in a client; sessions run side by side.
//!
//! Ours syncs before every answer (`synchronous=FULL`). Upstream by default does not (`NORMAL`: a power cut may take the
//! last commits back), so it runs both ways.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use tokio::task::JoinSet;
use wagate_storage::SharedStorage;
use wagate_storage::signal::{PendingKey, PendingMessage, SignalRecord};
use wagate_storage::sqlite::SqliteStorage;
use whatsapp_rust::store::{
    PendingInboundKey, PendingInboundRow, ProtocolStore as _, SignalStore as _, SqliteStore,
    SqliteStoreConfig, Synchronous,
};

use crate::figures::{Latencies, median, micros, print_table, rate};
use crate::{rows, scratch};

const ROUNDS: usize = 5;
/// Sessions, and messages of each of them in a round.
const SHAPES: [(usize, usize); 2] = [(1, 1000), (20, 150)];
const WARM_UP: usize = 20;

/// Chats a session hears from, in turn: each has a Signal session that is replaced again and again.
const CHATS: usize = 50;
/// A Signal session with a few kept message keys.
static RECORD: [u8; 2048] = [7; 2048];
/// A text message as the library keeps it.
static PLAINTEXT: [u8; 256] = [9; 256];
/// Seconds.
const NOW: i64 = 1_760_000_000;

/// Who stores.
#[derive(Clone, Copy)]
enum Contender {
    Ours,
    Upstream(Synchronous),
}

const CONTENDERS: [(&str, Contender); 3] = [
    ("ours: one file, FULL", Contender::Ours),
    (
        "upstream: a file each, NORMAL (its default)",
        Contender::Upstream(Synchronous::Normal),
    ),
    (
        "upstream: a file each, FULL",
        Contender::Upstream(Synchronous::Full),
    ),
];

/// The state of one session.
enum Store {
    Ours { storage: SharedStorage, session: String },
    Upstream(SqliteStore),
}

/// One contender's round.
struct Round {
    rate: f64,
    p50: f64,
    p99: f64,
}

pub(crate) async fn run() -> anyhow::Result<()> {
    for (sessions, messages) in SHAPES {
        let mut rounds: [Vec<Round>; CONTENDERS.len()] = Default::default();
        for _ in 0..ROUNDS {
            for ((_, contender), rounds) in CONTENDERS.iter().zip(&mut rounds) {
                rounds.push(round(*contender, sessions, messages).await?);
            }
        }
        print(sessions, messages, &rounds);
    }
    Ok(())
}

fn print(sessions: usize, messages: usize, rounds: &[Vec<Round>; CONTENDERS.len()]) {
    let [ours, ..] = rounds;
    let rows: Vec<Vec<String>> = CONTENDERS
        .iter()
        .zip(rounds)
        .map(|((name, _), rounds)| {
            let ratios = ours
                .iter()
                .zip(rounds)
                .map(|(ours, other)| ours.rate / other.rate);
            vec![
                (*name).to_owned(),
                format!("{:.0}", median(rounds.iter().map(|round| round.rate))),
                format!("{:.0}", median(rounds.iter().map(|round| round.p50))),
                format!("{:.0}", median(rounds.iter().map(|round| round.p99))),
                format!("{:.2}", median(ratios)),
            ]
        })
        .collect();
    print_table(
        &format!(
            "store: {sessions} session(s), {messages} messages each, 3 writes a message, median of {ROUNDS} rounds"
        ),
        &["", "msgs/s", "p50 us", "p99 us", "ours/this in msgs/s"],
        &rows,
    );
}

/// In a directory of its own, so that no round inherits the files of another.
async fn round(contender: Contender, sessions: usize, messages: usize) -> anyhow::Result<Round> {
    let dir = scratch::directory()?;
    let (stores, database) = open(contender, dir.path(), sessions).await?;
    for store in &stores {
        for number in 0..WARM_UP {
            store.message(number).await?;
        }
    }
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for store in stores {
        tasks.spawn(async move {
            let mut samples: Vec<Duration> = Vec::with_capacity(messages);
            for number in 0..messages {
                let started = Instant::now();
                store.message(WARM_UP + number).await?;
                samples.push(started.elapsed());
            }
            anyhow::Ok((samples, store))
        });
    }
    let (mut samples, mut stores) = (Vec::new(), Vec::new());
    while let Some(done) = tasks.join_next().await {
        let (of_one, store) = done??;
        samples.extend(of_one);
        stores.push(store);
    }
    let elapsed = started.elapsed();
    // Closing writes too; that is nobody's message.
    drop(stores);
    if let Some(database) = database {
        database.close().await;
    }
    let latencies = Latencies::new(samples);
    Ok(Round {
        rate: rate(latencies.count(), elapsed),
        p50: micros(latencies.p50()),
        p99: micros(latencies.p99()),
    })
}

/// The sessions' stores, and our database where it is ours.
async fn open(
    contender: Contender,
    dir: &Path,
    sessions: usize,
) -> anyhow::Result<(Vec<Store>, Option<SharedStorage>)> {
    let mut stores = Vec::with_capacity(sessions);
    match contender {
        Contender::Ours => {
            let storage: SharedStorage = Arc::new(SqliteStorage::open(&dir.join("ours.db")).await?);
            rows::add_user(&storage, vec![0; 32]).await?;
            for number in 0..sessions {
                let session = format!("session-{number}");
                rows::add_session(&storage, &session).await?;
                stores.push(Store::Ours {
                    storage: Arc::clone(&storage),
                    session,
                });
            }
            Ok((stores, Some(storage)))
        }
        Contender::Upstream(synchronous) => {
            for number in 0..sessions {
                let file = dir.join(format!("session-{number}.db"));
                let file = file.to_str().context("a printable path")?;
                let config = SqliteStoreConfig {
                    synchronous,
                    ..SqliteStoreConfig::default()
                };
                stores.push(Store::Upstream(SqliteStore::with_config(file, config).await?));
            }
            Ok((stores, None))
        }
    }
}

impl Store {
    /// What is written for one received message.
    async fn message(&self, number: usize) -> anyhow::Result<()> {
        let contact = 15_550_100 + number % CHATS;
        let chat = format!("{contact}@s.whatsapp.net");
        let address: Arc<str> = Arc::from(format!("{contact}@c.us.0"));
        let id = format!("3EB0{number:016X}");
        let record = Bytes::from_static(&RECORD);
        match self {
            Self::Ours { storage, session } => {
                let key = PendingKey {
                    chat: chat.clone(),
                    sender: chat,
                    id,
                };
                let message = PendingMessage {
                    key: key.clone(),
                    message: PLAINTEXT.to_vec(),
                };
                storage.put_pending_inbound(session, vec![message], NOW).await?;
                storage
                    .put_signal_sessions(session, vec![SignalRecord { address, record }])
                    .await?;
                storage.delete_pending_inbound(session, vec![key]).await?;
            }
            Self::Upstream(store) => {
                let row = PendingInboundRow {
                    chat: &chat,
                    sender: &chat,
                    id: &id,
                    message: &PLAINTEXT,
                };
                store.store_pending_inbound_batch(&[row]).await?;
                store.put_sessions_batch(&[(address, record)]).await?;
                let key = PendingInboundKey {
                    chat: &chat,
                    sender: &chat,
                    id: &id,
                };
                store.delete_pending_inbound_batch(&[key]).await?;
            }
        }
        Ok(())
    }
}
