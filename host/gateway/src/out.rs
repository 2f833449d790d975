//! The only place that writes to stdout and stderr directly. Logs go through `tracing`, not through here.
//!
//! Stdout is for machines and for what the user asked to see; stderr for what people must read once.

use std::io::{self, Write as _};

use serde::Serialize;

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
