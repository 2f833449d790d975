//! Follows `wagate.toml` while the gateway runs. An edit is validated at once, so that a typo shows now and not at the next
//! start; keys that can change in flight do, and those that wait for a start are named in the log. An edit that is wrong
//! changes nothing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::config::live::{Edit, Live};
use crate::config::{self, Config};
use crate::logging::Level;
use crate::metrics::Metrics;

/// Between two reads that must agree: editors replace files in steps.
const SETTLE: Duration = Duration::from_millis(100);
const MAX_READS: usize = 20;

/// Runs until shutdown.
pub(crate) async fn run(
    directory: PathBuf,
    live: Live,
    level: Level,
    metrics: Metrics,
    shutdown: CancellationToken,
) {
    let path = directory.join(config::FILE_NAME);
    let file = path.display().to_string();
    let mut seen = read(&path).await;
    let mut hints = wagate_plugin_host::watch::hints(vec![directory.clone()], shutdown.clone());
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            hint = hints.recv() => if hint.is_none() { return },
        }
        let text = settled(&path).await;
        if text == seen {
            continue;
        }
        let valid = match text.as_deref() {
            // Cut short, or a volume that is being replaced: no decision.
            None => {
                tracing::warn!(file, "the settings file is gone: what is running stays");
                true
            }
            Some(text) if text.trim().is_empty() => {
                tracing::error!(file, "the settings file is empty: what is running stays");
                false
            }
            Some(text) => apply(&file, text, &live, &level),
        };
        metrics.reloaded(valid);
        seen = text;
    }
}

/// Whether the text is valid.
fn apply(file: &str, text: &str, live: &Live, level: &Level) -> bool {
    let edited = match Config::parse(file, text) {
        Ok(edited) => edited,
        Err(error) => {
            tracing::error!(%error, "the changed settings are refused, the running ones stay");
            return false;
        }
    };
    let Edit { applied, waiting } = live.apply(&edited);
    if applied.iter().any(|key| key == "log.level") {
        level.set(&edited.log.level);
    }
    if !applied.is_empty() {
        tracing::info!(file, keys = applied.join(", "), "settings applied");
    }
    if !waiting.is_empty() {
        tracing::warn!(
            file,
            keys = waiting.join(", "),
            "restart needed: these settings are read at start only"
        );
    }
    if applied.is_empty() && waiting.is_empty() {
        tracing::info!(file, "the settings file says what is running");
    }
    true
}

/// The text once two reads agree.
async fn settled(path: &Path) -> Option<String> {
    let mut before = read(path).await;
    for _ in 0..MAX_READS {
        tokio::time::sleep(SETTLE).await;
        let now = read(path).await;
        if now == before {
            break;
        }
        before = now;
    }
    before
}

/// A file that is not there, or is just being replaced, reads as none.
async fn read(path: &Path) -> Option<String> {
    tokio::fs::read_to_string(path).await.ok()
}
