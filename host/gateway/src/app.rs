//! The composition root: puts the parts together in order, and takes them apart in the opposite one.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wagate_engine::{Engine, EngineOptions, Network};
use wagate_plugin_host::{PluginHost, PluginHostOptions};
use wagate_storage::SharedStorage;
use wagate_storage::clock::{SharedClock, SystemClock};
use wagate_storage::sqlite::SqliteStorage;

use crate::auth::first_admin;
use crate::auth::principal::Authenticator;
use crate::bundled::BUNDLED;
use crate::config::Config;
use crate::config::environment::FirstAdmin;
use crate::config_watch;
use crate::data_dir::DataDir;
use crate::http::server::{self, ServerLimits};
use crate::http::state::{ApiState, Limits, Readiness};
use crate::http::{self, probe::Probe};

/// The drain of open requests is bounded in the server itself; this is a little more.
const SERVER_STOP: Duration = Duration::from_secs(12);
const PLUGINS_STOP: Duration = Duration::from_secs(15);
/// More than the engine itself allows one slow client.
const ENGINE_STOP: Duration = Duration::from_secs(12);
const STORAGE_STOP: Duration = Duration::from_secs(10);

/// What a gateway is started with.
pub(crate) struct Options {
    pub(crate) config_dir: PathBuf,
    pub(crate) config: Config,
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) network: Network,
    pub(crate) first_admin: FirstAdmin,
}

/// A running gateway. Ends in order through [`App::stop`].
pub(crate) struct App {
    address: SocketAddr,
    /// Whether this start made the first administrator, from what it was given.
    #[cfg(feature = "sandbox")]
    made_first_admin: bool,
    storage: SharedStorage,
    engine: Engine,
    ready: Readiness,
    server: Part,
    plugins: Part,
    /// Declared last: the directory is free only when everything above is gone.
    _data: DataDir,
}

/// A task with its own way to be told to end.
struct Part {
    name: &'static str,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

impl App {
    /// Starts everything. The API answers when this returns.
    pub(crate) async fn start(options: Options) -> anyhow::Result<Self> {
        let data = DataDir::open(&options.data_dir)?;
        // Before anything else is opened: a taken port is the most common mistake.
        let listener = TcpListener::bind(options.listen)
            .await
            .with_context(|| format!("cannot listen on {}", options.listen))?;
        let address = listener.local_addr().context("the listener has no address")?;

        let clock: SharedClock = Arc::new(SystemClock);
        let storage: SharedStorage = Arc::new(
            SqliteStorage::open(&data.database()?)
                .await
                .context("cannot open the storage")?,
        );
        let made_first_admin = first_admin::ensure(&storage, &clock, options.first_admin).await?;
        tracing::debug!(made_first_admin, "the storage is open");
        let engine_options = EngineOptions {
            network: options.network,
        };
        let engine = Engine::open(Arc::clone(&storage), Arc::clone(&clock), engine_options)
            .await
            .context("cannot start the engine")?;
        let plugin_host = PluginHost::open(PluginHostOptions {
            config_dir: options.config_dir.clone(),
            cache_dir: data.cache(),
            bundled: BUNDLED,
            host_routes: http::host_routes(),
            storage: Arc::clone(&storage),
            engine: engine.clone(),
            clock: Arc::clone(&clock),
        })
        .await
        .context("cannot start the plugin host")?;

        let plugins = Part::new("the plugins");
        let host = plugin_host.clone();
        let host_shutdown = plugins.shutdown.clone();
        plugins.spawn(async move { host.run(host_shutdown).await });
        plugins.spawn(config_watch::run(
            options.config_dir,
            options.config.clone(),
            plugins.shutdown.clone(),
        ));

        // After the plugins: what arrives first finds its hooks.
        engine.resume_all().await.context("cannot resume the sessions")?;

        let ready = Readiness::default();
        let state = ApiState {
            storage: Arc::clone(&storage),
            clock: Arc::clone(&clock),
            engine: engine.clone(),
            plugins: plugin_host,
            auth: Arc::new(Authenticator::new(Arc::clone(&storage), clock)),
            probe: Arc::new(Probe::default()),
            limits: Limits::from(&options.config.http),
            ready: ready.clone(),
        };
        let server = Part::new("the server");
        server.spawn(server::serve(
            listener,
            http::router(state),
            ServerLimits::from(&options.config.http),
            server.shutdown.clone(),
        ));
        ready.set(true);
        tracing::info!(%address, "the gateway is up");
        Ok(Self {
            address,
            #[cfg(feature = "sandbox")]
            made_first_admin,
            storage,
            engine,
            ready,
            server,
            plugins,
            _data: data,
        })
    }

    /// Where the API is reached from this machine.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Whether the given first administrator was the one that was made.
    #[cfg(feature = "sandbox")]
    pub(crate) fn made_first_admin(&self) -> bool {
        self.made_first_admin
    }

    /// Ends everything in order: no new requests, those in flight finish, hooks finish, WhatsApp is left, the last
    /// writes reach the disk. Each step is bounded.
    pub(crate) async fn stop(self) {
        tracing::info!("stopping");
        self.ready.set(false);
        self.server.stop(SERVER_STOP).await;
        self.plugins.stop(PLUGINS_STOP).await;
        bounded("the engine", ENGINE_STOP, self.engine.shutdown()).await;
        bounded("the storage", STORAGE_STOP, self.storage.close()).await;
        tracing::info!("stopped");
    }
}

impl Part {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            shutdown: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// The tracker knows when the task is done; its handle is not needed.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    async fn stop(&self, within: Duration) {
        self.shutdown.cancel();
        self.tasks.close();
        bounded(self.name, within, self.tasks.wait()).await;
    }
}

async fn bounded(name: &str, within: Duration, work: impl Future<Output = ()>) {
    if tokio::time::timeout(within, work).await.is_err() {
        tracing::error!(part = name, "did not stop in time and is left behind");
    }
}
