//! From a phone to a webhook: sandbox network, gateway and receiver, each a process, on the same cores.
//!
//! Phones write at a given pace, by themselves; the receiver sees when the text arrives. A rate is sustained when
//! everything arrives, in the pace it was written, and 99 of 100 within 250 ms of the moment at which it was due to be
//! written. The phones' work (they encrypt each message) and the receiver's are on the same cores.
//!
//! Once with one account, whose messages are taken one after the other, each with its syncs; and with several, whose
//! commits are grouped.

use std::collections::HashMap;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use futures::future::try_join_all;
use hyper::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;

use crate::figures::{Latencies, print_table, rate};
use crate::gateway::{Gateway, WITHOUT_LIMITS};

/// Accounts, each with a session and a webhook.
const ACCOUNTS: usize = 8;
/// Phones that write, each in a chat of its own. At each of the rates below, one of them is due in whole milliseconds, nearly.
const WRITERS: usize = 60;
/// What latency is measured at: events a second, and for how many seconds.
const CALM: (usize, usize) = (100, 10);
/// And whether more is sustained: by so many accounts, at these rates, until one is not.
const STEPS: [(usize, &[usize]); 2] = [
    (1, &[250, 500, 750, 1000, 1250, 1500, 1875]),
    (ACCOUNTS, &[500, 1000, 1250, 1500, 1578, 1666, 1875, 2000]),
];
const STEP_SECONDS: usize = 5;
/// What 99 of 100 have to arrive within.
const LIMIT: Duration = Duration::from_millis(250);
/// Of the events; the last to be delivered may be a little late.
const PACE_KEPT: f64 = 0.95;
/// Until what was written has arrived.
const PATIENCE: Duration = Duration::from_secs(40);
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Counting syncs slows everything down: a short run of its own.
const COUNTED_SECONDS: usize = 5;

/// When each text arrived first, and how many POSTs there were.
#[derive(Default)]
struct Arrivals {
    first: HashMap<String, Instant>,
    posts: usize,
}

type Shared = Arc<Mutex<Arrivals>>;

/// One run at one pace.
struct Run {
    accounts: usize,
    wanted: usize,
    /// A second, from the first text written to the last arrived.
    reached: f64,
    latencies: Latencies,
    posts: usize,
    events: usize,
    /// Of the gateway.
    bytes: f64,
    cores: f64,
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let [key, address] = WITHOUT_LIMITS;
    let gateway = Gateway::start_with(&[
        key,
        address,
        ("allow_private = []", "allow_private = [\"127.0.0.0/8\"]"),
    ])?;
    let (receiver, arrivals) = receive().await?;
    for account in 0..ACCOUNTS {
        let slug = format!("shop-{account}");
        gateway.pair(&slug, &owner(account)).await?;
        let webhook = json!({ "url": receiver, "events": ["message.received"] });
        let (status, answer) = gateway
            .call(&Method::POST, &format!("/api/webhooks/{slug}"), &webhook)
            .await?;
        anyhow::ensure!(status < 300, "no webhook: {status} {answer}");
    }
    for number in 0..WRITERS {
        gateway.network().add_phone(&writer(number)).await?;
    }
    let mut bench = Bench {
        gateway,
        arrivals,
        runs: 0,
    };
    // Sessions with each of them, connections, warm instances.
    bench.write(1, 100, 2).await?;
    bench.write(ACCOUNTS, 100, 2).await?;

    let mut runs = vec![bench.write(1, CALM.0, CALM.1).await?];
    let syncs = bench.syncs().await?;
    for (accounts, rates) in STEPS {
        for &wanted in rates {
            let run = bench.write(accounts, wanted, STEP_SECONDS).await?;
            let goes_on = run.is_sustained();
            runs.push(run);
            if !goes_on {
                break;
            }
        }
    }
    print(&runs, syncs);
    Ok(())
}

fn owner(account: usize) -> String {
    format!("120255590{account:02}")
}

fn writer(number: usize) -> String {
    format!("120255591{number:02}")
}

impl Run {
    fn is_sustained(&self) -> bool {
        self.latencies.p99() < LIMIT
            && self.reached >= PACE_KEPT * f64::from(u32::try_from(self.wanted).unwrap_or(0))
    }
}

fn print(runs: &[Run], syncs: Option<f64>) {
    let ms = |duration: Duration| format!("{:.1}", duration.as_secs_f64() * 1000.0);
    let rows: Vec<Vec<String>> = runs
        .iter()
        .map(|run| {
            vec![
                format!("{} account(s), {} a second wanted", run.accounts, run.wanted),
                format!("{:.0}", run.reached),
                ms(run.latencies.p50()),
                ms(run.latencies.p99()),
                format!("{:.0}", run.bytes),
                format!("{:.2}", run.cores),
                format!("{}", run.posts - run.events),
                (if run.is_sustained() { "yes" } else { "no" }).to_owned(),
            ]
        })
        .collect();
    print_table(
        &format!(
            "webhooks: {WRITERS} phones, from the write to the receiver; {} s at {} a second, then {STEP_SECONDS} s each",
            CALM.1, CALM.0
        ),
        &[
            "",
            "events/s",
            "p50 ms",
            "p99 ms",
            "bytes written an event",
            "cores of the gateway",
            "repeats",
            "sustained",
        ],
        &rows,
    );
    for (accounts, _) in STEPS {
        let own = runs
            .iter()
            .filter(|run| run.accounts == accounts && run.is_sustained());
        let best = own.map(|run| run.reached).fold(0.0, f64::max);
        println!("  highest rate sustained by {accounts} account(s): {best:.0} a second");
    }
    match syncs {
        Some(syncs) => println!("  syncs of the disk at {} a second: {syncs:.2} an event", CALM.0),
        None => println!("  syncs of the disk are not counted: strace is missing, or may not look"),
    }
}

/// The receiver, in this process.
async fn receive() -> anyhow::Result<(String, Shared)> {
    let arrivals = Shared::default();
    let app = Router::new()
        .route("/hook", post(take))
        .with_state(Arc::clone(&arrivals));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/hook", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok((url, arrivals))
}

/// As much of a webhook as is looked at.
#[derive(Deserialize)]
struct Hook {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    content: String,
}

async fn take(State(arrivals): State<Shared>, body: Bytes) -> StatusCode {
    let now = Instant::now();
    let Ok(hook) = serde_json::from_slice::<Hook>(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    let mut arrivals = lock(&arrivals);
    arrivals.posts += 1;
    arrivals.first.entry(hook.data.content).or_insert(now);
    StatusCode::OK
}

fn lock(arrivals: &Shared) -> std::sync::MutexGuard<'_, Arrivals> {
    arrivals.lock().unwrap_or_else(PoisonError::into_inner)
}

fn text(run: usize, writer: usize, number: &str) -> String {
    format!("run {run} text {number} of {writer}, as long as texts are, more or less")
}

/// Everybody.
struct Bench {
    gateway: Gateway,
    arrivals: Shared,
    runs: usize,
}

impl Bench {
    /// So many texts a second, for so many seconds, in turn; waits until all have arrived.
    async fn write(&mut self, accounts: usize, wanted: usize, seconds: usize) -> anyhow::Result<Run> {
        self.runs += 1;
        *lock(&self.arrivals) = Arrivals::default();
        let (run, events) = (self.runs, wanted * seconds);
        let process = self.gateway.process();
        let (bytes, computed) = (process.written()?, process.computed()?);
        let started = Instant::now();
        let between = Duration::from_secs(1) / u32::try_from(wanted)?;
        // Of one phone. They begin one after the other, so that all together are even.
        let every = Duration::from_millis(u64::try_from(WRITERS * 1000 / wanted)?);
        let times = events / WRITERS;
        let network = self.gateway.network();
        let writing = (0..WRITERS).map(|number| async move {
            let due = started + between * u32::try_from(number)?;
            tokio::time::sleep_until(due.into()).await;
            let at = Instant::now();
            let text = text(run, number, "{n}");
            network
                .write_series(&writer(number), &owner(number % accounts), &text, times, every)
                .await?;
            let texts = (1..=times).map(|n| {
                Ok((
                    text.replace("{n}", &n.to_string()),
                    at + every * u32::try_from(n - 1)?,
                ))
            });
            texts.collect::<anyhow::Result<Vec<_>>>()
        });
        let written: Vec<(String, Instant)> = try_join_all(writing).await?.into_iter().flatten().collect();
        let events = written.len();
        let deadline = Instant::now() + PATIENCE;
        while lock(&self.arrivals).first.len() < events && Instant::now() < deadline {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let arrivals = lock(&self.arrivals);
        anyhow::ensure!(
            arrivals.first.len() >= events,
            "{} of {events} texts arrived",
            arrivals.first.len()
        );
        let last = arrivals.first.values().max().copied().unwrap_or(started);
        let elapsed = last - started;
        let took = written
            .iter()
            .filter_map(|(text, at)| Some(arrivals.first.get(text)?.saturating_duration_since(*at)));
        let count = f64::from(u32::try_from(events)?);
        Ok(Run {
            accounts,
            wanted,
            reached: rate(events, elapsed),
            latencies: Latencies::new(took.collect()),
            posts: arrivals.posts,
            events,
            bytes: f64::from(u32::try_from(process.written()?.saturating_sub(bytes) / 1024)?) * 1024.0
                / count,
            cores: f64::from(process.computed()? - computed) / 100.0 / elapsed.as_secs_f64(),
        })
    }

    /// Syncs an event, counted by strace in a run of its own. None where that is not possible.
    async fn syncs(&mut self) -> anyhow::Result<Option<f64>> {
        let dir = crate::scratch::directory()?;
        let report = dir.path().join("syncs");
        let strace = Command::new("strace")
            .args(["-f", "-c", "-e", "trace=fsync,fdatasync,sync_file_range", "-o"])
            .arg(&report)
            .args(["-p", &self.gateway.process().id().to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut strace) = strace else {
            return Ok(None);
        };
        tokio::time::sleep(Duration::from_millis(500)).await;
        let run = self.write(1, CALM.0, COUNTED_SECONDS).await?;
        // It writes its report when it is interrupted.
        Command::new("kill")
            .args(["-INT", &strace.id().to_string()])
            .status()?;
        strace.wait()?;
        let text = std::fs::read_to_string(&report).unwrap_or_default();
        let calls = text
            .lines()
            .filter(|line| line.ends_with("sync"))
            .filter_map(|line| line.split_whitespace().nth(3)?.parse::<u32>().ok())
            .sum::<u32>();
        Ok((calls > 0).then(|| f64::from(calls) / f64::from(u32::try_from(run.events).unwrap_or(1))))
    }
}
