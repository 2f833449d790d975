//! The only place that writes to stdout and stderr directly. Logs go through `tracing`, not through here.
//!
//! Stdout is for machines and for what the user asked to see; stderr for what people must read once.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;
use wagate_plugin_host::CompilingTold;

/// Where no terminal is, long work says how far it is this often.
const PLAIN_EVERY: Duration = Duration::from_secs(10);

/// What a program that started us waits for: one line of JSON on stdout, once everything answers.
#[derive(Debug, Serialize)]
pub(crate) struct Ready<'a> {
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    http: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ws: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<&'a str>,
    #[cfg(feature = "sandbox")]
    #[serde(skip_serializing_if = "Option::is_none")]
    sandbox: Option<ReadySandbox<'a>>,
}

/// The sandbox network a gateway is attached to.
#[cfg(feature = "sandbox")]
#[derive(Debug, Serialize)]
pub(crate) struct ReadySandbox<'a> {
    /// The network's WebSocket.
    pub(crate) ws: &'a str,
    /// Its control API.
    pub(crate) control: &'a str,
}

impl<'a> Ready<'a> {
    /// A gateway.
    pub(crate) fn gateway(http: &'a str) -> Self {
        Self {
            event: "ready",
            http: Some(http),
            ws: None,
            control: None,
            #[cfg(feature = "sandbox")]
            sandbox: None,
        }
    }

    /// With the network it is attached to.
    #[cfg(feature = "sandbox")]
    pub(crate) fn with_sandbox(self, sandbox: ReadySandbox<'a>) -> Self {
        Self {
            sandbox: Some(sandbox),
            ..self
        }
    }

    /// A sandbox network on its own.
    #[cfg(feature = "sandbox")]
    pub(crate) fn network(ws: &'a str, control: &'a str) -> Self {
        Self {
            event: "ready",
            http: None,
            ws: Some(ws),
            control: Some(control),
            sandbox: None,
        }
    }

    /// Prints the line.
    pub(crate) fn print(&self) -> io::Result<()> {
        line(&serde_json::to_string(self)?)
    }
}

/// One line on stdout, flushed: whoever reads a pipe sees it at once.
pub(crate) fn line(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// One line on stderr. A stderr that is gone is nobody's loss.
pub(crate) fn error_line(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// How far long work is, on stderr: one line of a terminal, written over and over; elsewhere a line now and then, and none
/// for work that is done before.
#[derive(Debug)]
pub(crate) struct ProgressLine {
    is_terminal: bool,
    is_open: bool,
    said_at: Instant,
}

impl Default for ProgressLine {
    fn default() -> Self {
        Self {
            is_terminal: io::stderr().is_terminal(),
            is_open: false,
            said_at: Instant::now(),
        }
    }
}

impl ProgressLine {
    pub(crate) fn show(&mut self, text: &str) {
        if self.is_terminal {
            // To the start of the line, and what was there is gone.
            let _ = write!(io::stderr().lock(), "\r\x1b[K{text}");
            self.is_open = true;
        } else if self.said_at.elapsed() >= PLAIN_EVERY {
            error_line(text);
            self.said_at = Instant::now();
        }
    }

    /// The line is free for other words.
    pub(crate) fn end(&mut self) {
        if self.is_open {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
            self.is_open = false;
        }
    }
}

/// Such a line about plugins that are compiled.
#[derive(Debug, Clone, Default)]
pub(crate) struct CompilingLine(Arc<Mutex<ProgressLine>>);

impl CompilingLine {
    /// Shows it as long as the work lasts, which tells what is compiled; then the line is free for other words.
    pub(crate) async fn during<T>(work: impl AsyncFnOnce(CompilingTold) -> T) -> T {
        let line = Self::default();
        let shown = line.clone();
        let told = move |name: &str, left: usize| {
            shown.lock().show(&format!("compiling {name}, {left} more to go"));
        };
        let outcome = work(Box::new(told)).await;
        line.lock().end();
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, ProgressLine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
