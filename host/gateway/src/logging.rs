//! Where log lines go: stderr, as text or JSON. Stdout belongs to the ready line.

use std::io::{self, IsTerminal as _};

use anyhow::anyhow;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::log::{Format, Log};

/// Starts logging; also takes over what libraries log through the `log` crate.
pub(crate) fn start(settings: &Log) -> anyhow::Result<()> {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(settings.level.filter())
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    let started = match settings.format {
        Format::Text => builder.finish().try_init(),
        Format::Json => builder.json().finish().try_init(),
    };
    started.map_err(|error| anyhow!("cannot start logging: {error}"))
}
