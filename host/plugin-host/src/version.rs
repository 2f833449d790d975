//! One version of a plugin, ready to be called: its component with one set of settings, grants and limits.
//! Not how it came here (loader), nor who calls it when (table, hooks).

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};
use wagate_protocol::manifest::Manifest;
use wagate_protocol::text::is_harmful;
use wagate_storage::clock::SharedClock;

use crate::bindings::{error_from_wit, exports, types};
use crate::breaker::Breaker;
use crate::component::Failure;
use crate::error::{FileError, PluginCallError};
use crate::guest::{Instance, Linked};
use crate::latency::Latency;
use crate::log_budget::Verdict;
use crate::operator::Limits;
use crate::rate::RateLimit;
use crate::services::Services;
use crate::shares::{Place, Shares};
use crate::state::{CallContext, Identity};
use crate::status::Suspension;

/// Calls that may wait for an instance; more are refused at once.
const MAX_WAITING: usize = 256;
/// Hooks and timers at the same time, for each request that may be answered at the same time. Most of a hook's time is waiting
/// for what it has asked to be written: few of them would hold up all accounts, and many are written with one sync.
const HOOKS_A_REQUEST: usize = 8;
/// The same of a native plugin, where each has a thread.
const NATIVE_HOOKS_A_REQUEST: usize = 2;

/// Of a failure's reason and the guest's stack, so much is logged, characters: the names in it are as long as the author likes.
const MAX_DETAIL: usize = 8192;

/// What is said of a native plugin whose call cannot be ended.
const STUCK: &str = "a call over its time has not come back";
/// How soon to ask again while a call of a native plugin is stuck.
const STUCK_RETRY_MS: u64 = 10_000;

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
    /// What in the administrator's file has no effect.
    pub(crate) notes: Vec<FileError>,
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
    /// Of these, by user.
    shares: Shares,
    /// Of hooks and timers, so that a flood of events leaves room for requests.
    hook_permits: Arc<Semaphore>,
    /// Of those that compute: they share few threads with everybody's requests, and would all be late.
    computing_hooks: Semaphore,
    waiting: Arc<Semaphore>,
    retired: AtomicBool,
    requests: RateLimit,
    /// Of its routes, since it serves.
    pub(crate) latency: Latency,
}

/// Who waits for a call to end.
#[derive(Clone, Copy)]
enum Caller {
    /// Somebody, who is refused when it takes too long to begin.
    Client,
    /// The event log, or the table of timers: these can wait.
    Host,
}

/// An instance taken out for one call, with its place.
struct Lease {
    instance: Instance,
    _permit: OwnedSemaphorePermit,
    _share: Option<Place>,
}

impl Version {
    /// `trial` is the instance it was checked with; it becomes the first idle one.
    pub(crate) fn new(parts: VersionParts, trial: Instance) -> Self {
        let instances = parts.limits.instances();
        let hooks_a_request = if parts.linked.is_native() {
            NATIVE_HOOKS_A_REQUEST
        } else {
            HOOKS_A_REQUEST
        };
        Self {
            loaded_at_ms: parts.clock.now_ms(),
            breaker: Breaker::default(),
            hook_breakers: Mutex::default(),
            idle: Mutex::new(vec![(Instant::now(), trial)]),
            permits: Arc::new(Semaphore::new(instances)),
            shares: Shares::of(instances),
            hook_permits: Arc::new(Semaphore::new(instances * hooks_a_request)),
            computing_hooks: Semaphore::new((instances / 2).max(1)),
            waiting: Arc::new(Semaphore::new(MAX_WAITING)),
            retired: AtomicBool::new(false),
            requests: RateLimit::per_minute(parts.limits.requests_per_minute()),
            latency: Latency::default(),
            parts,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.parts.manifest.id
    }

    pub(crate) fn is_hooked_on(&self, kind: &str) -> bool {
        self.parts.manifest.hears(kind)
    }

    pub(crate) async fn handle_http(
        &self,
        context: CallContext,
        request: exports::http_routes::HttpRequest,
    ) -> Result<exports::http_routes::HttpResponse, PluginCallError> {
        let spender = match (&context.session, &request.principal) {
            (Some(session), _) => &session.id,
            (None, Some(principal)) => &principal.user_id,
            (None, None) => "",
        };
        if let Err(retry_after_ms) = self.requests.spend(spender) {
            return Err(PluginCallError::RateLimited { retry_after_ms });
        }
        let started = Instant::now();
        let answer = self
            .call(Caller::Client, context, &self.breaker, |instance| {
                instance.handle_http(request)
            })
            .await;
        self.latency.record(started.elapsed());
        answer
    }

    /// The session of a request to a route that leaves the finding to the plugin.
    pub(crate) async fn resolve_session(
        &self,
        request: exports::http_routes::HttpRequest,
    ) -> Result<Option<String>, PluginCallError> {
        let context = CallContext::default();
        self.call(Caller::Client, context, &self.breaker, |instance| {
            instance.resolve(request)
        })
        .await
    }

    pub(crate) async fn on_event(
        &self,
        context: CallContext,
        event: exports::events::Event,
    ) -> Result<(), PluginCallError> {
        let breaker = self.hook_breaker(&context);
        self.call(Caller::Host, context, &breaker, |instance| {
            instance.on_event(event)
        })
        .await
    }

    pub(crate) async fn on_timer(
        &self,
        context: CallContext,
        fire: exports::timer_events::Fire,
    ) -> Result<(), PluginCallError> {
        let breaker = self.hook_breaker(&context);
        self.call(Caller::Host, context, &breaker, |instance| {
            instance.on_timer(fire)
        })
        .await
    }

    /// One call of one export, on an instance of its own.
    async fn call<T, F>(
        &self,
        caller: Caller,
        context: CallContext,
        breaker: &Breaker,
        export: impl FnOnce(Instance) -> F,
    ) -> Result<T, PluginCallError>
    where
        T: Send + 'static,
        F: Future<Output = Result<(Instance, Result<T, types::Error>), Failure>> + Send + 'static,
    {
        let Lease {
            instance,
            _permit,
            _share,
        } = self.take(caller, context, breaker).await?;
        // Boxed here: it holds an instance, and is handed on by value.
        let outcome = self.bounded(caller, Box::pin(export(instance))).await;
        self.settle(breaker, outcome)?
            .map_err(|error| PluginCallError::Refused(error_from_wit(error)))
    }

    /// Warm instances and the memory they hold.
    pub(crate) fn warm(&self) -> (usize, u64) {
        let idle = self.idle();
        let bytes: usize = idle.iter().map(|(_, instance)| instance.memory_bytes()).sum();
        (idle.len(), u64::try_from(bytes).unwrap_or(u64::MAX))
    }

    /// No instance is made idle any more: a newer version serves. Calls under way end as they would have.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
        give_up(std::mem::take(&mut *self.idle()));
    }

    /// Those that have been idle for too long, to be given up; one is kept warm. The others rest.
    pub(crate) fn reap(&self) -> Vec<(Instant, Instance)> {
        self.shares.tidy();
        let limit = self.parts.limits.idle_timeout();
        let mut idle = self.idle();
        let keep_from = idle.len().saturating_sub(1);
        let fresh_from = idle
            .iter()
            .position(|(since, _)| since.elapsed() < limit)
            .unwrap_or(idle.len());
        let old = idle.drain(..fresh_from.min(keep_from)).collect();
        for (_, instance) in idle.iter_mut() {
            instance.rest();
        }
        old
    }

    async fn take(
        &self,
        caller: Caller,
        context: CallContext,
        breaker: &Breaker,
    ) -> Result<Lease, PluginCallError> {
        let turn = match caller {
            Caller::Client => None,
            Caller::Host => Some(self.wait_for_turn().await?),
        };
        if let Some(retry_after_ms) = self.suspended(breaker, self.parts.clock.now_ms()) {
            return Err(PluginCallError::Suspended { retry_after_ms });
        }
        self.parts.counters.calls.fetch_add(1, Ordering::Relaxed);
        let (permit, share) = match turn {
            Some(turn) => (turn, None),
            None => self.wait_for_place(context.caller.as_deref()).await?,
        };
        let ready = self.idle().pop();
        let mut instance = match ready {
            Some((_, instance)) => instance,
            None => self.fresh(caller, breaker).await?,
        };
        instance.begin(context, &self.limits(caller));
        Ok(Lease {
            instance,
            _permit: permit,
            _share: share,
        })
    }

    /// For a request: one of its user's places, then one of all.
    async fn wait_for_place(
        &self,
        user: Option<&str>,
    ) -> Result<(OwnedSemaphorePermit, Option<Place>), PluginCallError> {
        let until = Instant::now() + self.parts.limits.queue_wait();
        let share = match user {
            Some(user) => Some(
                self.shares
                    .take(user, Some(until))
                    .await
                    .ok_or(PluginCallError::BUSY)?,
            ),
            None => None,
        };
        let Ok(_waiting) = self.waiting.clone().try_acquire_owned() else {
            return Err(PluginCallError::BUSY);
        };
        match timeout_at(until, self.permits.clone().acquire_owned()).await {
            Ok(Ok(permit)) => Ok((permit, share)),
            _ => Err(PluginCallError::BUSY),
        }
    }

    /// For a hook or a timer, however long it takes.
    async fn wait_for_turn(&self) -> Result<OwnedSemaphorePermit, PluginCallError> {
        let turn = self.hook_permits.clone().acquire_owned().await;
        turn.map_err(|_| PluginCallError::BUSY)
    }

    async fn fresh(&self, caller: Caller, breaker: &Breaker) -> Result<Instance, PluginCallError> {
        let parts = &self.parts;
        let (linked, identity) = (parts.linked.clone(), parts.identity.clone());
        let (services, config, limits) = (parts.services.clone(), parts.config.clone(), self.limits(caller));
        let start = async move {
            let instance = linked.instantiate(identity, services, &limits).await?;
            let (instance, answer) = instance.init(&config, &limits).await?;
            answer.map_err(|error| Failure::internal(format!("init refused: {error}")))?;
            Ok(instance)
        };
        let outcome = self.bounded(caller, Box::pin(start)).await;
        outcome.map_err(|failure| match self.fault(failure, breaker) {
            // Nothing of the call has happened yet.
            PluginCallError::Crowded => PluginCallError::BUSY,
            error => error,
        })
    }

    fn limits(&self, caller: Caller) -> Limits {
        match caller {
            Caller::Client => self.parts.limits,
            Caller::Host => self.parts.limits.of_hooks(),
        }
    }

    /// Within the time of a whole call.
    async fn bounded<T: Send + 'static>(
        &self,
        caller: Caller,
        call: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        let turns = match caller {
            Caller::Client => None,
            Caller::Host => Some(&self.computing_hooks),
        };
        self.parts
            .linked
            .run(self.parts.limits.call_timeout(), turns, call)
            .await
    }

    /// Puts the instance back, which is there only if the call came back: after a trap it is dead, after a timeout it was
    /// in the middle of something.
    fn settle<T>(
        &self,
        breaker: &Breaker,
        outcome: Result<(Instance, T), Failure>,
    ) -> Result<T, PluginCallError> {
        let (instance, answer) = outcome.map_err(|failure| self.fault(failure, breaker))?;
        breaker.succeeded();
        if instance.calls() >= self.parts.limits.max_reuse() || self.retired.load(Ordering::Acquire) {
            return Ok(answer);
        }
        if self.is_too_big(&instance) {
            give_up(instance);
        } else {
            self.idle().push((Instant::now(), instance));
        }
        Ok(answer)
    }

    /// Memory of a guest never shrinks: a few large calls would leave nothing to the others, as long as their instances are
    /// warm.
    fn is_too_big(&self, instance: &Instance) -> bool {
        let limits = &self.parts.limits;
        let share = limits.memory_total_bytes() / (limits.instances() * (1 + HOOKS_A_REQUEST));
        instance.memory_bytes() > share && self.parts.identity.memory.is_scarce()
    }

    fn fault(&self, failure: Failure, breaker: &Breaker) -> PluginCallError {
        let Failure { kind, detail } = failure;
        if kind == PluginCallError::Crowded {
            self.make_room();
            return kind;
        }
        // It holds names the author chose: a line break in one would begin a line of somebody else's.
        let detail = one_line(&detail);
        let plugin = self.name();
        if !kind.is_fault() {
            tracing::error!(plugin.id = plugin, "call of plugin {plugin} failed: {detail}");
            return kind;
        }
        self.parts.counters.traps.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(plugin.id = plugin, "plugin {plugin} failed: {kind}: {detail}");
        let now = self.parts.clock.now_ms();
        // Nothing ends such a call but itself.
        let goes_on = self.parts.linked.is_native() && kind == PluginCallError::Timeout;
        if goes_on {
            self.breaker.open(now, STUCK);
            tracing::error!(
                plugin.id = plugin,
                "plugin {plugin} is suspended, until the call comes back"
            );
        } else if breaker.failed(now, &kind.to_string()) {
            tracing::error!(
                plugin.id = plugin,
                "plugin {plugin} failed too often and is suspended for a while (for one session, if it was a hook)"
            );
        }
        kind
    }

    /// After a call that got no memory because of others. What is idle has some.
    fn make_room(&self) {
        give_up(std::mem::take(&mut *self.idle()));
        let plugin = self.name();
        // Its own lines, because nothing but itself bounds how often this happens.
        if self.parts.identity.log.spend(self.parts.clock.now_ms()) != Verdict::Drop {
            tracing::warn!(
                plugin.id = plugin,
                "a call of plugin {plugin} got no memory: its instances together hold all of [limits] memory_total_mb"
            );
        }
    }

    /// Why calls of its routes are refused, if they are.
    pub(crate) fn suspension(&self, now: i64) -> Option<Suspension> {
        let stuck = || {
            self.parts.linked.is_stuck().then(|| Suspension {
                reason: STUCK.to_owned(),
                until_ms: None,
            })
        };
        stuck().or_else(|| self.breaker.suspension(now))
    }

    /// The same for its hooks and timers, by session.
    pub(crate) fn suspended_hooks(&self, now: i64) -> Vec<(Option<String>, Suspension)> {
        let breakers = self.hook_breakers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut suspended: Vec<_> = breakers
            .iter()
            .filter_map(|(session, breaker)| {
                let session = (!session.is_empty()).then(|| session.clone());
                Some((session, breaker.suspension(now)?))
            })
            .collect();
        suspended.sort_by(|(one, _), (other, _)| one.cmp(other));
        suspended
    }

    /// For how long a call that counts for this breaker is refused, if it is.
    fn suspended(&self, breaker: &Breaker, now: i64) -> Option<u64> {
        let linked = &self.parts.linked;
        let own = breaker.refuses(now);
        // A thread that cannot be stopped is everybody's affair.
        let of_all = || self.breaker.refuses(now).filter(|_| linked.is_native());
        let stuck = || linked.is_stuck().then_some(STUCK_RETRY_MS);
        own.or_else(of_all).or_else(stuck)
    }

    fn hook_breaker(&self, context: &CallContext) -> Arc<Breaker> {
        let session = context.session.as_ref().map_or("", |session| &session.id);
        let mut breakers = self.hook_breakers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(breaker) = breakers.get(session) {
            return Arc::clone(breaker);
        }
        Arc::clone(breakers.entry(session.to_owned()).or_default())
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Instant, Instance)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Giving much memory back takes a while, in which this thread would serve nobody.
fn give_up(instances: impl Send + 'static) {
    tokio::task::spawn_blocking(move || drop(instances));
}

fn one_line(text: &str) -> String {
    let parts = text.split(is_harmful).map(str::trim);
    let line = parts
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" | ");
    line.chars().take(MAX_DETAIL).collect()
}
