//! When to look at the files again. Hints only: what changed is found out by looking.
//!
//! Directories are watched, never files: a file that is replaced by a rename would go deaf. A poll covers what the
//! system does not report (network file systems, exhausted watches, a directory that appears later).

use std::path::PathBuf;
use std::time::Duration;

use notify::{EventKind, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use tokio_util::sync::CancellationToken;

const POLL: Duration = Duration::from_secs(5);
/// Quiet for this long, and a change counts as finished.
const QUIET: Duration = Duration::from_millis(150);
/// A directory that is never quiet is looked at this often.
const LONGEST_WAIT: Duration = Duration::from_millis(600);

/// Why it is time to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Something in one of the directories was created, changed or removed.
    Changed,
    /// Nothing was reported; look for what the system may have missed.
    Poll,
}

/// Hints for these directories until `shutdown`. They need not exist. A hint that is not fetched absorbs later ones.
pub fn hints(dirs: Vec<PathBuf>, shutdown: CancellationToken) -> mpsc::Receiver<Hint> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = follow(dirs, sender) => {}
        }
    });
    receiver
}

async fn follow(dirs: Vec<PathBuf>, hints: mpsc::Sender<Hint>) {
    let (touched_sender, mut touched) = mpsc::channel::<()>(1);
    let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading a file is reported as well: reacting to it would never end. Full means: a hint is on its way.
        if !matches!(
            event,
            Ok(notify::Event {
                kind: EventKind::Access(_),
                ..
            })
        ) {
            let _ = touched_sender.try_send(());
        }
    });
    let mut watcher = match watcher {
        Ok(watcher) => Some(watcher),
        Err(error) => {
            tracing::warn!(error = %error, "file changes are not reported by the system, looking every few seconds");
            None
        }
    };
    let mut poll = interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let hint = tokio::select! {
            Some(()) = touched.recv() => {
                settle(&mut touched).await;
                Hint::Changed
            }
            _ = poll.tick() => {
                // Again each time: a directory may be new, or another one under the same name.
                if let Some(watcher) = &mut watcher {
                    for dir in dirs.iter().filter(|dir| dir.is_dir()) {
                        let _ = watcher.watch(dir, RecursiveMode::NonRecursive);
                    }
                }
                Hint::Poll
            }
        };
        if hints.send(hint).await.is_err() {
            return;
        }
    }
}

/// Waits until nothing has been touched for a moment.
async fn settle(touched: &mut mpsc::Receiver<()>) {
    let latest = Instant::now() + LONGEST_WAIT;
    loop {
        let quiet_at = (Instant::now() + QUIET).min(latest);
        match timeout_at(quiet_at, touched.recv()).await {
            Ok(Some(())) if Instant::now() < latest => {}
            _ => return,
        }
    }
}
