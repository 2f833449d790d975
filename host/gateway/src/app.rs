//! The composition root: puts the parts together in order, and takes them apart in the opposite one.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wagate_engine::{AddressPolicy, Engine, EngineOptions, HistoryOptions, Network};
use wagate_media::Codecs;
use wagate_plugin_host::{PluginHost, PluginHostOptions, Random, is_public};
use wagate_storage::SharedStorage;
use wagate_storage::clock::{SharedClock, SystemClock};
use wagate_storage::secrets::SecretBox;
use wagate_storage::sqlite::SqliteStorage;

use crate::auth::authenticator::Authenticator;
use crate::auth::first_admin;
use crate::auth::password::Passwords;
use crate::auth::throttle::Throttle;
use crate::backup;
use crate::bundled::BUNDLED;
use crate::config::Config;
use crate::config::environment::{self, FirstAdmin};
use crate::config::live::Live;
use crate::config_watch;
use crate::data_dir::DataDir;
use crate::housekeeping;
use crate::http::limits::Counters;
#[cfg(feature = "sandbox")]
use crate::http::routes::sandbox::Phones;
use crate::http::server::{self, ServerLimits};
use crate::http::state::{ApiState, Limits, Readiness};
use crate::http::{self, idempotency, probe::Probe};
use crate::live::LiveStream;
use crate::live::notices::Notices;
use crate::live::tail::Tail;
use crate::logging::Level;
use crate::machine::Machine;
use crate::maintenance;
use crate::metrics::Metrics;

/// The drain of open requests is bounded in the server itself; this is a little more.
const SERVER_STOP: Duration = Duration::from_secs(12);
const PLUGINS_STOP: Duration = Duration::from_secs(15);
/// More than the engine itself allows one slow client.
const ENGINE_STOP: Duration = Duration::from_secs(12);
/// One small write.
const HOUSEKEEPING_STOP: Duration = Duration::from_secs(5);
const STORAGE_STOP: Duration = Duration::from_secs(10);

/// What a gateway is started with.
pub(crate) struct Options {
    pub(crate) config_dir: PathBuf,
    pub(crate) config: Config,
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) network: Network,
    /// The control API of the sandbox network.
    #[cfg(feature = "sandbox")]
    pub(crate) control: String,
    pub(crate) first_admin: FirstAdmin,
    /// The key of secrets in the database, where it does not lie beside it.
    pub(crate) secrets: Option<SecretBox>,
    /// Changes what is logged.
    pub(crate) log_level: Level,
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
    housekeeping: Part,
    /// Declared last: the directory is free only when everything above is gone.
    _data: DataDir,
}

async fn open_storage(data: &DataDir, secrets: Option<SecretBox>) -> anyhow::Result<SqliteStorage> {
    let file = data.database()?;
    Ok(match secrets {
        Some(secrets) => SqliteStorage::open_with(&file, secrets).await?,
        None => SqliteStorage::open(&file).await?,
    })
}

/// A task with its own way to be told to end.
struct Part {
    name: &'static str,
    shutdown: CancellationToken,
    tasks: TaskTracker,
}

/// Of the API, and of the figures where they have one of their own. Before anything else is opened: a taken port is the
/// most common mistake.
async fn listeners(options: &Options) -> anyhow::Result<(TcpListener, Option<TcpListener>)> {
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("cannot listen on {}", options.listen))?;
    let figures = match options.config.metrics.listen.0 {
        Some(listen) => Some(
            TcpListener::bind(listen)
                .await
                .with_context(|| format!("[metrics] cannot listen on {listen}"))?,
        ),
        None => None,
    };
    Ok((listener, figures))
}

impl App {
    /// Starts everything. The API answers when this returns.
    pub(crate) async fn start(options: Options) -> anyhow::Result<Self> {
        let data = DataDir::open(&options.data_dir)?;
        let (listener, figures) = listeners(&options).await?;
        let address = listener.local_addr().context("the listener has no address")?;
        let clock: SharedClock = Arc::new(SystemClock);
        let storage: SharedStorage = Arc::new(
            open_storage(&data, options.secrets)
                .await
                .context("cannot open the storage")?,
        );
        let made_first_admin = first_admin::ensure(&storage, &clock, options.first_admin).await?;
        tracing::debug!(made_first_admin, "the storage is open");
        let media = &options.config.media;
        let codecs = codecs(&media.ffmpeg);
        let proxies = options.config.proxy.private_networks.clone();
        let engine_options = EngineOptions {
            media: media.of_messages(data.media()),
            pacing: options.config.pacing.on(&options.network),
            paced: options.config.pacing.paced(),
            allow_raw_messages: options.config.sending.raw_messages,
            network: options.network,
            history: HistoryOptions::from(&options.config.history),
            presence_every: options.config.retention.presence_every_ms.millis(),
            proxies: AddressPolicy::new(move |address| is_public(address) || proxies.contain(address)),
        };
        let engine = Engine::open(Arc::clone(&storage), Arc::clone(&clock), engine_options)
            .await
            .context("cannot start the engine")?;
        let plugin_host = PluginHost::open(PluginHostOptions {
            config_dir: options.config_dir.clone(),
            cache_dir: data.cache(),
            allow_native: options.config.plugins.allow_native,
            bundled: BUNDLED,
            host_routes: http::host_routes(),
            storage: Arc::clone(&storage),
            engine: engine.clone(),
            clock: Arc::clone(&clock),
            random: Random::system(),
            delivery: options.config.delivery.options(),
            shelf: media.of_plugins(data.handles(), options.config.http.max_upload_bytes.count()),
            codecs,
        })
        .await
        .context("cannot start the plugin host")?;

        let live = Live::new(options.config.clone());
        let metrics = Metrics::new();
        let plugins = Part::new("the plugins");
        let host = plugin_host.clone();
        let host_shutdown = plugins.shutdown.clone();
        plugins.spawn(async move { host.run(host_shutdown).await });
        plugins.spawn(config_watch::run(
            options.config_dir,
            live.clone(),
            options.log_level,
            metrics.clone(),
            plugins.shutdown.clone(),
        ));
        plugins.spawn(housekeeping::run(
            Arc::clone(&storage),
            Arc::clone(&clock),
            live.clone(),
            plugins.shutdown.clone(),
        ));

        let housekeeping = Part::new("housekeeping");
        housekeeping.spawn(maintenance::run(
            Arc::clone(&storage),
            Arc::clone(&clock),
            maintenance::Limits::from(&options.config.retention),
            housekeeping.shutdown.clone(),
        ));

        // After the plugins: what arrives first finds its hooks.
        engine.resume_all().await.context("cannot resume the sessions")?;

        let server = Part::new("the server");
        let tail = Arc::new(Tail::new(Arc::clone(&storage)));
        let notices = notices(&plugins, &plugin_host, &clock, &options.data_dir);
        plugins.spawn(idempotency::forget(
            Arc::clone(&storage),
            Arc::clone(&clock),
            plugins.shutdown.clone(),
        ));

        let ready = Readiness::default();
        let state = ApiState {
            storage: Arc::clone(&storage),
            clock: Arc::clone(&clock),
            engine: engine.clone(),
            plugins: plugin_host,
            passwords: Passwords::new().await?,
            throttle: Arc::new(Throttle::new()),
            counters: Arc::new(Counters::default()),
            metrics: metrics.clone(),
            machine: Arc::new(Machine::new(options.data_dir.clone(), clock.now_ms())),
            data_dir: Arc::from(options.data_dir),
            config: live.clone(),
            auth: Arc::new(Authenticator::new(Arc::clone(&storage), clock)),
            probe: Arc::new(Probe::default()),
            limits: Limits::from(&options.config.http),
            ready: ready.clone(),
            live: LiveStream::new(tail, notices, server.shutdown.clone()),
            #[cfg(feature = "sandbox")]
            phones: Phones::at(&options.control)?,
            run: Arc::from(wagate_storage::new_row_id()),
        };
        let limits = ServerLimits::from(&options.config.http);
        if let Some(figures) = figures {
            server.spawn(server::serve(
                figures,
                http::figures(state.clone()),
                limits,
                live.clone(),
                metrics.clone(),
                server.shutdown.clone(),
            ));
        }
        server.spawn(server::serve(
            listener,
            http::router(state),
            limits,
            live,
            metrics,
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
            housekeeping,
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
        self.housekeeping.stop(HOUSEKEEPING_STOP).await;
        bounded("the engine", ENGINE_STOP, self.engine.shutdown()).await;
        bounded("the storage", STORAGE_STOP, self.storage.close()).await;
        tracing::info!("stopped");
    }
}

/// What streams tell besides the log, followed by tasks of this part.
fn notices(part: &Part, plugins: &PluginHost, clock: &SharedClock, data_dir: &Path) -> Notices {
    let notices = Notices::new();
    let following = notices.clone();
    part.spawn(following.follow(plugins.clone(), Arc::clone(clock), part.shutdown.clone()));
    part.spawn(backup::progress::follow(
        data_dir.to_path_buf(),
        notices.clone(),
        Arc::clone(clock),
        part.shutdown.clone(),
    ));
    notices
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

/// The codecs, with ffmpeg where it is.
fn codecs(ffmpeg: &str) -> Codecs {
    let directories = environment::program_directories();
    let found = wagate_media::find_program(ffmpeg, directories.as_deref());
    if found.is_none() {
        tracing::info!(
            "no ffmpeg: stickers and pictures of videos, and voice notes of anything but Ogg with Opus, are refused"
        );
    }
    Codecs::new(found)
}

async fn bounded(name: &str, within: Duration, work: impl Future<Output = ()>) {
    if tokio::time::timeout(within, work).await.is_err() {
        tracing::error!(part = name, "did not stop in time and is left behind");
    }
}
