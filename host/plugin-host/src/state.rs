//! What a guest instance has on the host's side: its limits, an empty WASI context, who it is and for whom it acts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use wagate_engine::{Account, IfOffline, Outgoing, SendKey, SentMessage};
use wagate_protocol::error::HostError;
use wagate_protocol::event::origin;
use wagate_protocol::manifest::Right;
use wagate_storage::clock::SharedClock;
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

use crate::http::SessionRef;
use crate::log_budget::LogBudget;
use crate::memory::{Limiter, SharedMemory, Shortage};
use crate::operator::Limits;
use crate::outbound::AllowedHosts;
use crate::random::{Random, seed};
use crate::rate::RateLimit;
use crate::services::Services;

/// Random bytes asked for at once: making them is the host's time, which no limit counts.
const MAX_RANDOM: u64 = 1024 * 1024;

/// Who a plugin is and what it may do: declared by its manifest and granted by the administrator.
pub(crate) struct Identity {
    pub(crate) plugin: String,
    pub(crate) declared: BTreeSet<Right>,
    pub(crate) granted: BTreeSet<Right>,
    /// Sessions (slug, row id or `*`) it may act on besides the one of the call at hand.
    pub(crate) sessions: Vec<String>,
    /// The administrator's file, named in refusals.
    pub(crate) file: String,
    pub(crate) memory: Arc<SharedMemory>,
    pub(crate) store_bytes: u64,
    /// Bytes of its files.
    pub(crate) media_bytes: u64,
    /// Plugins whose documents it may read.
    pub(crate) documents: Vec<String>,
    /// Servers it may reach.
    pub(crate) hosts: AllowedHosts,
    pub(crate) log: LogBudget,
    pub(crate) fetches: RateLimit,
    pub(crate) emits: RateLimit,
    /// Operations on WhatsApp accounts.
    pub(crate) whatsapp: RateLimit,
    /// Timers that fire.
    pub(crate) timers: RateLimit,
}

impl Identity {
    /// The rights that are both declared and granted.
    pub(crate) fn effective(&self) -> Vec<Right> {
        self.declared.intersection(&self.granted).copied().collect()
    }
}

/// For whom the call at hand acts.
#[derive(Default)]
pub(crate) struct CallContext {
    /// The session of the request or event.
    pub(crate) session: Option<SessionRef>,
    /// The user who asks, in a request; none where the plugin acts by itself.
    pub(crate) caller: Option<String>,
    /// What a repeated call has in common with the first one: the event in a hook, the occurrence of a timer, the id of a
    /// request with an `Idempotency-Key`.
    pub(crate) event_id: Option<String>,
    /// When it happened, ms.
    pub(crate) event_at_ms: i64,
    /// What becomes of its messages while there is no connection.
    pub(crate) if_offline: IfOffline,
    /// Until when messages of this call wait for the connection at most, ms; nothing waits at first.
    pub(crate) waits_until_ms: Arc<AtomicI64>,
    /// Sends made so far in this call.
    pub(crate) sends: u32,
    /// Events emitted so far in this call.
    pub(crate) emits: u32,
    /// Notifications made so far in this call.
    pub(crate) notifications: u32,
}

/// The data of a store.
pub(crate) struct State {
    pub(crate) identity: Arc<Identity>,
    pub(crate) call: CallContext,
    /// None while a component is only looked at (`wagate check`).
    services: Option<Arc<Services>>,
    limiter: Limiter,
    ticks_left: u64,
    /// When the time of the whole call is over.
    ends_at: Option<Instant>,
    /// The error it has logged last in the call at hand. A panic is one.
    last_words: Option<Box<str>>,
    wasi: WasiCtx,
    table: ResourceTable,
}

impl State {
    pub(crate) fn new(identity: Arc<Identity>, services: Option<Arc<Services>>, limits: &Limits) -> Self {
        let mut wasi = WasiCtxBuilder::new();
        wasi.allow_tcp(false).allow_udp(false).max_random_size(MAX_RANDOM);
        let random = services
            .as_ref()
            .map_or_else(Random::system, |services| services.random.clone());
        let mut generator = random.generator();
        wasi.insecure_random_seed(seed(&mut *generator))
            .insecure_random(random.generator())
            .secure_random(generator);
        if let Some(services) = &services {
            wasi.wall_clock(WallClock(services.clock.clone()));
            wasi.monotonic_clock(MonotonicClock::new(services.clock.clone()));
        }
        Self {
            limiter: Limiter::new(limits, Arc::clone(&identity.memory)),
            identity,
            call: CallContext::default(),
            services,
            ticks_left: 0,
            ends_at: None,
            last_words: None,
            wasi: wasi.build(),
            table: ResourceTable::new(),
        }
    }

    /// Before each call: for whom, and how much time of its own the guest has.
    pub(crate) fn begin(&mut self, call: CallContext, ticks: u64, limits: &Limits) {
        self.call = call;
        self.ticks_left = ticks;
        self.ends_at = Some(Instant::now() + limits.call_timeout());
        self.last_words = None;
        self.limiter.begin(limits);
    }

    /// How long another server may be waited for, of `most`: less than the call has left, so that the plugin can still say
    /// what became of it. Else a server that is slow would look like a plugin that is.
    pub(crate) fn patience(&self, most: Duration) -> Duration {
        let left = self
            .ends_at
            .map(|end| end.saturating_duration_since(Instant::now()));
        left.map_or(most, |left| most.min(left / 6 * 5))
    }

    /// After each call.
    pub(crate) fn end(&mut self) {
        self.call = CallContext::default();
        self.last_words = None;
    }

    /// At each tick: false when the time is used up.
    pub(crate) fn tick(&mut self) -> bool {
        self.ticks_left = self.ticks_left.saturating_sub(1);
        self.ticks_left > 0
    }

    /// The error the guest has logged last in this call, in one line, should it end with it.
    pub(crate) fn last_words(&self) -> Option<&str> {
        self.last_words.as_deref()
    }

    pub(crate) fn remember(&mut self, line: String) {
        self.last_words = Some(line.into_boxed_str());
    }

    /// Why the guest got no more memory during the last call, if it asked in vain.
    pub(crate) fn shortage(&self) -> Option<Shortage> {
        self.limiter.shortage()
    }

    /// Bytes of memory it holds now.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.limiter.held()
    }

    pub(crate) fn limiter(&mut self) -> &mut dyn ResourceLimiter {
        &mut self.limiter
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.services
            .as_ref()
            .map_or(0, |services| services.clock.now_ms())
    }

    /// The host's services, for what needs no right.
    pub(crate) fn services(&self) -> Option<Arc<Services>> {
        self.services.clone()
    }

    /// The host's services, if the plugin has this right.
    pub(crate) fn with_right(&self, right: Right) -> Result<Arc<Services>, HostError> {
        let Identity {
            declared,
            granted,
            file,
            ..
        } = &*self.identity;
        if !declared.contains(&right) {
            return Err(HostError::Denied(format!(
                "right \"{right}\" is not declared in the plugin's manifest (plugin.toml)"
            )));
        }
        if !granted.contains(&right) {
            return Err(HostError::Denied(format!(
                "right \"{right}\" is not granted in {file} ([grants] capabilities)"
            )));
        }
        self.services
            .clone()
            .ok_or_else(|| HostError::unavailable("the host is only looking at this plugin"))
    }

    /// The same, for a call on a session: it must be that of the request or event, or a granted one.
    ///
    /// Takes `&mut self` because the WASI context is not `Sync`: a shared borrow could not be held while waiting.
    pub(crate) async fn with_session(
        &mut self,
        right: Right,
        session: &str,
    ) -> Result<Arc<Services>, HostError> {
        let services = self.with_right(right)?;
        if self.call.session.as_ref().is_some_and(|own| own.id == session) {
            return Ok(services);
        }
        let granted = &self.identity.sessions;
        if granted.iter().any(|entry| entry == "*" || entry == session) {
            return Ok(services);
        }
        if !granted.is_empty()
            && services
                .slug(session)
                .await?
                .is_some_and(|slug| granted.contains(&slug))
        {
            return Ok(services);
        }
        let file = &self.identity.file;
        Err(HostError::Denied(format!(
            "session \"{session}\" is not that of this call, and not granted in {file} ([grants] sessions)"
        )))
    }

    /// The account of a session, for an operation on it: one of the calls of this minute.
    pub(crate) async fn account(&mut self, right: Right, session: &str) -> Result<Account, HostError> {
        self.on_whatsapp(right, session).await?.account(session)
    }

    /// Sends a message of this call. It may wait for the connection, where the request or the session says so.
    pub(crate) async fn send_message(
        &mut self,
        session: &str,
        mut message: Outgoing,
    ) -> Result<SentMessage, HostError> {
        let services = self.on_whatsapp(Right::WhatsappMessages, session).await?;
        let mut made = Vec::new();
        let sent = match self.with_files(message.content, &mut made).await {
            Ok(content) => {
                message.content = content;
                message.options.if_offline = self.call.if_offline;
                message.options.origin = Some(self.origin(session));
                services.send(session, message).await
            }
            Err(error) => Err(error),
        };
        let waits = sent.as_ref().ok().and_then(|sent| sent.waits_until_ms);
        if let Some(until) = waits {
            self.call.waits_until_ms.fetch_max(until, Ordering::Relaxed);
        }
        if waits.is_none() {
            self.give_up(&services, made, sent.as_ref().err());
        }
        sent
    }

    /// Files that were made for a message which has left, or never will. What may still leave needs them: then they go
    /// when their day is over.
    pub(crate) fn give_up(&self, services: &Services, made: Vec<String>, error: Option<&HostError>) {
        if matches!(error, Some(HostError::Timeout(_))) {
            return;
        }
        for handle in made {
            // Gone already is as well.
            let _ = services.shelf.remove(&self.identity.plugin, &handle);
        }
    }

    /// One of the calls of this minute.
    async fn on_whatsapp(&mut self, right: Right, session: &str) -> Result<Arc<Services>, HostError> {
        let services = self.with_session(right, session).await?;
        self.identity
            .whatsapp
            .spend(session)
            .map_err(|retry_after_ms| HostError::RateLimited { retry_after_ms })?;
        Ok(services)
    }

    /// Whom calls count for that name no session: that of the request, event or timer at hand.
    pub(crate) fn spender(&self) -> &str {
        self.call.session.as_ref().map_or("", |session| &session.id)
    }

    /// Where a message of this call comes from, as `message.sent` tells it: who asks has asked for the session of the
    /// request alone.
    pub(crate) fn origin(&self, session: &str) -> String {
        let is_asked_for = self
            .call
            .session
            .as_ref()
            .is_some_and(|asked| asked.id == session);
        if self.call.caller.is_some() && is_asked_for {
            origin::API.to_owned()
        } else {
            origin::plugin(&self.identity.plugin)
        }
    }

    /// The key of the next send: in a hook, the same for each repetition of the event.
    pub(crate) fn next_send_key(&mut self) -> Option<SendKey> {
        let n = self.call.sends;
        self.call.sends += 1;
        let event_id = self.call.event_id.clone()?;
        Some(SendKey {
            event_id,
            plugin: self.identity.plugin.clone(),
            n,
        })
    }

    /// The id of the next event it emits: in a hook, the same for each repetition of the event.
    pub(crate) fn next_event_id(&mut self) -> String {
        let n = self.call.emits;
        self.call.emits += 1;
        match &self.call.event_id {
            Some(event_id) => format!("{event_id}.{}.{n}", self.identity.plugin),
            None => wagate_storage::new_row_id(),
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// The host's clock as WASI sees it.
struct WallClock(SharedClock);

impl HostWallClock for WallClock {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.now_ms()).unwrap_or(0))
    }
}

/// The same clock for measuring: it never goes back, whatever is done to the other.
struct MonotonicClock {
    clock: SharedClock,
    /// Nanoseconds; the latest that was told.
    told: AtomicU64,
}

impl MonotonicClock {
    fn new(clock: SharedClock) -> Self {
        Self {
            clock,
            told: AtomicU64::new(0),
        }
    }
}

impl HostMonotonicClock for MonotonicClock {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        let now = u64::try_from(self.clock.now_ms())
            .unwrap_or(0)
            .saturating_mul(1_000_000);
        self.told.fetch_max(now, Ordering::Relaxed).max(now)
    }
}
