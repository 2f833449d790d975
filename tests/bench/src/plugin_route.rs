//! A plugin's route against the same handler in bare axum, over loopback HTTP.

use hyper::Method;

use crate::bare;
use crate::figures::{median, micros, print_table, rate};
use crate::gateway::Gateway;
use crate::guests::VERSIONED;
use crate::load::{self, Batch, Target};
use crate::process::Process;

/// Odd, so that a median is one of them.
const ROUNDS: usize = 7;
/// Connections, and requests on each of them in a round.
const SHAPES: [(usize, usize); 2] = [(1, 4000), (16, 500)];

const ROUTE: &str = "/api/versioned";

/// One contender's round.
struct Round {
    p50: f64,
    p99: f64,
    rate: f64,
}

impl From<Batch> for Round {
    fn from(batch: Batch) -> Self {
        Self {
            p50: micros(batch.latencies.p50()),
            p99: micros(batch.latencies.p99()),
            rate: rate(batch.latencies.count(), batch.elapsed),
        }
    }
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let (_data, server) = bare::start()?;
    let gateway = Gateway::start()?;
    gateway.install(&VERSIONED, &Method::GET, ROUTE).await?;

    let [bare, checked] = bare_targets(&server)?;
    let plugin = gateway.target(Method::GET, ROUTE)?;
    for (connections, requests) in SHAPES {
        measure([&bare, &checked, &plugin], connections, requests).await?;
    }
    Ok(())
}

fn bare_targets(server: &Process) -> anyhow::Result<[Target; 2]> {
    let url = server.address("http")?;
    Ok([
        Target::new(url, Method::GET, "/bare")?,
        Target::new(url, Method::GET, "/checked")?,
    ])
}

async fn measure(targets: [&Target; 3], connections: usize, requests: usize) -> anyhow::Result<()> {
    let mut rounds: [Vec<Round>; 3] = Default::default();
    for _ in 0..ROUNDS {
        for (target, rounds) in targets.into_iter().zip(&mut rounds) {
            rounds.push(load::batch(target, connections, requests).await?.into());
        }
    }
    let [bare, checked, plugin] = &rounds;
    let ratio = |to: &[Round]| {
        median(
            plugin
                .iter()
                .zip(to)
                .map(|(plugin, other)| plugin.p50 / other.p50),
        )
    };
    let row = |name: &str, rounds: &[Round], ratio: Option<f64>| {
        vec![
            name.to_owned(),
            format!("{:.0}", median(rounds.iter().map(|round| round.p50))),
            format!("{:.0}", median(rounds.iter().map(|round| round.p99))),
            format!("{:.0}", median(rounds.iter().map(|round| round.rate))),
            ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
        ]
    };
    let rows = [
        row("bare axum", bare, Some(ratio(bare))),
        row("bare axum, key check", checked, Some(ratio(checked))),
        row("plugin route", plugin, None),
    ];
    print_table(
        &format!(
            "plugin_route: {connections} connection(s), {requests} requests each, median of {ROUNDS} rounds"
        ),
        &["", "p50 us", "p99 us", "req/s", "plugin/this at p50"],
        &rows,
    );
    Ok(())
}
