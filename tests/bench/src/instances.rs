//! What plugins take when they only wait: memory of a warm instance, and the start with all plugins that ship, compiled
//! before.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::ValueEnum;
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use wagate_plugin_host::PluginHost;

use crate::bundled::{BUNDLED, alone};
use crate::figures::{median, print_table};
use crate::gateway::Gateway;
use crate::guests::{EXAMPLE, Guest, HOSTILE, put};
use crate::host::{Call, Ground};
use crate::process::Memory;

/// Calls at once, so that there are as many instances.
const AT_ONCE: usize = 200;
/// Until there are enough of them.
const ATTEMPTS: usize = 20;
const ROUNDS: usize = 7;
/// What a start of the gateway is waited for.
const STARTS: usize = 5;

/// Whose instances are measured: they have a route that waits, mostly for the disk, and while it does, each call has an
/// instance of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subject {
    /// The folder to copy: it calls nearly everything there is.
    Example,
    /// The smallest of those that ship.
    Notifications,
    /// As small as one gets: the SDK, and hardly a call of it.
    Hostile,
    /// Of the size of most; it reads all labels of the session before it adds one.
    Labels,
}

impl Subject {
    fn name(self) -> &'static str {
        match self {
            Self::Example => "example",
            Self::Notifications => "notifications",
            Self::Hostile => "hostile",
            Self::Labels => "labels",
        }
    }

    /// Path and body of a POST. Names of their own: on one row they would get into each other's way.
    fn request(self, number: usize) -> (String, String) {
        let name: String = number
            .to_string()
            .bytes()
            .map(|digit| char::from(digit - b'0' + b'a'))
            .collect();
        match self {
            Self::Example => (format!("/api/example/session/counters/{name}"), "{}".to_owned()),
            Self::Notifications => (
                "/api/notifications".to_owned(),
                format!(r#"{{"title":"{name}","message":"{name}","broadcast":true}}"#),
            ),
            Self::Hostile => ("/api/hostile/nap".to_owned(), "{}".to_owned()),
            Self::Labels => (
                "/api/labels/session".to_owned(),
                format!(r#"{{"name":"{name}","color":1}}"#),
            ),
        }
    }

    /// Bytes of the component.
    fn size(self) -> anyhow::Result<usize> {
        match (self.guest(), alone(self.name())) {
            (Some(guest), _) => guest.size(),
            (None, [plugin]) => Ok(plugin.wasm.len()),
            (None, _) => anyhow::bail!("{} does not ship", self.name()),
        }
    }

    /// The component to install, for one that does not ship.
    fn guest(self) -> Option<&'static Guest> {
        match self {
            Self::Example => Some(&EXAMPLE),
            Self::Hostile => Some(&HOSTILE),
            Self::Notifications | Self::Labels => None,
        }
    }

    /// As it ships, but for how many instances there may be.
    async fn open(self, ground: &Ground) -> anyhow::Result<PluginHost> {
        const LIMITS: &str = "instances = 256\nemits_per_minute = 100000";
        if let Some(guest) = self.guest() {
            guest.install(&ground.config_dir())?;
            guest.write_limits(&ground.config_dir(), LIMITS)?;
            return ground.open().await;
        }
        let bundled = alone(self.name());
        let [plugin] = bundled else {
            anyhow::bail!("{} does not ship", self.name())
        };
        // The limits stand at its end.
        put(
            &ground.config_dir(),
            &format!("{}.toml", self.name()),
            format!("{}\n{LIMITS}\n", plugin.default_toml).as_bytes(),
        )?;
        ground.open_with(&ground.cache_dir(), bundled).await
    }
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for subject in Subject::value_variants() {
        // In a process of its own: what the one before has left in the heap would be filled first.
        let output = Command::new(std::env::current_exe()?)
            .args(["warm-instances", subject.name()])
            .output()?;
        anyhow::ensure!(
            output.status.success(),
            "{}: {}",
            subject.name(),
            String::from_utf8_lossy(&output.stderr)
        );
        let each: Each = serde_json::from_slice(&output.stdout).context("no line of JSON")?;
        rows.push(vec![
            subject.name().to_owned(),
            format!("{:.0}", each.component),
            format!("{:.0}", each.instances),
            format!("{:.1}", each.resident),
            format!("{:.1}", each.anonymous),
            format!("{:.1}", each.linear),
        ]);
    }
    print_table(
        "instances: memory of a warm instance, KiB",
        &[
            "",
            "component",
            "instances",
            "each, resident",
            "each, of it anonymous",
            "of it linear memory, as the guest sees it",
        ],
        &rows,
    );
    start().await
}

/// KiB each.
#[derive(Serialize, Deserialize)]
struct Each {
    component: f64,
    instances: f64,
    resident: f64,
    anonymous: f64,
    linear: f64,
}

/// One line of JSON for the process that has started this one.
pub(crate) async fn warm_instances(subject: Subject) -> anyhow::Result<()> {
    let ground = Ground::lay().await?;
    let host = subject.open(&ground).await?;
    let status = || {
        host.status(subject.name())
            .map_or((0, 0), |status| (status.instances, status.memory_bytes))
    };
    let calls = (0..AT_ONCE)
        .map(|number| {
            let (path, body) = subject.request(number);
            Call::find(&host, "POST", &path, &body)
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    // What storage and runtime need besides (the rows are kept in memory, too), and what one instance alone takes.
    for call in calls.iter().cycle().take(2 * AT_ONCE) {
        call.once(&host).await?;
    }
    // As the host does every few seconds.
    host.tidy().await;
    let (before, (few, linear_before)) = (Memory::own()?, status());
    for _ in 0..ATTEMPTS {
        if status().0 >= AT_ONCE * 3 / 4 {
            break;
        }
        // They wait for the disk, and while they do, each has an instance.
        try_join_all(calls.iter().map(|call| call.once(&host))).await?;
    }
    host.tidy().await;
    let (after, (many, linear)) = (Memory::own()?, status());
    anyhow::ensure!(many > few, "there are no more instances than before");
    let instances = f64::from(u32::try_from(many - few)?);
    let kib = |before: u32, after: u32| (f64::from(after) - f64::from(before)) / instances;
    let each = Each {
        component: f64::from(u32::try_from(subject.size()? / 1024)?),
        instances,
        resident: kib(before.resident, after.resident),
        anonymous: kib(before.anonymous, after.anonymous),
        linear: f64::from(u32::try_from(linear.saturating_sub(linear_before) / 1024)?) / instances,
    };
    println!("{}", serde_json::to_string(&each)?);
    Ok(())
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
