//! A call of a plugin as the gateway makes it, without HTTP around it: the plugin host is linked in.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use wagate_engine::{Engine, EngineOptions, Network};
use wagate_plugin_host::{
    Codecs, DeliveryOptions, HttpRequest, Lookup, PluginHost, PluginHostOptions, Principal, Random, RouteMatch,
    ShelfOptions,
};
use wagate_storage::SharedStorage;
use wagate_storage::clock::{SharedClock, SystemClock};
use wagate_storage::sqlite::SqliteStorage;

use crate::bare;
use crate::figures::{Latencies, median, micros, print_table};
use crate::guests::{HOSTILE, VERSIONED};
use crate::scratch;

const ROUNDS: usize = 9;
const CALLS: usize = 5000;

/// One contender's round.
struct Round {
    p50: f64,
    p99: f64,
}

impl From<Vec<Duration>> for Round {
    fn from(samples: Vec<Duration>) -> Self {
        let latencies = Latencies::new(samples);
        Self {
            p50: micros(latencies.p50()),
            p99: micros(latencies.p99()),
        }
    }
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let dir = scratch::directory()?;
    let config_dir = dir.path().join("config");
    VERSIONED.install(&config_dir)?;
    HOSTILE.install(&config_dir)?;
    let storage: SharedStorage = Arc::new(SqliteStorage::open(&dir.path().join("bench.db")).await?);
    let clock: SharedClock = Arc::new(SystemClock);
    // Nothing listens there, and there is no session that would dial.
    let network = Network::Sandbox {
        ws_url: "ws://127.0.0.1:9/ws/chat".to_owned(),
        media_ca: None,
    };
    let engine = Engine::open(
        Arc::clone(&storage),
        Arc::clone(&clock),
        EngineOptions::new(network, dir.path().join("media")),
    )
    .await?;
    let host = PluginHost::open(PluginHostOptions {
        config_dir,
        cache_dir: dir.path().join("cache"),
        allow_native: false,
        bundled: &[],
        host_routes: Vec::new(),
        storage,
        engine,
        clock,
        random: Random::system(),
        delivery: DeliveryOptions::default(),
        shelf: ShelfOptions::in_dir(dir.path().join("media-handles")),
        codecs: Codecs::new(None),
    })
    .await?;

    let (versioned, polite) = (
        Call::find(&host, "GET", "/api/versioned", "")?,
        Call::find(&host, "POST", "/api/hostile/polite", "{}")?,
    );
    let mut rounds: [Vec<Round>; 3] = Default::default();
    for _ in 0..ROUNDS {
        let [native_rounds, versioned_rounds, polite_rounds] = &mut rounds;
        native_rounds.push(native()?.into());
        versioned_rounds.push(versioned.repeat(&host).await?.into());
        polite_rounds.push(polite.repeat(&host).await?.into());
    }
    let names = [
        "the handler of versioned, native",
        "GET /api/versioned",
        "POST /api/hostile/polite, a task of its own",
    ];
    let rows: Vec<Vec<String>> = names
        .iter()
        .zip(&rounds)
        .map(|(name, rounds)| {
            vec![
                (*name).to_owned(),
                format!("{:.1}", median(rounds.iter().map(|round| round.p50))),
                format!("{:.1}", median(rounds.iter().map(|round| round.p99))),
            ]
        })
        .collect();
    print_table(
        &format!("warm_call: {CALLS} calls a round, median of {ROUNDS} rounds"),
        &["", "p50 us", "p99 us"],
        &rows,
    );
    Ok(())
}

/// The handler alone, to be taken off.
fn native() -> anyhow::Result<Vec<Duration>> {
    let mut samples = Vec::with_capacity(CALLS);
    for _ in 0..CALLS {
        let started = Instant::now();
        let text = bare::versioned()?.to_string();
        samples.push(started.elapsed());
        std::hint::black_box(text);
    }
    Ok(samples)
}

/// A call that is made again and again.
struct Call {
    route: RouteMatch,
    request: HttpRequest,
}

impl Call {
    fn find(host: &PluginHost, method: &str, path: &str, body: &'static str) -> anyhow::Result<Self> {
        let Lookup::Match(route) = host.find(method, path) else {
            anyhow::bail!("{method} {path} leads nowhere: {:#?}", host.statuses());
        };
        let request = HttpRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: vec![("host".to_owned(), "127.0.0.1:3000".to_owned())],
            body: Bytes::from_static(body.as_bytes()),
            principal: Some(Principal {
                user_id: "user".to_owned(),
                role: "SUPERADMIN".to_owned(),
                ..Principal::default()
            }),
            request_id: Some("0197a000-0000-7000-8000-000000000001".to_owned()),
            ..HttpRequest::default()
        };
        Ok(Self { route, request })
    }

    async fn repeat(&self, host: &PluginHost) -> anyhow::Result<Vec<Duration>> {
        let mut samples = Vec::with_capacity(CALLS);
        for _ in 0..CALLS {
            // The gateway makes a new request of what hyper hands it; that is its cost, not the host's.
            let request = self.request.clone();
            let started = Instant::now();
            let answer = host.call(&self.route, request).await;
            samples.push(started.elapsed());
            let answer = answer.with_context(|| format!("{} failed", self.request.path))?;
            anyhow::ensure!(answer.status == 200, "{}: {}", self.request.path, answer.status);
        }
        Ok(samples)
    }
}
