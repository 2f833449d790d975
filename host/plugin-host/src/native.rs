//! Native plugins: a library in this very process, for administrators who allow it. What it asks of the host is granted or
//! refused like anybody's; nothing else holds it: no limit of memory, no end of a call, no isolation.
//!
//! An instance has a thread of its own, on which it is made, called and given back. A call that is over its time is
//! answered without it, and the plugin is suspended until it comes back: a thread cannot be stopped.

mod boundary;
mod dispatch;
mod watch;
mod worker;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::timeout;
use wagate_protocol::manifest::{SUPPORTED, supports};

use crate::component::Failure;
use crate::error::PluginCallError;
use crate::operator::Limits;
use crate::services::Services;
use crate::state::{Identity, State};
use boundary::Library;
use watch::Watch;

pub(crate) use worker::Instance;

/// Loads libraries. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Libraries {
    /// Where copies lie while they are loaded; only the host may write there.
    dir: PathBuf,
    loaded: Arc<AtomicU64>,
}

impl Libraries {
    /// With its copies below this directory.
    pub(crate) fn new(cache_dir: &Path) -> Self {
        Self {
            dir: cache_dir.join("native"),
            loaded: Arc::default(),
        }
    }

    /// Loads these bytes, which somebody has found to be the ones that the administrator wants: from a copy with a name that
    /// was never loaded before, and for ever.
    pub(crate) async fn load(&self, name: &str, bytes: Arc<[u8]>) -> anyhow::Result<Linked> {
        let (dir, prefix) = (self.dir.clone(), format!("{name}-"));
        let library = tokio::task::spawn_blocking(move || load(&dir, &prefix, &bytes)).await??;
        let api = library.api();
        anyhow::ensure!(
            supports(api),
            "written for plugin API {api}, this host runs {SUPPORTED}"
        );
        let loaded = self.loaded.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::warn!(
            plugin.id = name,
            "plugin {name} is native (SDK {}): it runs with all rights of this process. Library {loaded} of this run; none \
             is ever unloaded",
            library.sdk()
        );
        Ok(Linked {
            name: name.to_owned(),
            library,
            watch: Arc::default(),
        })
    }
}

fn load(dir: &Path, prefix: &str, bytes: &[u8]) -> anyhow::Result<Library> {
    std::fs::create_dir_all(dir)?;
    let mut copy = tempfile::Builder::new()
        .prefix(prefix)
        .suffix(std::env::consts::DLL_SUFFIX)
        .tempfile_in(dir)?;
    copy.write_all(bytes)?;
    // Closed, then loaded; what is loaded stays when its name is gone.
    let copy = copy.into_temp_path();
    Library::load(&copy).map_err(anyhow::Error::msg)
}

/// A loaded library: what all instances of all its configurations share.
pub(crate) struct Linked {
    name: String,
    library: Library,
    watch: Arc<Watch>,
}

impl Linked {
    /// The version of the SDK in it.
    pub(crate) fn sdk(&self) -> &'static str {
        self.library.sdk()
    }

    /// Whether a call is over its time and has not come back yet.
    pub(crate) fn is_stuck(&self) -> bool {
        self.watch.is_stuck()
    }

    /// A new instance, not yet initialised.
    pub(crate) fn instantiate(
        &self,
        identity: Arc<Identity>,
        services: Option<Arc<Services>>,
        limits: &Limits,
    ) -> Result<Instance, Failure> {
        if self.watch.left() >= limits.instances() {
            return Err(Failure {
                kind: PluginCallError::BUSY,
                detail: "calls that nobody waits for any more hold all of its threads".to_owned(),
            });
        }
        let state = Box::new(State::new(identity, services, limits));
        Instance::start(&self.name, self.library, state, self.watch.clone()).map_err(|error| Failure {
            kind: PluginCallError::BUSY,
            detail: format!("no thread for the plugin: {error}"),
        })
    }

    /// Waits for something an instance does, no longer than `limit`.
    pub(crate) async fn run<T>(
        &self,
        limit: Duration,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        if let Ok(outcome) = timeout(limit, call).await {
            return outcome;
        }
        self.watch.overdue();
        Err(Failure {
            detail: "the time limit of the whole call; a native plugin cannot be stopped, so it is suspended until the \
                     call comes back"
                .to_owned(),
            ..Failure::timeout()
        })
    }
}
