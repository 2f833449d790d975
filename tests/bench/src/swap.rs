//! How long a plugin's author waits after a build: from the component's rename into `config/plugins` until the gateway
//! serves it. Noticing, compiling, the first instance and the swap are in it.

use std::time::{Duration, Instant};

use crate::figures::{median, print_table};
use crate::gateway::Gateway;
use crate::guests::{EXAMPLE, Guest, VERSIONED};

/// Odd, so that the median is one of them. Of the first byte of a build's number, which is what a build has of its own.
const ROUNDS: u8 = 15;
const LOOK_EVERY: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn run() -> anyhow::Result<()> {
    let gateway = Gateway::start()?;
    let mut rows = Vec::new();
    for (guest, path) in [
        (VERSIONED, "/api/versioned"),
        (EXAMPLE, "/api/example/session/counters/visits"),
    ] {
        gateway.install_component(&guest).await?;
        let mut times = Vec::new();
        for build in 0..ROUNDS {
            times.push(swap(&gateway, &guest, build).await?.as_secs_f64() * 1000.0);
        }
        let longest = times.iter().copied().fold(0.0, f64::max);
        rows.push(vec![
            format!("{} ({} KiB, serves {path})", guest.name, guest.size()? / 1024),
            format!("{:.0}", median(times)),
            format!("{longest:.0}"),
        ]);
    }
    print_table(
        &format!("swap: from the file to the new component, ms, {ROUNDS} builds each"),
        &["", "median ms", "longest ms"],
        &rows,
    );
    Ok(())
}

/// Another build, until it is the one that serves.
async fn swap(gateway: &Gateway, guest: &Guest, build: u8) -> anyhow::Result<Duration> {
    let before = gateway.loaded_at(guest.name).await?;
    let started = Instant::now();
    guest.install_build(&gateway.config_dir(), build)?;
    while gateway.loaded_at(guest.name).await? == before {
        anyhow::ensure!(
            started.elapsed() < PATIENCE,
            "{} is not swapped within {PATIENCE:?}",
            guest.name
        );
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(started.elapsed())
}
