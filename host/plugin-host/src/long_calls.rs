//! Calls whose guest computes for long, on threads of their own. Not what a call may do, nor how long.
//!
//! A guest that computes keeps its thread until the next tick interrupts it, and whatever the same thread would have served
//! waits that long. So a call begins where it is made, which costs nothing, and goes on here once its guest was found
//! computing: the operating system then shares the cores between these threads and those that serve everything else.
//!
//! A call only moves, and only waits, at a tick: nothing but the guest runs there. Anywhere else it may hold something of the
//! host's that others need (a reader, a place in a queue), and would keep it while nobody goes on with it.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tracing::Instrument as _;

/// A guest that kept its thread for so long without a pause is one that computes.
const LONG: Duration = Duration::from_micros(500);
/// What a call that moved may compute before it has to wait for a turn: the start of an instance makes a short one long as
/// well, and that one must not wait for those that have no end.
const WITHOUT_TURN: Duration = Duration::from_millis(20);

thread_local! {
    static IS_AT_TICK: Cell<bool> = const { Cell::new(false) };
}

/// To be said by the guest's thread when a tick makes it pause.
pub(crate) fn at_tick() {
    IS_AT_TICK.set(true);
}

/// How far a call has come.
enum Polled<T> {
    Ended(T),
    /// For something the host does.
    Waits,
    /// Paused by a tick.
    Computes,
}

fn poll<F: Future>(call: Pin<&mut F>, context: &mut Context<'_>) -> Polled<F::Output> {
    IS_AT_TICK.set(false);
    match call.poll(context) {
        Poll::Ready(answer) => Polled::Ended(answer),
        Poll::Pending if IS_AT_TICK.get() => Polled::Computes,
        Poll::Pending => Polled::Waits,
    }
}

/// The threads. Calls under way end with it.
pub(crate) struct LongCalls(Option<Runtime>);

impl LongCalls {
    /// Half of the cores, at least one: however many guests compute, the other half is free for what is short.
    pub(crate) fn new(name: &str) -> io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = Builder::new_multi_thread()
            .worker_threads((cores / 2).max(1))
            .thread_name(name)
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Runs a call to its end, within `limit`. One that goes on computing takes one of `turns`, where there are any; that wait
    /// is none of its time. Dropping this drops the call, at the guest's next tick at the latest. The inner error is a panic,
    /// or the end of the threads.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        limit: Duration,
        turns: Option<&Semaphore>,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<Result<T, JoinError>, Elapsed> {
        let began = tokio::time::Instant::now();
        let mut call = Box::pin(call);
        let short = std::future::poll_fn(|context| {
            let started = Instant::now();
            match poll(call.as_mut(), context) {
                Polled::Ended(answer) => Poll::Ready(Some(answer)),
                Polled::Computes if started.elapsed() >= LONG => Poll::Ready(None),
                Polled::Computes | Polled::Waits => Poll::Pending,
            }
        });
        if let Some(answer) = timeout(limit, short).await? {
            return Ok(Ok(answer));
        }
        let mut left = limit.saturating_sub(began.elapsed());
        let mut turn = None;
        loop {
            let moved = tokio::time::Instant::now();
            let measure = (turns.is_some() && turn.is_none()).then_some(WITHOUT_TURN);
            call = match timeout(left, self.go_on(call, measure)).await? {
                Ok(Step::Ended(answer)) => return Ok(Ok(answer)),
                Ok(Step::Computes(call)) => call,
                Err(error) => return Ok(Err(error)),
            };
            left = left.saturating_sub(moved.elapsed());
            if let Some(turns) = turns {
                turn = turns.acquire().await.ok();
            }
        }
    }

    /// On one of the threads, until the call ends or has computed for so long.
    async fn go_on<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
        &self,
        call: Pin<Box<F>>,
        measure: Option<Duration>,
    ) -> Result<Step<T, F>, JoinError> {
        // Only the guest moves. What the host does for it (timers, tasks that outlive the call) stays where it belongs.
        let home = Handle::current();
        let mut left = measure;
        let mut call = Some(call);
        let there = std::future::poll_fn(move |context| {
            let _home = home.enter();
            let Some(running) = &mut call else {
                return Poll::Pending;
            };
            let began = left.is_some().then(computed);
            let polled = poll(running.as_mut(), context);
            if let (Some(left), Some(began)) = (&mut left, began) {
                *left = left.saturating_sub(computed().saturating_sub(began));
            }
            match polled {
                Polled::Ended(answer) => Poll::Ready(Step::Ended(answer)),
                Polled::Computes if left.is_some_and(|left| left.is_zero()) => call
                    .take()
                    .map_or(Poll::Pending, |call| Poll::Ready(Step::Computes(call))),
                Polled::Computes | Polled::Waits => Poll::Pending,
            }
        });
        let Some(threads) = &self.0 else {
            return Ok(there.await);
        };
        let mut task = Abort(threads.spawn(there.in_current_span()));
        (&mut task.0).await
    }
}

/// What a call did on one of the threads.
enum Step<T, F> {
    Ended(T),
    Computes(Pin<Box<F>>),
}

/// What this thread has computed so far. By the clock on the wall, a busy machine makes everything long.
fn computed() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

impl Drop for LongCalls {
    fn drop(&mut self) {
        // Waiting is not allowed in a task, and the last handle may be dropped in one.
        if let Some(threads) = self.0.take() {
            threads.shutdown_background();
        }
    }
}

/// A task that ends with whoever waits for it.
struct Abort<T>(JoinHandle<T>);

impl<T> Drop for Abort<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use tokio::sync::oneshot;
    use tokio::task::yield_now;
    use tokio::time::sleep;

    use super::*;

    const ENOUGH: Duration = Duration::from_secs(10);

    /// As a guest between two ticks.
    async fn compute() {
        let started = Instant::now();
        while started.elapsed() < 2 * LONG {}
        at_tick();
        yield_now().await;
    }

    #[tokio::test]
    async fn a_call_that_computes_moves_and_one_that_waits_stays() {
        let calls = LongCalls::new("test").unwrap();
        let here = thread::current().id();
        let waits = calls.run(ENOUGH, None, async {
            sleep(2 * LONG).await;
            thread::current().id()
        });
        assert_eq!(waits.await.unwrap().unwrap(), here);
        let computes = calls.run(ENOUGH, None, async {
            compute().await;
            // Of the runtime it came from: the threads have no timers.
            sleep(LONG).await;
            thread::current().id()
        });
        assert_ne!(computes.await.unwrap().unwrap(), here);
    }

    #[tokio::test]
    async fn a_call_nobody_waits_for_any_more_ends() {
        let calls = LongCalls::new("test").unwrap();
        let (alive, ended) = oneshot::channel::<()>();
        let endless = calls.run(20 * LONG, None, async move {
            let _alive = alive;
            loop {
                compute().await;
            }
        });
        let outcome: Result<Result<(), _>, _> = endless.await;
        assert!(outcome.is_err());
        assert!(timeout(Duration::from_secs(10), ended).await.unwrap().is_err());
    }

    #[tokio::test]
    async fn the_wait_for_a_turn_is_none_of_the_calls_time_and_what_is_short_needs_none() {
        let calls = Arc::new(LongCalls::new("test").unwrap());
        let turns = Arc::new(Semaphore::new(0));
        let limit = Duration::from_secs(1);
        let short = calls.run(limit, Some(&turns), async {});
        assert!(short.await.unwrap().is_ok());
        let not_quite = calls.run(limit, Some(&turns), async {
            for _ in 0..5 {
                compute().await;
            }
        });
        assert!(not_quite.await.unwrap().is_ok());
        let long = spawn_long(&calls, &turns, limit);
        // All of its time and more.
        sleep(limit + limit / 2).await;
        assert!(!long.is_finished(), "it waits for its turn");
        turns.add_permits(1);
        assert!(long.await.unwrap().unwrap().is_ok());
        assert_eq!(turns.available_permits(), 1, "it gives it back");
    }

    /// Far more than it may without a turn.
    fn spawn_long(
        calls: &Arc<LongCalls>,
        turns: &Arc<Semaphore>,
        limit: Duration,
    ) -> JoinHandle<Result<Result<(), JoinError>, Elapsed>> {
        let (calls, turns) = (Arc::clone(calls), Arc::clone(turns));
        let computing = async {
            for _ in 0..100 {
                compute().await;
            }
        };
        tokio::spawn(async move { calls.run(limit, Some(&turns), computing).await })
    }

    #[tokio::test]
    async fn a_call_that_waits_for_the_host_is_not_held_up_however_much_it_has_computed() {
        let calls = LongCalls::new("test").unwrap();
        let nobody = Semaphore::new(0);
        let call = calls.run(ENOUGH, Some(&nobody), async {
            compute().await;
            for _ in 0..50 {
                // As a guest that calls the host before the next tick, again and again.
                let started = Instant::now();
                while started.elapsed() < 2 * LONG {}
                yield_now().await;
            }
        });
        assert!(call.await.unwrap().is_ok());
    }
}
