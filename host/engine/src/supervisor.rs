//! One task a session: owns the library's client, builds the next one, and knows in which state the session is.
//!
//! The library reconnects by itself within one client's life; failed attempts tell nothing, so a watchdog looks at the
//! client every second. What ends for good: logged out, replaced, banned, outdated. Everything else is tried for ever.

mod commands;
mod state;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::RngExt;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use wagate_storage::sessions::{Desired, SessionRow};
use whatsapp_rust::{Client, NodeFilter, OwnedNodeRef};

use crate::client::{PROXY, Running};
use crate::context::{SessionContext, Shared};
use crate::listener::Signal;
use crate::{EngineError, SessionSnapshot, SessionStatus};

pub(crate) use commands::Command;
use state::State;

/// Calls that may wait for a supervisor.
const COMMANDS: usize = 64;
/// A client that is not logged in, and shows no QR, for this long is replaced by a new one.
const STALLED_AFTER: Duration = Duration::from_secs(30);
/// WhatsApp says that it was too much: the library waits up to a quarter of an hour then, and so does the watchdog.
const RATE_LIMITED_FOR: Duration = Duration::from_mins(16);
/// The code of the stream error that says it.
const RATE_LIMITED: &str = "429";
/// A backlog that is announced and not drained for this long is asked for again by a new client.
const BACKLOG_PATIENCE: Duration = Duration::from_secs(90);
/// How often the watchdog looks.
const TICK: Duration = Duration::from_secs(1);
/// The first and the longest pause before a new client.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));
/// How many times 160 s of QR codes are shown to nobody before the session gives up.
const QR_ROUNDS: u32 = 3;

/// A session's supervisor as the engine holds it.
pub(crate) struct Handle {
    commands: mpsc::Sender<(Command, oneshot::Sender<Result<(), EngineError>>)>,
    snapshot: watch::Receiver<SessionSnapshot>,
    client: Arc<Mutex<Option<Arc<Client>>>>,
    context: Arc<SessionContext>,
}

impl Handle {
    pub(crate) fn spawn(shared: Shared, row: &SessionRow) -> Arc<Self> {
        let context = Arc::new(SessionContext::new(row, shared));
        let (commands, inbox) = mpsc::channel(COMMANDS);
        let client = Arc::new(Mutex::new(None));
        let state = State::from_row(Arc::clone(&context), row);
        let snapshot = state.subscribe();
        let supervisor = Supervisor {
            context: Arc::clone(&context),
            state,
            desired: row.desired,
            client: Arc::clone(&client),
            phase: Phase::Down,
            failures: 0,
            qr_rounds: 0,
            refusal: None,
        };
        tokio::spawn(supervisor.run(inbox));
        Arc::new(Self {
            commands,
            snapshot,
            client,
            context,
        })
    }

    pub(crate) async fn call(&self, command: Command) -> Result<(), EngineError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send((command, reply))
            .await
            .map_err(|_| EngineError::UnknownSession)?;
        answer.await.map_err(|_| EngineError::UnknownSession)?
    }

    pub(crate) fn snapshot(&self) -> SessionSnapshot {
        self.snapshot.borrow().clone()
    }

    pub(crate) fn client(&self) -> Option<Arc<Client>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn context(&self) -> Arc<SessionContext> {
        Arc::clone(&self.context)
    }
}

/// Whether there is a client.
enum Phase {
    /// None, and none wanted.
    Down,
    /// None; the next one is built at that moment.
    Waiting(Instant),
    /// One that runs.
    Up(Box<Life>),
}

/// One client's life, with what the watchdog has to remember of it.
struct Life {
    running: Running,
    /// Since when it is neither logged in nor showing a QR.
    adrift_since: Option<Instant>,
    /// How long it may be.
    patience: Duration,
    /// Resolves when WhatsApp says that it was too much.
    too_much: StreamError,
    /// When it did so last.
    too_much_at: Option<Instant>,
    /// Since when a backlog is announced and not drained.
    backlog_since: Option<Instant>,
}

/// What the supervisor woke up for.
enum Wake {
    Command(Command, oneshot::Sender<Result<(), EngineError>>),
    Closed,
    Due,
    Signal(Signal),
    Ended,
    Poisoned,
    Tick,
}

pub(crate) struct Supervisor {
    context: Arc<SessionContext>,
    state: State,
    desired: Desired,
    client: Arc<Mutex<Option<Arc<Client>>>>,
    phase: Phase,
    failures: u32,
    qr_rounds: u32,
    /// Why the last login was refused.
    refusal: Option<String>,
}

/// A stanza that ends a connection, once it has come.
type StreamError = futures::channel::oneshot::Receiver<Arc<OwnedNodeRef>>;

/// Waits for the stanza that says that it was too much.
fn too_much(client: &Client) -> StreamError {
    client.wait_for_node(NodeFilter::tag("stream:error").attr("code", RATE_LIMITED))
}

impl Life {
    /// Logged in.
    fn connected(&mut self) {
        self.adrift_since = None;
        self.patience = STALLED_AFTER;
    }

    /// Why a connection that was logged in is lost. The library has no event for a WhatsApp that found it too much; the
    /// stanza is shown to whoever waits for it, before the library acts on it.
    fn lost(&mut self) -> &'static str {
        if !self.was_too_much() {
            return "connection-lost";
        }
        self.too_much_at = None;
        self.patience = RATE_LIMITED_FOR;
        "rate-limited"
    }

    /// Whether that was said a moment ago. What is older ended a connection without an event: the library has none where
    /// the end of the stream is announced too.
    fn was_too_much(&mut self) -> bool {
        if matches!(self.too_much.try_recv(), Ok(Some(_))) {
            self.too_much = too_much(&self.running.client);
            self.too_much_at = Some(Instant::now());
        }
        self.too_much_at.is_some_and(|at| at.elapsed() < STALLED_AFTER)
    }
}

impl Supervisor {
    async fn run(mut self, mut inbox: mpsc::Receiver<(Command, oneshot::Sender<Result<(), EngineError>>)>) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            match self.wake(&mut inbox, &mut tick).await {
                Wake::Command(command, reply) => {
                    let is_last = command.is_last();
                    let result = self.execute(command).await;
                    let done = is_last && result.is_ok();
                    // The caller may have gone; what was asked is done all the same.
                    let _ = reply.send(result);
                    if done {
                        return;
                    }
                }
                Wake::Closed => {
                    self.take_down().await;
                    return;
                }
                Wake::Due => self.bring_up().await,
                Wake::Signal(signal) => self.on_signal(signal).await,
                Wake::Ended => self.on_end().await,
                Wake::Poisoned => self.on_poisoned().await,
                Wake::Tick => self.watch().await,
            }
        }
    }

    async fn wake(
        &mut self,
        inbox: &mut mpsc::Receiver<(Command, oneshot::Sender<Result<(), EngineError>>)>,
        tick: &mut tokio::time::Interval,
    ) -> Wake {
        let command = async {
            match inbox.recv().await {
                Some((command, reply)) => Wake::Command(command, reply),
                None => Wake::Closed,
            }
        };
        match &mut self.phase {
            Phase::Down => command.await,
            Phase::Waiting(until) => tokio::select! {
                wake = command => wake,
                () = tokio::time::sleep_until(*until) => Wake::Due,
            },
            Phase::Up(life) => {
                let running = &mut life.running;
                tokio::select! {
                    // Signals first: they say why the client ended.
                    biased;
                    Some(signal) = running.signals.recv() => Wake::Signal(signal),
                    wake = command => wake,
                    () = running.health.poisoned() => Wake::Poisoned,
                    () = &mut running.handle => Wake::Ended,
                    _ = tick.tick() => Wake::Tick,
                }
            }
        }
    }

    /// Builds the next client. A failure is tried again later, for ever.
    async fn bring_up(&mut self) {
        self.state.set(SessionStatus::Connecting, None).await;
        match Running::start(&self.context).await {
            Ok(running) => {
                *self.client.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(Arc::clone(&running.client));
                self.phase = Phase::Up(Box::new(Life {
                    too_much: too_much(&running.client),
                    too_much_at: None,
                    running,
                    adrift_since: Some(Instant::now()),
                    patience: STALLED_AFTER,
                    backlog_since: None,
                }));
            }
            Err(error) => {
                tracing::error!(session.id = %self.context.id, error = %error, "a client could not be built");
                let cause = match error {
                    EngineError::Invalid { field: PROXY, .. } => "proxy-unavailable",
                    _ => "storage-unavailable",
                };
                self.retry_later(cause).await;
            }
        }
    }

    /// Ends the client, if there is one, and waits until nothing of it is left.
    async fn take_down(&mut self) {
        self.client.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Phase::Up(life) = std::mem::replace(&mut self.phase, Phase::Down) {
            life.running.shutdown().await;
        }
    }

    /// A pause that grows, then a new client.
    async fn retry_later(&mut self, cause: &str) {
        self.take_down().await;
        let pause = BACKOFF
            .0
            .saturating_mul(1 << self.failures.min(10))
            .min(BACKOFF.1);
        self.failures += 1;
        // Spread, so that many sessions do not come back at one moment.
        let pause = pause.mul_f64(rand::rng().random_range(0.8..1.2));
        self.state.set(SessionStatus::Connecting, Some(cause)).await;
        self.phase = Phase::Waiting(Instant::now() + pause);
    }

    async fn on_poisoned(&mut self) {
        tracing::error!(session.id = %self.context.id, "the store failed: stopping the client without flushing");
        self.retry_later("storage-failed").await;
    }

    async fn watch(&mut self) {
        let Phase::Up(life) = &mut self.phase else { return };
        let pairing = self.state.status() == SessionStatus::ScanQr;
        if life.running.client.is_logged_in() || pairing {
            life.adrift_since = None;
        } else {
            life.adrift_since.get_or_insert_with(Instant::now);
            if life.was_too_much() {
                life.patience = RATE_LIMITED_FOR;
            }
        }
        if life
            .adrift_since
            .is_some_and(|since| since.elapsed() > life.patience)
        {
            self.retry_later("no-connection").await;
        } else if life
            .backlog_since
            .is_some_and(|since| since.elapsed() > BACKLOG_PATIENCE)
        {
            tracing::warn!(session.id = %self.context.id, "the offline backlog was not drained: reconnecting");
            self.retry_later("backlog-stalled").await;
        }
    }
}
