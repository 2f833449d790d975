//! What plugins take when they only wait: memory of a warm instance, and the start with all plugins that ship, compiled
//! before.

use std::time::{Duration, Instant};

use futures::future::try_join_all;

use crate::bundled::BUNDLED;
use crate::figures::{median, print_table};
use crate::gateway::Gateway;
use crate::guests::EXAMPLE;
use crate::host::{Call, Ground};
use crate::process::Memory;

/// Calls at once, so that there are as many instances.
const AT_ONCE: usize = 200;
const LIMITS: &str = "instances = 256";
/// Until there are enough of them.
const ATTEMPTS: usize = 20;
const ROUNDS: usize = 7;
/// What a start of the gateway is waited for.
const STARTS: usize = 5;

pub(crate) async fn run() -> anyhow::Result<()> {
    let (instances, memory) = warm_instances().await?;
    print_table(
        "instances: memory of a warm instance of the plugin `example`, KiB",
        &[
            "",
            "instances",
            "each, resident",
            "each, of it heap",
            "of it linear memory, as the guest sees it",
        ],
        &[vec![
            "a warm instance".to_owned(),
            format!("{instances:.0}"),
            format!("{:.1}", memory.resident),
            format!("{:.1}", memory.anonymous),
            format!("{:.1}", memory.linear),
        ]],
    );
    start().await
}

/// KiB each.
struct Each {
    resident: f64,
    anonymous: f64,
    linear: f64,
}

async fn warm_instances() -> anyhow::Result<(f64, Each)> {
    let ground = Ground::lay().await?;
    EXAMPLE.install(&ground.config_dir())?;
    EXAMPLE.write_limits(&ground.config_dir(), LIMITS)?;
    let host = ground.open().await?;
    let status = || {
        host.status("example")
            .map_or((0, 0), |status| (status.instances, status.memory_bytes))
    };
    // Names of their own: on one counter they would get into each other's way.
    let calls = (0..AT_ONCE)
        .map(|number| {
            let name: String = number
                .to_string()
                .bytes()
                .map(|digit| char::from(digit - b'0' + b'a'))
                .collect();
            Call::find(
                &host,
                "POST",
                &format!("/api/example/session/counters/{name}"),
                "{}",
            )
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    // What storage and runtime need besides, and what one instance alone takes.
    if let Some(call) = calls.first() {
        call.repeat(&host, 100).await?;
    }
    let (before, (few, linear_before)) = (Memory::own()?, status());
    for _ in 0..ATTEMPTS {
        if status().0 >= AT_ONCE * 3 / 4 {
            break;
        }
        // They wait for the disk, and while they do, each has an instance.
        try_join_all(calls.iter().map(|call| call.once(&host))).await?;
    }
    let (after, (many, linear)) = (Memory::own()?, status());
    anyhow::ensure!(many > few, "there are no more instances than before");
    let more = f64::from(u32::try_from(many - few)?);
    let kib = |before: u32, after: u32| (f64::from(after) - f64::from(before)) / more;
    let linear = f64::from(u32::try_from(linear.saturating_sub(linear_before) / 1024)?) / more;
    Ok((
        more,
        Each {
            resident: kib(before.resident, after.resident),
            anonymous: kib(before.anonymous, after.anonymous),
            linear,
        },
    ))
}

async fn start() -> anyhow::Result<()> {
    let ground = Ground::lay().await?;
    let started = Instant::now();
    drop(ground.open_with(&ground.cache_dir(), BUNDLED).await?);
    let cold = started.elapsed();
    let mut warm = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        let host = ground.open_with(&ground.cache_dir(), BUNDLED).await?;
        warm.push(started.elapsed());
        anyhow::ensure!(host.statuses().len() == BUNDLED.len(), "a plugin is missing");
    }
    let mut gateway = Gateway::start()?;
    let mut whole = Vec::new();
    for _ in 0..STARTS {
        let started = Instant::now();
        gateway = gateway.restart()?;
        whole.push(started.elapsed());
    }
    let ms = |times: Vec<Duration>| {
        format!(
            "{:.0}",
            median(times.into_iter().map(|time| time.as_secs_f64() * 1000.0))
        )
    };
    print_table(
        &format!(
            "instances: start with the {} plugins that ship, ms, median of {ROUNDS}",
            BUNDLED.len()
        ),
        &["", "ms"],
        &[
            vec!["plugins, compiled before".to_owned(), ms(warm)],
            vec!["plugins, for the first time".to_owned(), ms(vec![cold])],
            vec![
                "the gateway's process until it serves, compiled before".to_owned(),
                ms(whole),
            ],
        ],
    );
    Ok(())
}
