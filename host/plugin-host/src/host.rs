//! The crate's face: open, run, find, call, look.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, watch};
use tokio::time::interval;
use tokio_util::sync::CancellationToken;
use wagate_engine::Engine;
use wagate_storage::SharedStorage;
use wagate_storage::clock::{SharedClock, SystemClock};

use crate::error::{FileError, PluginCallError, PluginHostError};
use crate::files::{Bundled, Files};
use crate::fleet::Fleet;
use crate::hooks::{Cursors, Dispatcher};
use crate::http::{HttpRequest, HttpResponse, request_to_wit, response_from_wit};
use crate::loader::Loader;
use crate::outbound::Outbound;
use crate::runtime::Runtime;
use crate::services::Services;
use crate::state::CallContext;
use crate::status::PluginStatus;
use crate::switch::{self, SwitchError};
use crate::table::{Lookup, RouteMatch};
use crate::timers::TimerService;
use crate::watch::{Hint, hints};

/// How often idle instances are looked through.
const REAP: Duration = Duration::from_secs(15);

/// What the plugin host works with.
pub struct PluginHostOptions {
    /// `config/`; the administrator's files are in `plugins/` below. Neither has to exist.
    pub config_dir: PathBuf,
    /// For compiled components. Made if need be; nobody else may write there.
    pub cache_dir: PathBuf,
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
}

/// All plugins. A cheap handle.
#[derive(Clone)]
pub struct PluginHost {
    inner: Arc<Inner>,
}

struct Inner {
    config_dir: PathBuf,
    clock: SharedClock,
    fleet: Arc<Fleet>,
    dispatcher: Arc<Dispatcher>,
    timers: Arc<TimerService>,
    bundled: &'static [Bundled],
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
}

impl PluginHost {
    /// Loads every plugin there is. One that cannot be loaded has a status that says why; it does not stop the others.
    pub async fn open(options: PluginHostOptions) -> Result<Self, PluginHostError> {
        let PluginHostOptions {
            config_dir,
            cache_dir,
            bundled,
            host_routes,
            storage,
            engine,
            clock,
        } = options;
        let runtime = start_runtime(&cache_dir)?;
        let cursors = Arc::new(Cursors::new(storage.clone()));
        let outbound = Outbound::new().map_err(|error| PluginHostError::Runtime(format!("{error:#}")))?;
        let services = Arc::new(Services::new(storage, engine, clock.clone(), outbound));
        let loader = Loader {
            runtime,
            services: Some(services.clone()),
            clock: clock.clone(),
        };
        let files = Files::new(&config_dir, bundled);
        let fleet = Arc::new(Fleet::new(loader, files, host_routes, Some(cursors.clone())));
        fleet.scan(true).await;
        let timers = Arc::new(TimerService::new(fleet.clone(), services.clone()));
        let dispatcher = Arc::new(Dispatcher::new(fleet.clone(), services, cursors));
        Ok(Self {
            inner: Arc::new(Inner {
                config_dir,
                clock,
                fleet,
                dispatcher,
                timers,
                bundled,
                switching: Mutex::new(()),
            }),
        })
    }

    /// Follows the files and brings events to hooks until `shutdown`; then waits, within bounds, for hooks under way.
    pub async fn run(&self, shutdown: CancellationToken) {
        let dispatcher = self.inner.dispatcher.clone().run(shutdown.clone());
        let timers = self.inner.timers.clone().run(shutdown.clone());
        tokio::join!(
            dispatcher,
            timers,
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
            for version in self
                .inner
                .fleet
                .table()
                .entries
                .values()
                .filter_map(|entry| entry.version.as_ref())
            {
                version.reap();
            }
        }
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
        let context = CallContext {
            session: request.session.clone(),
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
        response_from_wit(answer?, max_body)
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
        if self.status(name).is_none() {
            return Err(SwitchError::Unknown);
        }
        let inner = &self.inner;
        let _turn = inner.switching.lock().await;
        let path = inner.config_dir.join("plugins").join(format!("{name}.toml"));
        let bundled = inner.bundled.iter().find(|plugin| plugin.name == name);
        switch::switch(path, bundled.map(|plugin| plugin.default_toml), enabled).await?;
        self.reload().await;
        self.status(name).ok_or(SwitchError::Unknown)
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

    /// Changes after every look at the files that applied or refused something.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.fleet.changes()
    }
}

/// Looks at everything an administrator can get wrong, and starts nothing: files, components, manifests, settings,
/// grants, routes.
pub async fn check(
    config_dir: &Path,
    cache_dir: &Path,
    bundled: &'static [Bundled],
    host_routes: &[(String, String)],
) -> Vec<Problem> {
    let runtime = match start_runtime(cache_dir) {
        Ok(runtime) => runtime,
        Err(error) => {
            let error = FileError::new(&cache_dir.display().to_string(), error.to_string());
            return vec![Problem {
                plugin: String::new(),
                error,
            }];
        }
    };
    let loader = Loader {
        runtime,
        services: None,
        clock: Arc::new(SystemClock),
    };
    let fleet = Fleet::new(
        loader,
        Files::new(config_dir, bundled),
        host_routes.to_vec(),
        None,
    );
    fleet.scan(true).await;
    let table = fleet.table();
    let problems = table
        .entries
        .iter()
        .filter_map(|(name, entry)| Some((name, entry.last_error.clone()?)));
    problems
        .map(|(name, error)| Problem {
            plugin: name.clone(),
            error,
        })
        .collect()
}

fn start_runtime(cache_dir: &Path) -> Result<Runtime, PluginHostError> {
    Runtime::new(cache_dir).map_err(|error| PluginHostError::Runtime(format!("{error:#}")))
}
