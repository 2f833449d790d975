//! What is to happen later: calls that nobody takes, stanzas that a fault holds back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::calls;
use crate::faults::{self, Passing};
use crate::hub::Hub;
use crate::state::State;

/// How much may wait. What does not fit happens at once.
const MOST: usize = 100_000;

/// Something that happens later.
#[derive(Debug)]
pub(crate) enum Effect {
    /// Nobody has taken this call.
    Unanswered(String),
    /// A stanza was held back long enough.
    Pass(Box<Passing>),
    /// A stanza was overtaken by nobody.
    Release(u64),
    /// The server comes up again.
    Up,
}

/// What waits, in the order it is due.
#[derive(Debug, Default)]
pub(crate) struct Later {
    due: BTreeMap<(Instant, u64), Effect>,
    last: u64,
    /// Wakes whoever waits for the next one.
    changed: Arc<Notify>,
}

impl Later {
    fn next(&self) -> Option<Instant> {
        self.due.keys().next().map(|(at, _)| *at)
    }

    fn take(&mut self, now: Instant) -> Option<Effect> {
        let first = self.due.first_entry()?;
        (first.key().0 <= now).then(|| first.remove())
    }
}

/// Lets something happen after a while.
pub(crate) fn schedule(state: &mut State, after: Duration, effect: Effect) {
    if state.later.due.len() >= MOST {
        tracing::warn!("too much waits to happen later: this happens now");
        happen(state, effect);
        return;
    }
    state.later.last += 1;
    let key = (Instant::now() + after, state.later.last);
    state.later.due.insert(key, effect);
    state.later.changed.notify_one();
}

fn happen(state: &mut State, effect: Effect) {
    match effect {
        Effect::Unanswered(call) => calls::unanswered(state, &call),
        Effect::Pass(passing) => faults::undisturbed(state, *passing),
        Effect::Release(id) => faults::let_go(state, id),
        Effect::Up => {
            state.down.send_replace(false);
        }
    }
}

/// Lets things happen when they are due, until the network stops.
pub(crate) async fn run(hub: Arc<Hub>, stop: CancellationToken) {
    let changed = hub.read(|state| state.later.changed.clone());
    loop {
        let next = hub.read(|state| state.later.next());
        let due = async {
            match next {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = changed.notified() => {}
            () = due => hub.update(|state| {
                while let Some(effect) = state.later.take(Instant::now()) {
                    happen(state, effect);
                }
            }),
        }
    }
}
