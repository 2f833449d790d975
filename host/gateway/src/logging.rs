//! Where log lines go: stderr, as text or JSON. Stdout belongs to the ready line.

use std::io::{self, IsTerminal as _};

use anyhow::anyhow;
use tracing::Metadata;
use tracing_subscriber::filter::{FilterExt as _, LevelFilter, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, Registry, reload};

use crate::config::log::{Format, Level as LevelSetting, Log};

/// Targets under which the WhatsApp library logs pair codes, phone numbers, QR codes or whole stanzas below `warn`.
const TELLING_TARGETS: &[&str] = &[
    "Client/PairCode",
    "Bot/PairCode",
    "Client/Pair",
    "Client/Recv",
    "Client/Send",
];

/// Changes what is logged, while everything runs.
#[derive(Clone)]
pub(crate) struct Level(reload::Handle<EnvFilter, Registry>);

impl Level {
    /// From now on.
    pub(crate) fn set(&self, level: &LevelSetting) {
        if let Err(error) = self.0.reload(level.filter()) {
            tracing::error!(%error, "the log level could not be changed");
        }
    }
}

/// Starts logging; also takes over what libraries log through the `log` crate.
pub(crate) fn start(settings: &Log) -> anyhow::Result<Level> {
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    // Whatever level the administrator chose: these lines are keys to an account.
    // The hint leaves the deciding to the level: without one, libraries hand over each of their trace lines to be asked.
    let secrets = filter_fn(|line| !tells_secrets(line)).with_max_level_hint(LevelFilter::TRACE);
    let (level, handle) = reload::Layer::new(settings.level.filter());
    let filter = level.and(secrets);
    let lines = match settings.format {
        Format::Text => lines.boxed(),
        Format::Json => lines.json().boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .try_init()
        .map_err(|error| anyhow!("cannot start logging: {error}"))?;
    Ok(Level(handle))
}

fn tells_secrets(line: &Metadata<'_>) -> bool {
    *line.level() > tracing::Level::WARN
        && TELLING_TARGETS
            .iter()
            .any(|target| line.target().starts_with(target))
}
