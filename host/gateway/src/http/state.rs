//! What handlers reach. Cheap to clone.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use wagate_engine::Engine;
use wagate_plugin_host::PluginHost;
use wagate_storage::SharedStorage;
use wagate_storage::clock::SharedClock;

use super::limits::Counters;
use super::probe::Probe;
#[cfg(feature = "sandbox")]
use super::routes::sandbox::Phones;
use crate::auth::authenticator::Authenticator;
use crate::auth::password::Passwords;
use crate::auth::throttle::Throttle;
use crate::config::http::Http;
use crate::config::live::Live;
use crate::live::LiveStream;
use crate::machine::Machine;
use crate::metrics::Metrics;

/// The parts of the gateway a request can need.
#[derive(Clone)]
pub(crate) struct ApiState {
    pub(crate) storage: SharedStorage,
    pub(crate) clock: SharedClock,
    pub(crate) engine: Engine,
    pub(crate) plugins: PluginHost,
    pub(crate) auth: Arc<Authenticator>,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Arc<Throttle>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) metrics: Metrics,
    pub(crate) machine: Arc<Machine>,
    pub(crate) data_dir: Arc<Path>,
    /// The settings as they are now.
    pub(crate) config: Live,
    pub(crate) probe: Arc<Probe>,
    pub(crate) limits: Limits,
    pub(crate) ready: Readiness,
    pub(crate) live: LiveStream,
    /// The simulated phones of the network this gateway is on.
    #[cfg(feature = "sandbox")]
    pub(crate) phones: Phones,
    /// This run of the process: what an earlier one began and did not end is seen as cut short.
    pub(crate) run: Arc<str>,
}

/// What one request may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) request: Duration,
    pub(crate) body_idle: Duration,
    pub(crate) body_bytes: usize,
    /// In place of `request` for forms with files.
    pub(crate) upload: Duration,
    pub(crate) upload_bytes: usize,
}

impl From<&Http> for Limits {
    fn from(settings: &Http) -> Self {
        Self {
            request: settings.request_timeout_ms.millis(),
            body_idle: settings.body_timeout_ms.millis(),
            body_bytes: settings.max_body_bytes.count(),
            upload: settings.upload_timeout_ms.millis(),
            upload_bytes: settings.max_upload_bytes.count(),
        }
    }
}

/// Whether new requests are wanted: from the end of the start to the beginning of the end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readiness(Arc<AtomicBool>);

impl Readiness {
    pub(crate) fn set(&self, ready: bool) {
        self.0.store(ready, Ordering::Release);
    }

    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}
