//! Calls whose guest computes for long, on threads of their own. Not what a call may do, nor how long.
//!
//! A guest that computes keeps its thread until the next tick interrupts it, and whatever the same thread would have served
//! waits that long. So a call begins where it is made, which costs nothing, and goes on here once its guest was found
//! computing: the operating system then shares the cores between these threads and those that serve everything else.

use std::io;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument as _;

/// A guest that kept its thread for so long without a pause is one that computes.
const LONG: Duration = Duration::from_micros(500);

/// The threads. Calls under way end with it.
pub(crate) struct LongCalls(Option<Runtime>);

impl LongCalls {
    /// Half of the cores, at least one: however many guests compute, the other half is free for what is short.
    pub(crate) fn new() -> io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = Builder::new_multi_thread()
            .worker_threads((cores / 2).max(1))
            .thread_name("plugin-long-call")
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Runs a call to its end. Dropping this drops the call, at the guest's next tick at the latest. The error is a panic,
    /// or the end of the threads.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        call: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, JoinError> {
        let mut call = Box::pin(call);
        let short = std::future::poll_fn(|context| {
            let started = Instant::now();
            match call.as_mut().poll(context) {
                Poll::Ready(answer) => Poll::Ready(Some(answer)),
                Poll::Pending if started.elapsed() >= LONG => Poll::Ready(None),
                Poll::Pending => Poll::Pending,
            }
        });
        match short.await {
            Some(answer) => Ok(answer),
            None => self.go_on(call).await,
        }
    }

    async fn go_on<T: Send + 'static>(
        &self,
        mut call: Pin<Box<impl Future<Output = T> + Send + 'static>>,
    ) -> Result<T, JoinError> {
        // Only the guest moves. What the host does for it (timers, tasks that outlive the call) stays where it belongs.
        let home = Handle::current();
        let there = std::future::poll_fn(move |context| {
            let _home = home.enter();
            call.as_mut().poll(context)
        });
        let Some(threads) = &self.0 else {
            return Ok(there.await);
        };
        let mut task = Abort(threads.spawn(there.in_current_span()));
        (&mut task.0).await
    }
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
    use std::thread;

    use tokio::sync::oneshot;
    use tokio::task::yield_now;
    use tokio::time::{sleep, timeout};

    use super::*;

    /// As a guest between two ticks.
    async fn compute() {
        let started = Instant::now();
        while started.elapsed() < 2 * LONG {}
        yield_now().await;
    }

    #[tokio::test]
    async fn a_call_that_computes_moves_and_one_that_waits_stays() {
        let calls = LongCalls::new().unwrap();
        let here = thread::current().id();
        let waits = calls.run(async {
            sleep(2 * LONG).await;
            thread::current().id()
        });
        assert_eq!(waits.await.unwrap(), here);
        let computes = calls.run(async {
            compute().await;
            // Of the runtime it came from: the threads have no timers.
            sleep(LONG).await;
            thread::current().id()
        });
        assert_ne!(computes.await.unwrap(), here);
    }

    #[tokio::test]
    async fn a_call_nobody_waits_for_any_more_ends() {
        let calls = LongCalls::new().unwrap();
        let (alive, ended) = oneshot::channel::<()>();
        let endless = calls.run(async move {
            let _alive = alive;
            loop {
                compute().await;
            }
        });
        let outcome: Result<Result<(), _>, _> = timeout(20 * LONG, endless).await;
        assert!(outcome.is_err());
        assert!(timeout(Duration::from_secs(10), ended).await.unwrap().is_err());
    }
}
