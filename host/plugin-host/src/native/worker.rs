//! The thread of an instance.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tracing::Span;
use wagate_protocol::error::HostError;
use wagate_protocol::native::codec::{decode, encode};

use super::boundary::{Guest, HostSide, Library, Outcome};
use super::dispatch;
use super::watch::{Call, Watch};
use crate::bindings::{error_to_wit, types};
use crate::component::Failure;
use crate::error::PluginCallError;
use crate::operator::Limits;
use crate::state::{CallContext, Identity, State};

/// What the main thread of a program has; a plugin that uses more ends the gateway.
const STACK: usize = 8 * 1024 * 1024;
/// Interfaces whose answers are no results: they go on after the call is over.
const WITHOUT_ERRORS: [&str; 2] = ["log", "clock"];

/// A running copy. After a panic, or when a call on it was dropped, it is dead.
pub(crate) struct Instance {
    jobs: SyncSender<Job>,
    library: Library,
    /// With the thread during a call.
    state: Option<Box<State>>,
    watch: Arc<Watch>,
    /// Calls so far.
    pub(crate) calls: u64,
}

struct Job {
    task: Task,
    arguments: Vec<u8>,
    state: Box<State>,
    call: Arc<Call>,
    span: Span,
    answer: oneshot::Sender<Done>,
}

#[derive(Clone, Copy)]
enum Task {
    Init,
    Export(&'static str),
}

struct Done {
    state: Box<State>,
    outcome: Outcome,
}

impl Instance {
    pub(super) fn start(
        name: &str,
        library: Library,
        state: Box<State>,
        watch: Arc<Watch>,
    ) -> io::Result<Self> {
        // One call at a time: the place is always free.
        let (jobs, todo) = sync_channel(1);
        let home = Handle::current();
        std::thread::Builder::new()
            .name(format!("plugin-{name}"))
            .stack_size(STACK)
            .spawn(move || work(library, &todo, &home))?;
        Ok(Self {
            jobs,
            library,
            state: Some(state),
            watch,
            calls: 0,
        })
    }

    pub(crate) fn set_identity(&mut self, identity: Arc<Identity>) {
        if let Some(state) = &mut self.state {
            state.identity = identity;
        }
    }

    /// Before each call: for whom it acts.
    pub(crate) fn begin(&mut self, context: CallContext, limits: &Limits) {
        self.calls += 1;
        if let Some(state) = &mut self.state {
            state.begin(context, u64::MAX, limits);
        }
    }

    pub(crate) fn describe(&self) -> String {
        self.library.manifest().to_owned()
    }

    pub(crate) async fn init(self, config: &str) -> Result<(Self, Result<(), types::Error>), Failure> {
        self.run(Task::Init, &(config,)).await
    }

    /// Calls an export with a tuple of its arguments.
    pub(crate) async fn call<T: DeserializeOwned>(
        self,
        export: &'static str,
        arguments: &impl Serialize,
    ) -> Result<(Self, Result<T, types::Error>), Failure> {
        self.run(Task::Export(export), arguments).await
    }

    async fn run<T: DeserializeOwned>(
        mut self,
        task: Task,
        arguments: &impl Serialize,
    ) -> Result<(Self, Result<T, types::Error>), Failure> {
        let arguments = encode(arguments).map_err(Failure::internal)?;
        let (answer, done) = oneshot::channel();
        let call = Call::new(self.watch.clone());
        let state = self.state.take().ok_or_else(gone)?;
        let job = Job {
            task,
            arguments,
            state,
            call: call.clone(),
            span: Span::current(),
            answer,
        };
        self.jobs.try_send(job).map_err(|_| gone())?;
        let waiting = call.waiting();
        let Done { mut state, outcome } = done.await.map_err(|_| gone())?;
        drop(waiting);
        state.end();
        self.state = Some(state);
        match outcome {
            Outcome::Answered(bytes) => match decode(&bytes) {
                Ok(answer) => Ok((self, answer)),
                Err(text) => Err(Failure::internal(format!("its answer cannot be read: {text}"))),
            },
            Outcome::Panicked(text) => Err(Failure {
                kind: PluginCallError::Trapped,
                // The place in one line, the message in the next: both are the reason.
                detail: text.replacen(":\n", ": ", 1),
            }),
            Outcome::Malformed(detail) => Err(Failure::internal(detail)),
        }
    }
}

fn gone() -> Failure {
    Failure::internal("the thread of the instance is gone".to_owned())
}

fn work(library: Library, todo: &Receiver<Job>, home: &Handle) {
    let mut guest: Option<Guest> = None;
    while let Ok(job) = todo.recv() {
        let Job {
            task,
            arguments,
            state,
            call,
            span,
            answer,
        } = job;
        let running = call.running();
        let mut side = Side {
            state,
            home: home.clone(),
            call,
        };
        let outcome = span.in_scope(|| match (task, &mut guest) {
            (Task::Init, None) => {
                let (made, outcome) = Guest::create(library, &mut side, &arguments);
                guest = made;
                outcome
            }
            (Task::Init, Some(_)) => Outcome::Malformed("init was called twice".to_owned()),
            (Task::Export(name), Some(guest)) => guest.call(&mut side, name, &arguments),
            (Task::Export(_), None) => Outcome::Malformed("init was not called".to_owned()),
        });
        let is_alive = matches!(outcome, Outcome::Answered(_));
        drop(running);
        let state = side.state;
        // Perhaps nobody waits any more.
        let was_wanted = answer.send(Done { state, outcome }).is_ok();
        if !(is_alive && was_wanted) {
            return;
        }
    }
}

/// What an instance reaches during one call.
struct Side {
    state: Box<State>,
    home: Handle,
    call: Arc<Call>,
}

impl HostSide for Side {
    fn answer(&mut self, interface: &str, function: &str, arguments: &[u8]) -> Result<Vec<u8>, String> {
        let Self { state, home, call } = self;
        let answer = dispatch::call(state, interface, function, arguments);
        if WITHOUT_ERRORS.contains(&interface) {
            return home.block_on(answer);
        }
        home.block_on(async {
            tokio::select! {
                biased;
                () = call.over.cancelled() => refusal(HostError::Timeout("the call is over".to_owned())),
                answer = answer => answer,
            }
        })
    }
}

fn refusal(error: HostError) -> Result<Vec<u8>, String> {
    encode(&Err::<(), types::Error>(error_to_wit(error)))
}
