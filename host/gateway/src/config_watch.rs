//! Looks at `wagate.toml` while the gateway runs. None of its keys can change in flight: an edit is validated at once,
//! so that a typo shows now and not at the next start, and what it will change is named in the log.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use crate::config::{self, Config};

/// Runs until shutdown.
pub(crate) async fn run(directory: PathBuf, running: Config, shutdown: CancellationToken) {
    let path = directory.join(config::FILE_NAME);
    let mut seen = read(&path).await;
    let mut hints = wagate_plugin_host::watch::hints(vec![directory.clone()], shutdown.clone());
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            hint = hints.recv() => if hint.is_none() { return },
        }
        let text = read(&path).await;
        if text == seen {
            continue;
        }
        report(&path.display().to_string(), &running, text.as_deref());
        seen = text;
    }
}

fn report(file: &str, running: &Config, text: Option<&str>) {
    match Config::parse(file, text.unwrap_or_default()) {
        Err(error) => tracing::error!(%error, "the changed settings are refused, the running ones stay"),
        Ok(changed) => {
            let keys = running.changed_keys(&changed);
            if keys.is_empty() {
                tracing::info!(file, "the settings file says what is running");
            } else {
                tracing::warn!(
                    file,
                    keys = keys.join(", "),
                    "restart needed: these settings are read at start only"
                );
            }
        }
    }
}

/// A file that is not there, or is just being replaced, reads as none; the next hint looks again.
async fn read(path: &std::path::Path) -> Option<String> {
    tokio::fs::read_to_string(path).await.ok()
}
