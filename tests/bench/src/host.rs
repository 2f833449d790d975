//! A plugin host linked in, without HTTP around it: how it is opened, called, and given events.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use serde_json::json;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use wagate_engine::{Engine, EngineOptions, Network};
use wagate_plugin_host::{
    Bundled, Codecs, DeliveryOptions, HttpRequest, HttpResponse, Lookup, PluginHost, PluginHostOptions,
    Principal, Random, RouteMatch, SessionRef, ShelfOptions,
};
use wagate_storage::SharedStorage;
use wagate_storage::clock::{SharedClock, SystemClock};
use wagate_storage::events::NewEvent;
use wagate_storage::sqlite::SqliteStorage;

use crate::{rows, scratch};

/// The session that requests and events are about: its row id and its slug.
pub(crate) const SESSION: &str = "session";
const CHAT: &str = "12025550100@s.whatsapp.net";
/// Events of one append.
const BATCH: usize = 500;
const LOOK_EVERY: Duration = Duration::from_micros(500);
const PATIENCE: Duration = Duration::from_secs(60);

/// Directory, storage and engine: what a plugin host stands on.
pub(crate) struct Ground {
    pub(crate) dir: TempDir,
    pub(crate) storage: SharedStorage,
    engine: Engine,
    clock: SharedClock,
    events: AtomicUsize,
}

impl Ground {
    /// With a user and a session that nobody wants running.
    pub(crate) async fn lay() -> anyhow::Result<Self> {
        let dir = scratch::directory()?;
        let storage: SharedStorage = Arc::new(SqliteStorage::open(&dir.path().join("bench.db")).await?);
        rows::add_user(&storage, vec![0; 32]).await?;
        rows::add_session(&storage, SESSION).await?;
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
        Ok(Self {
            dir,
            storage,
            engine,
            clock,
            events: AtomicUsize::new(0),
        })
    }

    pub(crate) fn config_dir(&self) -> std::path::PathBuf {
        self.dir.path().join("config")
    }

    /// Where compiled components are kept.
    pub(crate) fn cache_dir(&self) -> std::path::PathBuf {
        self.dir.path().join("cache")
    }

    /// A host over it, with what lies in its configuration.
    pub(crate) async fn open(&self) -> anyhow::Result<PluginHost> {
        self.open_with(&self.cache_dir(), &[]).await
    }

    pub(crate) async fn open_with(
        &self,
        cache_dir: &Path,
        bundled: &'static [Bundled],
    ) -> anyhow::Result<PluginHost> {
        let host = PluginHost::open(PluginHostOptions {
            config_dir: self.config_dir(),
            cache_dir: cache_dir.to_path_buf(),
            allow_native: true,
            bundled,
            host_routes: Vec::new(),
            storage: Arc::clone(&self.storage),
            engine: self.engine.clone(),
            clock: Arc::clone(&self.clock),
            random: Random::system(),
            delivery: DeliveryOptions::default(),
            shelf: ShelfOptions::in_dir(self.dir.path().join("media-handles")),
            codecs: Codecs::new(None),
        })
        .await?;
        for status in host.statuses() {
            if let Some(error) = status.last_error {
                anyhow::bail!("{}: {error:?}", status.name);
            }
        }
        Ok(host)
    }

    /// Appends texts somebody has written to the session's log. `#` is another number in each.
    pub(crate) async fn write(&self, text: &str, count: usize) -> anyhow::Result<()> {
        let first = self.events.fetch_add(count, Ordering::Relaxed);
        let numbers: Vec<usize> = (first..first + count).collect();
        for some in numbers.chunks(BATCH) {
            let events = some.iter().map(|number| {
                let id = format!("3EB0{number:018X}");
                let text = text.replace('#', &number.to_string());
                let data = json!({
                    "key": { "remoteJid": CHAT, "fromMe": false, "id": id },
                    "chat": CHAT, "from": CHAT, "isGroup": false, "type": "TEXT", "content": text,
                });
                NewEvent {
                    id,
                    session_id: SESSION.to_owned(),
                    kind: "message.received".to_owned(),
                    chat: Some(CHAT.to_owned()),
                    timestamp: self.clock.now_ms(),
                    schema: 1,
                    data: data.to_string(),
                }
            });
            self.storage.append_events(events.collect()).await?;
        }
        Ok(())
    }

    /// How long the host takes until a plugin's hook is through with the log. Its cursor is written a moment behind; where
    /// there is so little to do that nobody sees it being done, that is waited for.
    pub(crate) async fn drain(&self, host: &PluginHost, plugin: &str) -> anyhow::Result<Duration> {
        let last = self.storage.last_sequence(SESSION).await?;
        let stop = CancellationToken::new();
        let started = Instant::now();
        let running = tokio::spawn({
            let (host, stop) = (host.clone(), stop.clone());
            async move { host.run(stop).await }
        });
        let mut is_seen = false;
        while self.storage.hook_cursor(plugin, SESSION).await? != Some(last) {
            let behind = host.status(plugin).is_some_and(|status| !status.lag.is_empty());
            if is_seen && !behind {
                break;
            }
            is_seen |= behind;
            anyhow::ensure!(
                started.elapsed() < PATIENCE,
                "{plugin} does not get through its events"
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let took = started.elapsed();
        stop.cancel();
        running.await?;
        Ok(took)
    }
}

/// A call that is made again and again.
pub(crate) struct Call {
    route: RouteMatch,
    request: HttpRequest,
}

impl Call {
    pub(crate) fn find(host: &PluginHost, method: &str, path: &str, body: &str) -> anyhow::Result<Self> {
        let Lookup::Match(route) = host.find(method, path) else {
            anyhow::bail!("{method} {path} leads nowhere: {:#?}", host.statuses());
        };
        let request = HttpRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: vec![("host".to_owned(), "127.0.0.1:3000".to_owned())],
            body: Bytes::copy_from_slice(body.as_bytes()),
            session: Some(SessionRef {
                id: SESSION.to_owned(),
                slug: SESSION.to_owned(),
            }),
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

    /// Once; the answer may be anything.
    pub(crate) async fn once(&self, host: &PluginHost) -> anyhow::Result<HttpResponse> {
        let answer = host.call(&self.route, self.request.clone()).await;
        answer.with_context(|| format!("{} failed", self.request.path))
    }

    /// Many times, one after the other, each answered with 200 or 201.
    pub(crate) async fn repeat(&self, host: &PluginHost, calls: usize) -> anyhow::Result<Vec<Duration>> {
        let mut samples = Vec::with_capacity(calls);
        for _ in 0..calls {
            // The gateway makes a new request of what hyper hands it; that is its cost, not the host's.
            let request = self.request.clone();
            let started = Instant::now();
            let answer = host.call(&self.route, request).await;
            samples.push(started.elapsed());
            let answer = answer.with_context(|| format!("{} failed", self.request.path))?;
            anyhow::ensure!(
                (200..300).contains(&answer.status),
                "{}: {}",
                self.request.path,
                answer.status
            );
        }
        Ok(samples)
    }
}
