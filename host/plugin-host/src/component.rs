//! A compiled component and what it exports, and one running copy of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use wagate_protocol::manifest::{SUPPORTED, supports};
use wasmtime::component::{Component, InstancePre};
use wasmtime::{Engine, Store, Trap, UpdateDeadline};

use crate::bindings::{PACKAGE, exports};
use crate::error::PluginCallError;
use crate::long_calls::at_tick;
use crate::memory::Shortage;
use crate::operator::Limits;
use crate::runtime::Runtime;
use crate::services::Services;
use crate::stacks::{self, Stack};
use crate::state::{CallContext, Identity, State};
use crate::ticker::TICK;

/// A component, compiled and linked: what all instances of all its configurations share.
pub(crate) struct Linked {
    pre: InstancePre<State>,
    guest: exports::guest::GuestIndices,
    http: Option<exports::http_routes::GuestIndices>,
    events: Option<exports::events::GuestIndices>,
    timers: Option<exports::timer_events::GuestIndices>,
    resolver: Option<exports::session_resolver::GuestIndices>,
    runtime: Runtime,
}

impl Linked {
    /// Fails with a text that says what does not fit.
    pub(crate) fn new(runtime: &Runtime, component: &Component) -> anyhow::Result<Self> {
        if let Some(found) = foreign_version(component, runtime.engine()) {
            anyhow::bail!("written for plugin API {found}, this host runs {SUPPORTED}");
        }
        let pre = runtime
            .link(component)
            .map_err(|error| anyhow::anyhow!("{}", misfit(&format!("{error:#}"))))?;
        let guest = exports::guest::GuestIndices::new(&pre)
            .map_err(|_| anyhow::anyhow!("not a plugin: it does not export {PACKAGE}guest"))?;
        Ok(Self {
            guest,
            http: exports::http_routes::GuestIndices::new(&pre).ok(),
            events: exports::events::GuestIndices::new(&pre).ok(),
            timers: exports::timer_events::GuestIndices::new(&pre).ok(),
            resolver: exports::session_resolver::GuestIndices::new(&pre).ok(),
            pre,
            runtime: runtime.clone(),
        })
    }

    pub(crate) fn answers_http(&self) -> bool {
        self.http.is_some()
    }

    pub(crate) fn hears_events(&self) -> bool {
        self.events.is_some()
    }

    pub(crate) fn hears_timers(&self) -> bool {
        self.timers.is_some()
    }

    pub(crate) fn resolves_sessions(&self) -> bool {
        self.resolver.is_some()
    }

    /// Runs something a guest does, within `limit`; for what computes it takes one of `turns`.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        turns: Option<&Semaphore>,
        call: impl Future<Output = Result<T, Failure>> + Send + 'static,
    ) -> Result<T, Failure> {
        match self.runtime.run(limit, turns, call).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Err(Failure::internal(error.to_string())),
            Err(_) => Err(Failure::timeout()),
        }
    }

    /// A new instance, not yet initialised.
    pub(crate) async fn instantiate(
        &self,
        identity: Arc<Identity>,
        services: Option<Arc<Services>>,
        limits: &Limits,
    ) -> Result<Instance, Failure> {
        let mut store = Store::new(self.pre.engine(), State::new(identity, services, limits));
        store.limiter(|state| state.limiter());
        store.set_hostcall_fuel(limits.copied_bytes());
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut context| {
            if context.data_mut().tick() {
                at_tick();
                Ok(UpdateDeadline::Yield(1))
            } else {
                Err(Trap::Interrupt.into())
            }
        });
        store
            .data_mut()
            .begin(CallContext::default(), ticks(limits), limits);
        let loaded = async {
            let instance = self.pre.instantiate_async(&mut store).await?;
            let guest = self.guest.load(&mut store, &instance)?;
            let http = self
                .http
                .as_ref()
                .map(|http| http.load(&mut store, &instance))
                .transpose()?;
            let events = self
                .events
                .as_ref()
                .map(|events| events.load(&mut store, &instance))
                .transpose()?;
            let timers = self
                .timers
                .as_ref()
                .map(|timers| timers.load(&mut store, &instance))
                .transpose()?;
            let resolver = self
                .resolver
                .as_ref()
                .map(|resolver| resolver.load(&mut store, &instance))
                .transpose()?;
            Ok((guest, http, events, timers, resolver))
        };
        let (loaded, stack) = stacks::made_in(loaded).await;
        match loaded {
            Ok((guest, http, events, timers, resolver)) => Ok(Instance {
                store,
                stack,
                guest,
                http,
                events,
                timers,
                resolver,
                calls: 0,
                rested_at: 0,
            }),
            Err(error) => Err(Failure::of(&error, store.data())),
        }
    }
}

/// A running copy. After a trap, or when a call on it was dropped, it is dead.
pub(crate) struct Instance {
    pub(crate) store: Store<State>,
    /// Once there was a call.
    stack: Option<Stack>,
    pub(crate) guest: exports::guest::Guest,
    pub(crate) http: Option<exports::http_routes::Guest>,
    pub(crate) events: Option<exports::events::Guest>,
    pub(crate) timers: Option<exports::timer_events::Guest>,
    pub(crate) resolver: Option<exports::session_resolver::Guest>,
    /// Calls so far.
    pub(crate) calls: u64,
    /// Calls when it gave back its stack's pages.
    rested_at: u64,
}

impl Instance {
    /// The one its first call was made on. There is no other: wasmtime keeps it for the calls after.
    pub(crate) fn keep(&mut self, stack: Option<Stack>) {
        if stack.is_some() {
            self.stack = stack;
        }
    }

    /// Between calls: gives back the pages of its stack. The next call takes them anew, some microseconds.
    #[expect(unsafe_code, reason = "the stack is not known to the compiler as the store's")]
    pub(crate) fn rest(&mut self) {
        if self.rested_at == self.calls {
            return;
        }
        self.rested_at = self.calls;
        if let Some(stack) = &self.stack {
            // SAFETY: between calls, as said: an instance comes to rest as the result of a call that has ended, and every call
            // owns its instance until then.
            unsafe { stack.give_back() };
        }
    }

    /// Before each call: for whom it acts, and a full measure of time.
    pub(crate) fn begin(&mut self, context: CallContext, limits: &Limits) {
        self.calls += 1;
        // The ticks while it was idle are none of this call's.
        self.store.set_epoch_deadline(1);
        self.store.data_mut().begin(context, ticks(limits), limits);
    }

    /// After each call: it keeps nothing of whom it acted for, and is gone if the call did not come back. Here and not later,
    /// because giving its memory back takes time too, which a long call has to spend on its own thread.
    pub(crate) fn after<T>(
        mut self: Box<Self>,
        outcome: wasmtime::Result<T>,
    ) -> Result<(Box<Self>, T), Failure> {
        match outcome {
            Ok(answer) => {
                self.store.data_mut().end();
                Ok((self, answer))
            }
            Err(error) => {
                let mut failure = Failure::of(&error, self.store.data());
                if let PluginCallError::Internal(_) = failure.kind {
                    // No trap of WebAssembly's, and no import fails in this way by itself: the guest has asked for its end, or
                    // for more to be copied than the host copies.
                    failure.kind = PluginCallError::Trapped;
                }
                Err(failure)
            }
        }
    }
}

/// Why a call did not come back.
pub(crate) struct Failure {
    pub(crate) kind: PluginCallError,
    /// The reason in its first line, then the guest's stack, for the log.
    pub(crate) detail: String,
}

impl Failure {
    /// By the trap's code, never by its text.
    pub(crate) fn of(error: &wasmtime::Error, state: &State) -> Self {
        let kind = match (error.downcast_ref::<Trap>(), state.shortage()) {
            (Some(Trap::Interrupt), _) => PluginCallError::Timeout,
            // A guest that gets no memory aborts: the trap alone looks like a panic.
            (_, Some(Shortage::Own)) => PluginCallError::Memory,
            (_, Some(Shortage::Shared)) => PluginCallError::Crowded,
            (Some(_), None) => PluginCallError::Trapped,
            (None, None) => PluginCallError::Internal(format!("{error:#}")),
        };
        // What a guest says before it ends tells more than how it ended.
        let detail = match state.last_words() {
            Some(words) => format!("{words}\n{error:#}"),
            None => format!("{}\n{error:#}", error.root_cause()),
        };
        Self { kind, detail }
    }

    pub(crate) fn internal(detail: String) -> Self {
        Self {
            kind: PluginCallError::Internal(detail.clone()),
            detail,
        }
    }

    pub(crate) fn timeout() -> Self {
        Self {
            kind: PluginCallError::Timeout,
            detail: "the time limit of the whole call".to_owned(),
        }
    }
}

fn ticks(limits: &Limits) -> u64 {
    u64::try_from(limits.cpu().as_millis() / TICK.as_millis())
        .unwrap_or(u64::MAX)
        .max(1)
}

/// A component whose functions or types are not those of this host. In one line, whatever wasmtime has to say.
pub(crate) fn misfit(detail: &str) -> String {
    let detail: Vec<&str> = detail.split_whitespace().collect();
    format!(
        "does not fit this host, which runs plugin API {SUPPORTED}: {}",
        detail.join(" ")
    )
}

/// The plugin API version a component imports, when it is none that this host runs.
fn foreign_version(component: &Component, engine: &Engine) -> Option<String> {
    let kind = component.component_type();
    let names = kind
        .imports(engine)
        .map(|(name, _)| name.to_owned())
        .chain(kind.exports(engine).map(|(name, _)| name.to_owned()));
    names
        .into_iter()
        .filter(|name| name.starts_with(PACKAGE))
        .find_map(|name| {
            let (_, version) = name.rsplit_once('@')?;
            (!supports(version)).then(|| version.to_owned())
        })
}
