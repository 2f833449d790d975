//! The crate's face: open, run, find, call, look.

mod settings;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, broadcast, watch};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;
use wagate_engine::Engine;
use wagate_media::Codecs;
use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;
use wagate_storage::clock::{SharedClock, SystemClock};
use wagate_storage::notifications::NotificationRow;
use wagate_storage::parked::ParkedEvent;
use wagate_storage::{SharedStorage, StorageError};

use crate::deliveries::{DeliveryOptions, DeliveryService};
use crate::error::{FileError, PluginCallError, PluginHostError};
use crate::files::{Bundled, Files};
use crate::fleet::{CompilingTold, Fleet};
use crate::heap;
use crate::hooks::{Cursors, Dispatcher, ReplayError};
use crate::http::{HttpRequest, HttpResponse, request_to_wit, response_from_wit};
use crate::loader::Loader;
use crate::native::Libraries;
use crate::outbound::Outbound;
use crate::random::Random;
use crate::runtime::Runtime;
use crate::services::Services;
use crate::shelf::{Holder, Owner, Shelf, ShelfFile, ShelfOptions, ShelfWriter};
use crate::state::CallContext;
use crate::status::PluginStatus;
use crate::switch::{self, SwitchError};
use crate::table::{LiveRoute, Lookup, RouteMatch};
use crate::timers::TimerService;
use crate::watch::{Hint, hints};

pub use settings::{PluginDetails, Written};

/// How often idle instances are looked through.
const REAP: Duration = Duration::from_secs(15);

/// What the plugin host works with.
pub struct PluginHostOptions {
    /// `config/`; the administrator's files are in `plugins/` below. Neither has to exist.
    pub config_dir: PathBuf,
    /// For compiled components. Made if need be; nobody else may write there.
    pub cache_dir: PathBuf,
    /// Whether plugins may be libraries in this process, which nothing holds.
    pub allow_native: bool,
    /// The plugins in the box.
    pub bundled: &'static [Bundled],
    /// The gateway's own routes, method and template: they win over plugins.
    pub host_routes: Vec<(String, String)>,
    /// The storage.
    pub storage: SharedStorage,
    /// The sessions.
    pub engine: Engine,
    /// The time.
    pub clock: SharedClock,
    /// The chance of components.
    pub random: Random,
    /// How deliveries are made.
    pub delivery: DeliveryOptions,
    /// Where files of plugins lie.
    pub shelf: ShelfOptions,
    /// What can be made of files.
    pub codecs: Codecs,
}

/// All plugins. A cheap handle.
#[derive(Clone)]
pub struct PluginHost {
    inner: Arc<Inner>,
}

struct Inner {
    config_dir: PathBuf,
    storage: SharedStorage,
    clock: SharedClock,
    fleet: Arc<Fleet>,
    dispatcher: Arc<Dispatcher>,
    services: Arc<Services>,
    timers: Arc<TimerService>,
    deliveries: Arc<DeliveryService>,
    bundled: &'static [Bundled],
    shelf: Arc<Shelf>,
    /// One change of an administrator's file at a time.
    switching: Mutex<()>,
}

/// Something `wagate check` has to say about a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The plugin.
    pub plugin: String,
    /// What is wrong, and where.
    pub error: FileError,
    /// It may be meant so: a component that no administrator's file wants.
    pub is_warning: bool,
}

impl PluginHost {
    /// Loads every plugin there is. One that cannot be loaded has a status that says why; it does not stop the others.
    pub async fn open(options: PluginHostOptions) -> Result<Self, PluginHostError> {
        let PluginHostOptions {
            config_dir,
            cache_dir,
            allow_native,
            bundled,
            host_routes,
            storage,
            engine,
            clock,
            random,
            delivery,
            shelf,
            codecs,
        } = options;
        let runtime = start_runtime(&cache_dir)?;
        let cursors = Arc::new(Cursors::open(storage.clone()).await?);
        let outbound = Outbound::new(&delivery.allow_private)
            .map_err(|error| PluginHostError::Runtime(format!("{error:#}")))?;
        let shelf_dir = shelf.dir.display().to_string();
        let shelf = Shelf::open(shelf, clock.clone())
            .map_err(|error| PluginHostError::Runtime(format!("{shelf_dir}: {error}")))?;
        let services = Arc::new(Services::new(
            storage.clone(),
            engine,
            clock.clone(),
            random,
            outbound,
            delivery,
            shelf.clone(),
            codecs,
        ));
        let loader = Loader {
            runtime,
            libraries: allow_native.then(|| Libraries::new(&cache_dir)),
            services: Some(services.clone()),
            clock: clock.clone(),
        };
        let files = Files::new(&config_dir, bundled);
        let fleet = Arc::new(Fleet::new(loader, files, host_routes, Some(cursors.clone())));
        fleet.scan(true).await;
        let timers = Arc::new(TimerService::new(fleet.clone(), services.clone()));
        let deliveries = Arc::new(DeliveryService::new(services.clone()));
        let dispatcher = Arc::new(Dispatcher::new(fleet.clone(), services.clone(), cursors));
        Ok(Self {
            inner: Arc::new(Inner {
                config_dir,
                storage,
                clock,
                fleet,
                dispatcher,
                services,
                timers,
                deliveries,
                bundled,
                shelf,
                switching: Mutex::new(()),
            }),
        })
    }

    /// Follows the files and brings events to hooks until `shutdown`; then waits, within bounds, for hooks under way.
    pub async fn run(&self, shutdown: CancellationToken) {
        let dispatcher = self.inner.dispatcher.clone().run(shutdown.clone());
        let timers = self.inner.timers.clone().run(shutdown.clone());
        let deliveries = self.inner.deliveries.clone().run(shutdown.clone());
        tokio::join!(
            dispatcher,
            timers,
            deliveries,
            self.follow_files(&shutdown),
            self.reap(&shutdown)
        );
    }

    async fn follow_files(&self, shutdown: &CancellationToken) {
        let config_dir = &self.inner.config_dir;
        // The upper one too: it is where `plugins` appears or is replaced.
        let mut hints = hints(
            vec![config_dir.clone(), config_dir.join("plugins")],
            shutdown.clone(),
        );
        while let Some(hint) = hints.recv().await {
            self.inner.fleet.scan(hint == Hint::Changed).await;
        }
    }

    async fn reap(&self, shutdown: &CancellationToken) {
        let mut ticks = interval(REAP);
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                _ = ticks.tick() => {}
            }
            self.tidy().await;
        }
    }

    /// Gives up what is idle: files, instances, memory. [`Self::run`] does it by itself.
    pub async fn tidy(&self) {
        self.inner.shelf.sweep();
        let table = self.inner.fleet.table();
        let versions = table.entries.values().filter_map(|entry| entry.version.as_ref());
        let old: Vec<_> = versions.flat_map(|version| version.reap()).collect();
        drop(table);
        heap::give_back(old).await;
    }

    /// Where a request goes. `path` as received, without the query.
    pub fn find(&self, method: &str, path: &str) -> Lookup {
        self.inner.fleet.table().find(method, path)
    }

    /// Calls the plugin. Anything but a GET runs to its end even if the caller is gone: half a send is worse than an
    /// answer nobody reads.
    pub async fn call(
        &self,
        route: &RouteMatch,
        request: HttpRequest,
    ) -> Result<HttpResponse, PluginCallError> {
        let reads_only = matches!(request.method.as_str(), "GET" | "HEAD");
        let version = route.version.clone();
        let waits_until_ms = Arc::new(AtomicI64::new(0));
        let context = CallContext {
            session: request.session.clone(),
            caller: request.principal.as_ref().map(|caller| caller.user_id.clone()),
            event_id: request.idempotency.clone(),
            if_offline: request.if_offline,
            waits_until_ms: Arc::clone(&waits_until_ms),
            ..CallContext::default()
        };
        let max_body = version.parts.limits.response_bytes();
        let request = request_to_wit(route, request);
        let call = async move { version.handle_http(context, request).await };
        let answer = if reads_only {
            call.await
        } else {
            tokio::spawn(call)
                .await
                .map_err(|error| PluginCallError::Internal(error.to_string()))?
        };
        let mut answer = response_from_wit(answer?, max_body).inspect_err(|error| {
            let plugin = route.plugin();
            tracing::warn!(plugin.id = plugin, "plugin {plugin}: {error}");
        })?;
        answer.note_queued(waits_until_ms.load(Ordering::Relaxed));
        Ok(answer)
    }

    /// For a route with `session = "resolved"`: asks the plugin which session (row id or slug) the request is about.
    /// It has no rights on any session meanwhile.
    pub async fn resolve_session(
        &self,
        route: &RouteMatch,
        request: HttpRequest,
    ) -> Result<Option<String>, PluginCallError> {
        route
            .version
            .resolve_session(request_to_wit(route, request))
            .await
    }

    /// A file that a client sends with a request to this route; it becomes the plugin's, and counts for this user (row id).
    pub fn receive_file(&self, route: &RouteMatch, user: &str) -> Result<ShelfWriter, HostError> {
        let identity = &route.version.parts.identity;
        if !identity.effective().contains(&Right::Media) {
            return Err(HostError::Denied(format!(
                "right \"media\" is not granted in {} ([grants] capabilities)",
                identity.file
            )));
        }
        self.inner.shelf.write(Owner {
            holder: Holder {
                plugin: identity.plugin.clone(),
                user: user.to_owned(),
            },
            quota: identity.media_bytes,
            file: identity.file.clone(),
        })
    }

    /// The file behind a handle that the plugin of this route answered with.
    pub fn file(&self, route: &RouteMatch, handle: &str) -> Result<ShelfFile, HostError> {
        self.inner.shelf.take(route.plugin(), handle)
    }

    /// Removes a file of this route's plugin, if it is still there.
    pub fn drop_file(&self, route: &RouteMatch, handle: &str) {
        // The plugin may have been quicker.
        let _ = self.inner.shelf.remove(route.plugin(), handle);
    }

    /// One plugin.
    pub fn status(&self, name: &str) -> Option<PluginStatus> {
        let table = self.inner.fleet.table();
        let entry = table.entries.get(name)?;
        Some(entry.status(
            name,
            self.inner.clock.now_ms(),
            self.inner.dispatcher.lag_of(name),
        ))
    }

    /// Every plugin, also those that are off or were refused.
    pub fn statuses(&self) -> Vec<PluginStatus> {
        let now = self.inner.clock.now_ms();
        let table = self.inner.fleet.table();
        let lag = |name: &str| self.inner.dispatcher.lag_of(name);
        table
            .entries
            .iter()
            .map(|(name, entry)| entry.status(name, now, lag(name)))
            .collect()
    }

    /// Events its hooks could not handle, how many in each session (row id).
    pub async fn parked_counts(&self, name: &str) -> Result<Vec<(String, i64)>, StorageError> {
        self.inner.storage.parked_counts(name).await
    }

    /// These events, oldest first within a session; `after` is an event's id.
    pub async fn parked(
        &self,
        name: &str,
        session_id: Option<&str>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Vec<ParkedEvent>, StorageError> {
        self.inner
            .storage
            .parked_events(name, session_id, after, limit)
            .await
    }

    /// Brings one of them again; to the end, even if the caller is gone.
    pub async fn replay_parked(&self, name: &str, event_id: &str) -> Result<(), ReplayError> {
        let (dispatcher, name, event_id) = (
            self.inner.dispatcher.clone(),
            name.to_owned(),
            event_id.to_owned(),
        );
        let work = tokio::spawn(async move { dispatcher.replay(&name, &event_id).await });
        work.await
            .unwrap_or_else(|error| Err(ReplayError::Failed(PluginCallError::Internal(error.to_string()))))
    }

    /// Gives one of them up. `false` when there was none.
    pub async fn drop_parked(&self, name: &str, event_id: &str) -> Result<bool, StorageError> {
        let storage = &self.inner.storage;
        let Some(parked) = storage.parked_event(name, event_id).await? else {
            return Ok(false);
        };
        storage
            .unpark_event(name, &parked.event.event.session_id, event_id)
            .await
    }

    /// Writes `enabled` into the plugin's file and applies it; to the end, even if the caller is gone.
    pub async fn set_enabled(&self, name: &str, enabled: bool) -> Result<PluginStatus, SwitchError> {
        let (host, name) = (self.clone(), name.to_owned());
        let work = tokio::spawn(async move { host.switch(&name, enabled).await });
        work.await.unwrap_or_else(|error| {
            Err(SwitchError::Failed(FileError {
                message: error.to_string(),
                file: None,
                line: None,
                column: None,
            }))
        })
    }

    async fn switch(&self, name: &str, enabled: bool) -> Result<PluginStatus, SwitchError> {
        // What is no plugin's name must not become a path.
        let stray = {
            let table = self.inner.fleet.table();
            let entry = table.entries.get(name).ok_or(SwitchError::Unknown)?;
            entry.last_error.clone().filter(|_| entry.is_stray)
        };
        if let Some(error) = stray {
            return Err(SwitchError::Invalid(error));
        }
        let inner = &self.inner;
        let _turn = inner.switching.lock().await;
        let path = inner.config_dir.join("plugins").join(format!("{name}.toml"));
        let bundled = inner.bundled.iter().find(|plugin| plugin.name == name);
        switch::switch(path, bundled.map(|plugin| plugin.default_toml), enabled).await?;
        self.reload().await;
        self.status(name).ok_or(SwitchError::Unknown)
    }

    /// Every route that plugins serve now.
    pub fn live_routes(&self) -> Vec<LiveRoute> {
        self.inner.fleet.table().live_routes()
    }

    /// Reads this plugin's files again, even unchanged ones: new instances, and a suspension ends. None: no such
    /// plugin.
    pub async fn reload_one(&self, name: &str) -> Option<PluginStatus> {
        self.status(name)?;
        let (host, owned) = (self.clone(), name.to_owned());
        if let Err(error) = tokio::spawn(async move { host.inner.fleet.reload_one(&owned).await }).await {
            tracing::error!(plugin.id = name, %error, "plugin {name} could not be reloaded");
        }
        self.inner.dispatcher.wake();
        self.status(name)
    }

    /// Looks at the files, and for events that hooks have not seen, now.
    pub async fn reload(&self) {
        self.inner.fleet.scan(true).await;
        self.inner.dispatcher.wake();
    }

    /// The notifications that plugins make from now on, as they are written down.
    pub fn notes(&self) -> broadcast::Receiver<Arc<NotificationRow>> {
        self.inner.services.notes()
    }

    /// Changes after every look at the files that applied or refused something.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.fleet.changes()
    }
}

/// Looks at everything an administrator can get wrong, and starts nothing: files, components, manifests, settings,
/// grants, routes. `told` hears of what takes long.
pub async fn check(
    config_dir: &Path,
    cache_dir: &Path,
    bundled: &'static [Bundled],
    host_routes: &[(String, String)],
    allow_native: bool,
    told: CompilingTold,
) -> Vec<Problem> {
    let runtime = match start_runtime(cache_dir) {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = FileError::new(&cache_dir.display().to_string(), error.to_string());
            return vec![Problem {
                plugin: String::new(),
                error,
                is_warning: false,
            }];
        }
    };
    let loader = Loader {
        runtime,
        libraries: allow_native.then(|| Libraries::new(cache_dir)),
        services: None,
        clock: Arc::new(SystemClock),
    };
    let fleet = Fleet::new(
        loader,
        Files::new(config_dir, bundled),
        host_routes.to_vec(),
        None,
    )
    .telling(told);
    fleet.scan(true).await;
    let table = fleet.table();
    let problems = table.entries.iter().filter_map(|(name, entry)| {
        Some(Problem {
            plugin: name.clone(),
            error: entry.last_error.clone()?,
            is_warning: entry.is_stray,
        })
    });
    problems.collect()
}

fn start_runtime(cache_dir: &Path) -> Result<Runtime, PluginHostError> {
    Runtime::new(cache_dir).map_err(|error| PluginHostError::Runtime(format!("{error:#}")))
}
