//! Interrupts running guests at intervals, so that they look at their time limit and let others run.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use wasmtime::{Engine, EngineWeak};

/// How often. So long a guest may keep a thread that others wait for.
pub(crate) const TICK: Duration = Duration::from_millis(1);
/// Ticks without a guest after which there are no more, until one runs.
const REST_AFTER: u32 = 100;
/// How often a resting ticker looks whether its engine is still there.
const REST: Duration = Duration::from_secs(1);

/// A thread that ticks while guests run. It ends when the engine is gone.
#[derive(Clone)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

#[derive(Default)]
struct Shared {
    running: AtomicUsize,
    is_resting: AtomicBool,
}

/// It ticks as long as this lives, and a little longer.
pub(crate) struct Ticking(Arc<Shared>);

impl Ticker {
    pub(crate) fn start(engine: &Engine) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let engine = engine.weak();
        let thread = thread::Builder::new().name("plugin-ticker".to_owned()).spawn({
            let shared = shared.clone();
            move || tick(&engine, &shared)
        })?;
        Ok(Self {
            shared,
            thread: thread.thread().clone(),
        })
    }

    /// Before a guest runs.
    pub(crate) fn on(&self) -> Ticking {
        // Counted before the look, as the ticker says that it rests before it looks at the count: one of them sees the other.
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.is_resting.load(Ordering::SeqCst) {
            self.thread.unpark();
        }
        Ticking(self.shared.clone())
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

fn tick(engine: &EngineWeak, shared: &Shared) {
    let is_anyone_running = || shared.running.load(Ordering::SeqCst) > 0;
    let mut quiet = 0;
    while let Some(engine) = engine.upgrade() {
        engine.increment_epoch();
        drop(engine);
        quiet = if is_anyone_running() { 0 } else { quiet + 1 };
        if quiet < REST_AFTER {
            thread::sleep(TICK);
            continue;
        }
        shared.is_resting.store(true, Ordering::SeqCst);
        if !is_anyone_running() {
            thread::park_timeout(REST);
        }
        shared.is_resting.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn it_rests_when_no_guest_runs() {
        let engine = Engine::default();
        let ticker = Ticker::start(&engine).unwrap();
        let until = |resting| {
            let deadline = Instant::now() + Duration::from_secs(10);
            while ticker.shared.is_resting.load(Ordering::SeqCst) != resting {
                assert!(Instant::now() < deadline, "resting should be {resting}");
                thread::yield_now();
            }
        };
        until(true);
        let guest = ticker.on();
        until(false);
        drop(guest);
        until(true);
    }
}
