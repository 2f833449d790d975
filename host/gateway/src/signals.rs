//! SIGTERM and SIGINT: the first asks for an orderly end, the second for an immediate one.

use std::io;

/// The signals that end the program.
#[cfg(unix)]
pub(crate) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// From here on a signal no longer kills the process. Needs a running runtime.
    pub(crate) fn install() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The signals that end the program.
#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Nothing to install: the runtime listens on first use.
    pub(crate) fn install() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without a way to listen the program is ended from outside.
            std::future::pending::<()>().await;
        }
    }
}

/// Runs the orderly end; a second signal ends the process at once, with the code shells use for it.
pub(crate) async fn stop_or_exit(signals: &mut Signals, stop: impl Future<Output = ()>) {
    tokio::select! {
        () = stop => {}
        () = signals.next() => {
            crate::out::error_line("wagate: second signal, ending at once");
            std::process::exit(130);
        }
    }
}
