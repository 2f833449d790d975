//! What others notice while one client abuses the gateway: p99 of a plugin's route beside each abuse, against alone.
//!
//! The limits are those that ship: each measured connection has a key of its own and asks less often than a key may, and
//! who abuses has a key, too. That is a process with the lowest priority, so that its own work is not taken for the
//! gateway's: in the world it has a machine of its own. It comes from other addresses than the measured requests, and no
//! proxy is trusted.

pub(crate) mod abuser;

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use clap::ValueEnum;
use hyper::Method;
use serde_json::json;

use crate::figures::{Latencies, median, micros, print_table};
use crate::gateway::Gateway;
use crate::guests::VERSIONED;
use crate::load;
use crate::process::Process;
use crate::scratch;

const ROUNDS: usize = 3;
/// Of one measurement.
const LASTING: Duration = Duration::from_millis(2400);
const CONNECTIONS: usize = 24;
/// Each connection has a key, which may ask 50 times a second: half of that is left for opening the next connections.
const PAUSE: Duration = Duration::from_millis(40);
const NORMAL: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// What an abuse leaves behind is over by then.
const AFTERMATH: Duration = Duration::from_millis(300);
const ROUTE: &str = "/api/versioned";

/// What is done to the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Abuse {
    /// Passwords are guessed, from many addresses.
    Logins,
    /// Connections without end.
    Connections,
    /// Heads that never end, a byte at a time.
    SlowHeads,
    /// Bodies without end.
    BigBodies,
    /// JSON, 100,000 deep.
    DeepJson,
    /// Headers without end.
    Headers,
}

impl Abuse {
    fn name(self) -> &'static str {
        match self {
            Self::Logins => "beside guessed passwords",
            Self::Connections => "beside a flood of connections",
            Self::SlowHeads => "beside slow heads",
            Self::BigBodies => "beside bodies without end",
            Self::DeepJson => "beside deep JSON",
            Self::Headers => "beside headers without end",
        }
    }
}

/// One measurement.
struct Measured {
    p50: f64,
    p99: f64,
    abuses: f64,
}

impl Measured {
    fn new(latencies: &Latencies, abuses: f64) -> Self {
        Self {
            p50: micros(latencies.p50()),
            p99: micros(latencies.p99()),
            abuses,
        }
    }
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let gateway = Gateway::start_with(&[(
        "trusted_proxies = [\"127.0.0.0/8\", \"::1/128\"]",
        "trusted_proxies = []",
    )])?;
    gateway.install(&VERSIONED, &Method::GET, ROUTE).await?;
    let keys = keys(&gateway).await?;
    let mut alone = Vec::new();
    let mut beside: Vec<Vec<Measured>> = Abuse::value_variants().iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        alone.push(Measured::new(&measure(&gateway, &keys).await?, 0.0));
        for (abuse, measured) in Abuse::value_variants().iter().zip(&mut beside) {
            measured.push(measure_beside(&gateway, &keys, *abuse).await?);
            tokio::time::sleep(AFTERMATH).await;
        }
    }
    let row = |name: &str, measured: &[Measured]| {
        let ratios = measured
            .iter()
            .zip(&alone)
            .map(|(measured, alone)| measured.p99 / alone.p99);
        vec![
            name.to_owned(),
            format!("{:.0}", median(measured.iter().map(|one| one.p50))),
            format!("{:.0}", median(measured.iter().map(|one| one.p99))),
            format!("{:.2}", median(ratios)),
            format!("{:.0}", median(measured.iter().map(|one| one.abuses))),
        ]
    };
    let mut rows = vec![row("alone", &alone)];
    rows.extend(
        Abuse::value_variants()
            .iter()
            .zip(&beside)
            .map(|(abuse, measured)| row(abuse.name(), measured)),
    );
    print_table(
        &format!("abuse: {CONNECTIONS} connections, {LASTING:?} each, median of {ROUNDS} rounds"),
        &["", "p50 us", "p99 us", "p99/alone", "abuses a second"],
        &rows,
    );
    Ok(())
}

/// One for each measured connection.
async fn keys(gateway: &Gateway) -> anyhow::Result<Vec<String>> {
    let mut keys = Vec::with_capacity(CONNECTIONS);
    for number in 0..CONNECTIONS {
        let wanted = json!({ "name": format!("connection {number}") });
        let (status, body) = gateway.call(&Method::POST, "/api/user/api-keys", &wanted).await?;
        let key = body["data"]["key"].as_str().map(str::to_owned);
        keys.push(key.with_context(|| format!("no key: {status} {body}"))?);
    }
    Ok(keys)
}

async fn measure(gateway: &Gateway, keys: &[String]) -> anyhow::Result<Latencies> {
    let target = gateway.target(Method::GET, ROUTE)?.from(NORMAL).with_keys(keys);
    load::paced(&target, CONNECTIONS, PAUSE, LASTING).await
}

async fn measure_beside(gateway: &Gateway, keys: &[String], abuse: Abuse) -> anyhow::Result<Measured> {
    let dir = scratch::directory()?;
    let tally = dir.path().join("tally");
    let name = abuse.to_possible_value().map(|value| value.get_name().to_owned());
    let mut command = Command::new("nice");
    command
        .args(["-n", "19"])
        .arg(std::env::current_exe()?)
        .arg("abuser")
        .args([
            "--url",
            gateway.url()?,
            "--abuse",
            &name.unwrap_or_default(),
            "--tally",
        ])
        .arg(&tally);
    // Ready once it has begun.
    let abuser = Process::start(&mut command, &dir.path().join("abuser.log"))?;
    let before = told(&tally);
    let latencies = measure(gateway, keys).await?;
    let abuses = told(&tally) - before;
    drop(abuser);
    Ok(Measured::new(&latencies, abuses / LASTING.as_secs_f64()))
}

fn told(tally: &Path) -> f64 {
    let text = std::fs::read_to_string(tally).unwrap_or_default();
    text.trim().parse().unwrap_or(0.0)
}
