//! What a plugin costs without HTTP around it: a warm call, a handler that asks the store twice, an event brought to a
//! hook. Each as a component, as a native library behind the same host, and as bare axum does the same work over loopback.

use std::time::{Duration, Instant};

use hyper::Method;
use wagate_plugin_host::PluginHost;
use wagate_storage::SharedStorage;

use crate::bare::{self, COUNTER};
use crate::figures::{Latencies, median, micros, print_table};
use crate::guests::{EXAMPLE, HOSTILE, VERSIONED};
use crate::host::{Call, Ground};
use crate::load::{self, Target};
use crate::process::Process;

/// Odd, so that a median is one of them.
const ROUNDS: usize = 5;
const CALLS: usize = 3000;
/// Of the handler that writes: each call waits for the disk.
const WRITES: usize = 200;
const EVENTS: usize = 5000;
const WARM_UP: usize = 200;

/// One kind of work, and how long it takes each of those who do it, a round each. Microseconds.
#[derive(Default)]
struct Work {
    here: Vec<f64>,
    component: Vec<f64>,
    native: Vec<f64>,
    bare: Vec<f64>,
}

/// A host with the same plugins, one way or the other.
struct Side {
    ground: Ground,
    host: PluginHost,
    versioned: Call,
    read: Call,
    raise: Call,
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let component = Side::open(false).await?;
    let native = Side::open(true).await?;
    let polite = Call::find(&component.host, "POST", "/api/hostile/polite", "{}")?;
    let (_data, server) = bare::start()?;
    let url = server.address("http")?;
    let (show, read, raise) = (
        Target::new(url, Method::GET, "/bare")?,
        Target::new(url, Method::GET, "/counter")?,
        Target::new(url, Method::POST, "/counter")?,
    );

    let mut work: [Work; 4] = Default::default();
    let mut own_task = Vec::new();
    for _ in 0..ROUNDS {
        let [call, reads, writes, hooks] = &mut work;
        call.here.push(p50(here()?));
        call.component
            .push(component.timed(&component.versioned, CALLS).await?);
        call.native.push(native.timed(&native.versioned, CALLS).await?);
        call.bare.push(bare_p50(&show, CALLS).await?);
        own_task.push(component.timed(&polite, CALLS).await?);

        reads
            .here
            .push(p50(stored(&component.ground.storage, CALLS).await?));
        reads
            .component
            .push(component.timed(&component.read, CALLS).await?);
        reads.native.push(native.timed(&native.read, CALLS).await?);
        reads.bare.push(bare_p50(&read, CALLS).await?);

        writes.here.push(p50(raised(&component.ground.storage).await?));
        writes
            .component
            .push(component.timed(&component.raise, WRITES).await?);
        writes.native.push(native.timed(&native.raise, WRITES).await?);
        writes.bare.push(bare_p50(&raise, WRITES).await?);

        hooks.component.push(component.event().await?);
        hooks.native.push(native.event().await?);
        let shown = call.bare.last().copied();
        hooks.bare.extend(shown);
    }
    print(&work, &own_task);
    drop::<Process>(server);
    Ok(())
}

fn print(work: &[Work; 4], own_task: &[f64]) {
    let names = [
        "warm call (GET /api/versioned)",
        "handler with one KV call (read)",
        "handler with two KV calls (read, compare and write)",
        "hook: an event from the log",
    ];
    let cell = |values: &[f64]| {
        let value = median(values.iter().copied());
        if value.is_nan() {
            "-".to_owned()
        } else {
            format!("{value:.1}")
        }
    };
    let ratio = |over: &[f64], under: &[f64]| {
        let value = median(over.iter().zip(under).map(|(over, under)| over / under));
        format!("{value:.2}")
    };
    let rows: Vec<Vec<String>> = names
        .iter()
        .zip(work)
        .map(|(name, work)| {
            vec![
                (*name).to_owned(),
                cell(&work.here),
                cell(&work.component),
                cell(&work.native),
                cell(&work.bare),
                ratio(&work.component, &work.native),
                ratio(&work.component, &work.bare),
            ]
        })
        .chain([vec![
            "warm call of a POST, a task of its own".to_owned(),
            "-".to_owned(),
            cell(own_task),
            "-".to_owned(),
            "-".to_owned(),
            "-".to_owned(),
            "-".to_owned(),
        ]])
        .collect();
    print_table(
        &format!(
            "warm_call: us, p50 of {CALLS} calls ({WRITES} that write; hooks: mean of {EVENTS} events), median of {ROUNDS} rounds"
        ),
        &[
            "",
            "the work alone",
            "component",
            "native",
            "bare axum",
            "component/native",
            "component/bare",
        ],
        &rows,
    );
}

impl Side {
    async fn open(native: bool) -> anyhow::Result<Self> {
        let ground = Ground::lay().await?;
        let config = ground.config_dir();
        if native {
            VERSIONED.install_native(&config)?;
            EXAMPLE.install_native(&config)?;
        } else {
            VERSIONED.install(&config)?;
            EXAMPLE.install(&config)?;
            HOSTILE.install(&config)?;
        }
        let host = ground.open().await?;
        let counter = "/api/example/session/counters/visits";
        let side = Self {
            versioned: Call::find(&host, "GET", "/api/versioned", "")?,
            read: Call::find(&host, "GET", counter, "")?,
            raise: Call::find(&host, "POST", counter, "{}")?,
            ground,
            host,
        };
        side.raise.repeat(&side.host, 1).await?;
        side.ground.write("hello", WARM_UP).await?;
        side.ground.drain(&side.host, "example").await?;
        Ok(side)
    }

    async fn timed(&self, call: &Call, calls: usize) -> anyhow::Result<f64> {
        Ok(p50(call.repeat(&self.host, calls).await?))
    }

    /// Of an event that the hook has no answer to: reading the log, the call, moving the cursor (which is written behind).
    async fn event(&self) -> anyhow::Result<f64> {
        self.ground.write("hello there, how are you?", EVENTS).await?;
        let took = self.ground.drain(&self.host, "example").await?;
        Ok(micros(took) / f64::from(u32::try_from(EVENTS)?))
    }
}

fn p50(samples: Vec<Duration>) -> f64 {
    micros(Latencies::new(samples).p50())
}

async fn bare_p50(target: &Target, requests: usize) -> anyhow::Result<f64> {
    Ok(micros(load::batch(target, 1, requests).await?.latencies.p50()))
}

/// The handler of `versioned` in this process.
fn here() -> anyhow::Result<Vec<Duration>> {
    let mut samples = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let started = Instant::now();
        let text = bare::versioned()?.to_string();
        samples.push(started.elapsed());
        std::hint::black_box(text);
    }
    Ok(samples)
}

/// A read of the store.
async fn stored(storage: &SharedStorage, calls: usize) -> anyhow::Result<Vec<Duration>> {
    let mut samples = Vec::with_capacity(calls);
    for _ in 0..calls {
        let started = Instant::now();
        let value = storage.plugin_get(COUNTER.0, COUNTER.1).await?;
        samples.push(started.elapsed());
        std::hint::black_box(value);
    }
    Ok(samples)
}

/// A read and a write of the store.
async fn raised(storage: &SharedStorage) -> anyhow::Result<Vec<Duration>> {
    let mut samples = Vec::with_capacity(WRITES);
    for _ in 0..WRITES {
        let started = Instant::now();
        bare::raise(storage).await?;
        samples.push(started.elapsed());
    }
    Ok(samples)
}
