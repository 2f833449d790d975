//! One version of a plugin, ready to be called: its component with one set of settings, grants and limits.
//! Not how it came here (loader), nor who calls it when (table, hooks).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};
use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Manifest;
use wagate_storage::clock::SharedClock;

use crate::bindings::{error_from_wit, exports, types};
use crate::breaker::Breaker;
use crate::component::{Failure, Instance, Linked};
use crate::error::PluginCallError;
use crate::operator::Limits;
use crate::services::Services;
use crate::state::{CallContext, Identity};

/// Calls that may wait for an instance; more are refused at once.
const MAX_WAITING: usize = 256;

/// What stays the same while a version lives.
pub(crate) struct VersionParts {
    pub(crate) manifest: Manifest,
    pub(crate) sha256: String,
    pub(crate) linked: Arc<Linked>,
    pub(crate) identity: Arc<Identity>,
    pub(crate) limits: Limits,
    /// What `init` gets.
    pub(crate) config: String,
    pub(crate) services: Option<Arc<Services>>,
    pub(crate) clock: SharedClock,
    pub(crate) counters: Arc<Counters>,
}

/// Calls and faults, kept over reloads.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) calls: AtomicU64,
    pub(crate) traps: AtomicU64,
}

/// A version and its idle instances.
pub(crate) struct Version {
    pub(crate) parts: VersionParts,
    pub(crate) loaded_at_ms: i64,
    pub(crate) breaker: Breaker,
    /// Events of one session must not suspend the plugin for the others, nor for requests: anyone who writes to that
    /// session could. By session row id; dropped with the version.
    hook_breakers: Mutex<HashMap<String, Arc<Breaker>>>,
    /// Last in, first out: the warmest instance is used, the others grow old and are given up.
    idle: Mutex<Vec<(Instant, Instance)>>,
    permits: Arc<Semaphore>,
    /// Hooks get half of the instances at most, so that a flood of events leaves room for requests.
    hook_permits: Semaphore,
    waiting: Arc<Semaphore>,
    retired: AtomicBool,
}

/// An instance taken out for one call, with its place.
struct Lease {
    instance: Instance,
    _permit: OwnedSemaphorePermit,
}

impl Version {
    /// `trial` is the instance it was checked with; it becomes the first idle one.
    pub(crate) fn new(parts: VersionParts, trial: Instance) -> Self {
        let instances = parts.limits.instances();
        Self {
            loaded_at_ms: parts.clock.now_ms(),
            breaker: Breaker::default(),
            hook_breakers: Mutex::default(),
            idle: Mutex::new(vec![(Instant::now(), trial)]),
            permits: Arc::new(Semaphore::new(instances)),
            hook_permits: Semaphore::new((instances / 2).max(1)),
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
            retired: AtomicBool::new(false),
            parts,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.parts.manifest.id
    }

    pub(crate) fn is_hooked_on(&self, kind: &str) -> bool {
        self.parts.manifest.hooks.iter().any(|hook| hook == kind)
    }

    pub(crate) async fn handle_http(
        &self,
        context: CallContext,
        request: &exports::http_routes::HttpRequest,
    ) -> Result<exports::http_routes::HttpResponse, PluginCallError> {
        let Lease {
            mut instance,
            _permit,
        } = self.take(context, &self.breaker).await?;
        let Some(http) = instance.http.as_ref() else {
            return Err(PluginCallError::Internal(
                "the plugin exports no http-routes".to_owned(),
            ));
        };
        let outcome = timeout(
            self.parts.limits.call_timeout(),
            http.call_handle_http(&mut instance.store, request),
        )
        .await;
        self.settle(&self.breaker, instance, outcome)?
            .map_err(|error| PluginCallError::Refused(error_from_wit(error)))
    }

    pub(crate) async fn on_event(
        &self,
        context: CallContext,
        event: &exports::events::Event,
    ) -> Result<(), PluginCallError> {
        let breaker = self.hook_breaker(context.session.as_ref().map_or("", |session| &session.id));
        let _turn = self
            .hook_permits
            .acquire()
            .await
            .map_err(|_| PluginCallError::Busy { retry_after_ms: 1000 })?;
        let Lease {
            mut instance,
            _permit,
        } = self.take(context, &breaker).await?;
        let Some(events) = instance.events.as_ref() else {
            return Err(PluginCallError::Internal(
                "the plugin exports no events".to_owned(),
            ));
        };
        let outcome = timeout(
            self.parts.limits.call_timeout(),
            events.call_on_event(&mut instance.store, event),
        )
        .await;
        self.settle(&breaker, instance, outcome)?
            .map_err(|error| PluginCallError::Refused(error_from_wit(error)))
    }

    /// No instance is made idle any more: a newer version serves. Calls under way end as they would have.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
        self.idle().clear();
    }

    /// Gives up instances that have been idle for too long, but keeps one warm.
    pub(crate) fn reap(&self) {
        let limit = self.parts.limits.idle_timeout();
        let mut idle = self.idle();
        let keep_from = idle.len().saturating_sub(1);
        let fresh_from = idle
            .iter()
            .position(|(since, _)| since.elapsed() < limit)
            .unwrap_or(idle.len());
        let old: Vec<_> = idle.drain(..fresh_from.min(keep_from)).collect();
        drop(idle);
        drop(old);
    }

    async fn take(&self, context: CallContext, breaker: &Breaker) -> Result<Lease, PluginCallError> {
        if let Some(retry_after_ms) = breaker.refuses(self.parts.clock.now_ms()) {
            return Err(PluginCallError::Suspended { retry_after_ms });
        }
        self.parts.counters.calls.fetch_add(1, Ordering::Relaxed);
        let permit = self.wait_for_place().await?;
        let ready = self.idle().pop();
        let mut instance = match ready {
            Some((_, instance)) => instance,
            None => self.fresh(breaker).await?,
        };
        instance.begin(context, &self.parts.limits);
        Ok(Lease {
            instance,
            _permit: permit,
        })
    }

    async fn wait_for_place(&self) -> Result<OwnedSemaphorePermit, PluginCallError> {
        let wait = self.parts.limits.queue_wait();
        let busy = PluginCallError::Busy { retry_after_ms: 1000 };
        let Ok(_waiting) = self.waiting.clone().try_acquire_owned() else {
            return Err(busy);
        };
        match timeout(wait, self.permits.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(busy),
        }
    }

    async fn fresh(&self, breaker: &Breaker) -> Result<Instance, PluginCallError> {
        let parts = &self.parts;
        let start = async {
            let mut instance = parts
                .linked
                .instantiate(parts.identity.clone(), parts.services.clone(), &parts.limits)
                .await?;
            match init(&mut instance, &parts.config, &parts.limits).await {
                Ok(Ok(())) => Ok(instance),
                Ok(Err(error)) => {
                    let kind = PluginCallError::Internal(format!("init refused: {error}"));
                    Err(Failure {
                        detail: kind.to_string(),
                        kind,
                    })
                }
                Err(failure) => Err(failure),
            }
        };
        let outcome = timeout(parts.limits.call_timeout(), start)
            .await
            .unwrap_or_else(|_| Err(Failure::timeout()));
        outcome.map_err(|failure| self.fault(failure, breaker))
    }

    /// Puts the instance back only if the call came back: after a trap it is dead, after a timeout it is in the middle
    /// of something.
    fn settle<T>(
        &self,
        breaker: &Breaker,
        instance: Instance,
        outcome: Result<wasmtime::Result<T>, tokio::time::error::Elapsed>,
    ) -> Result<T, PluginCallError> {
        match outcome {
            Ok(Ok(answer)) => {
                breaker.succeeded();
                if instance.calls < self.parts.limits.max_reuse() && !self.retired.load(Ordering::Acquire) {
                    self.idle().push((Instant::now(), instance));
                }
                Ok(answer)
            }
            Ok(Err(error)) => Err(self.fault(Failure::of(&error, instance.store.data()), breaker)),
            Err(_) => Err(self.fault(Failure::timeout(), breaker)),
        }
    }

    fn fault(&self, failure: Failure, breaker: &Breaker) -> PluginCallError {
        let Failure { kind, detail } = failure;
        let plugin = self.name();
        if !kind.is_fault() {
            tracing::error!(plugin.id = plugin, "call of plugin {plugin} failed: {detail}");
            return kind;
        }
        self.parts.counters.traps.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(plugin.id = plugin, "plugin {plugin} failed: {kind}: {detail}");
        if breaker.failed(self.parts.clock.now_ms()) {
            tracing::error!(
                plugin.id = plugin,
                "plugin {plugin} failed too often and is suspended for a while (for one session, if it was a hook)"
            );
        }
        kind
    }

    fn hook_breaker(&self, session: &str) -> Arc<Breaker> {
        let mut breakers = self.hook_breakers.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(breakers.entry(session.to_owned()).or_default())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, Instance)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls `init`. The inner error is the plugin's own refusal of its settings.
pub(crate) async fn init(
    instance: &mut Instance,
    config: &str,
    limits: &Limits,
) -> Result<Result<(), HostError>, Failure> {
    instance.begin(CallContext::default(), limits);
    let outcome: wasmtime::Result<Result<(), types::Error>> =
        instance.guest.call_init(&mut instance.store, config).await;
    match outcome {
        Ok(answer) => Ok(answer.map_err(error_from_wit)),
        Err(error) => Err(Failure::of(&error, instance.store.data())),
    }
}
