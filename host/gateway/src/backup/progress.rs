//! How far a backup is. The program that takes it is not the gateway: it leaves a note in the data directory, and the gateway
//! there shows what stands in it.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use wagate_storage::clock::{SharedClock, iso8601};

use crate::live::notices::Notices;

/// The note's name in the data directory.
const NOTE: &str = "backup.note.json";
/// A note is smaller than this.
const MAX_NOTE: u64 = 64 * 1024;
/// How often the gateway looks for news.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A note is written several times a second: one that is older was left by a program that is gone.
const STALE_MS: i64 = 15_000;

/// How a backup stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Running,
    Done,
    Failed,
}

/// What it is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    /// The database, into one file.
    Copying,
    /// Everything, into the backup.
    Packing,
}

impl Step {
    /// For people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Copying => "copying the database",
            Self::Packing => "packing",
        }
    }
}

/// The newest backup of a data directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Progress {
    pub(crate) state: State,
    pub(crate) step: Step,
    /// Of both steps: the database counts in each.
    pub(crate) bytes_done: u64,
    pub(crate) bytes_total: u64,
    /// Of the backup, once it is done.
    pub(crate) size_bytes: Option<u64>,
    pub(crate) error: Option<String>,
    pub(crate) started_at: i64,
    pub(crate) updated_at: i64,
}

impl Progress {
    /// As it is told to clients.
    pub(crate) fn view(&self) -> Value {
        json!({
            "state": self.state, "step": self.step, "bytesDone": self.bytes_done, "bytesTotal": self.bytes_total,
            "sizeBytes": self.size_bytes, "error": self.error, "startedAt": iso8601(self.started_at),
            "updatedAt": iso8601(self.updated_at),
        })
    }

    /// Of all bytes, in per cent.
    pub(crate) fn percent(&self) -> u64 {
        let done = self.bytes_done.saturating_mul(100);
        done.checked_div(self.bytes_total).unwrap_or(100)
    }
}

/// Leaves the note.
pub(crate) fn write(data_dir: &Path, progress: &Progress) -> io::Result<()> {
    // A name of its own: nothing is written through what lies there, and two backups at once do not meet.
    let mut fresh = tempfile::Builder::new().prefix(NOTE).tempfile_in(data_dir)?;
    fresh.write_all(&serde_json::to_vec(progress)?)?;
    fresh.persist(data_dir.join(NOTE))?;
    Ok(())
}

/// Reads the note; none where there is none that can be read.
pub(crate) async fn read(data_dir: PathBuf, now_ms: i64) -> Option<Progress> {
    let found = tokio::task::spawn_blocking(move || {
        let note = data_dir.join(NOTE);
        let is_note = fs::metadata(&note).is_ok_and(|meta| meta.is_file() && meta.len() <= MAX_NOTE);
        is_note.then(|| fs::read(&note).ok()).flatten()
    });
    let mut progress: Progress = serde_json::from_slice(&found.await.ok()??).ok()?;
    if progress.state == State::Running
        && now_ms.saturating_sub(progress.updated_at).saturating_abs() > STALE_MS
    {
        progress.state = State::Failed;
        progress.error = Some("it was ended before it was done".to_owned());
    }
    Some(progress)
}

/// Tells what becomes of backups from now on, until `shutdown`. A note is looked at, not waited for: the database beside it
/// changes all the time.
pub(crate) async fn follow(
    data_dir: PathBuf,
    notices: Notices,
    clock: SharedClock,
    shutdown: CancellationToken,
) {
    let mut seen = Seen::now(data_dir, clock.now_ms()).await;
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let now = clock.now_ms();
        if let Some(progress) = seen.news(now).await {
            notices.tell_backup(progress, now);
        }
    }
}

/// What was in the note when it was last looked at.
struct Seen {
    data_dir: PathBuf,
    newest: Option<Progress>,
}

impl Seen {
    async fn now(data_dir: PathBuf, now_ms: i64) -> Self {
        let newest = read(data_dir.clone(), now_ms).await;
        Self { data_dir, newest }
    }

    /// The backup, if there is something new about it.
    async fn news(&mut self, now_ms: i64) -> Option<&Progress> {
        let newest = read(self.data_dir.clone(), now_ms).await;
        if newest == self.newest {
            return None;
        }
        self.newest = newest;
        self.newest.as_ref()
    }
}

/// Bytes that were packed. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<AtomicU64>);

impl Meter {
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts what is written.
    pub(super) fn on<W: Write>(&self, inner: W) -> Counted<W> {
        Counted {
            inner,
            meter: self.clone(),
        }
    }
}

/// A writer whose bytes are counted.
pub(super) struct Counted<W> {
    inner: W,
    meter: Meter,
}

impl<W> Counted<W> {
    pub(super) fn into_inner(self) -> W {
        self.inner
    }
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        let count = u64::try_from(written).unwrap_or(u64::MAX);
        self.meter.0.fetch_add(count, Ordering::Relaxed);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(done: u64) -> Progress {
        Progress {
            state: State::Running,
            step: Step::Copying,
            bytes_done: done,
            bytes_total: 200,
            size_bytes: None,
            error: None,
            started_at: 0,
            updated_at: 1_000,
        }
    }

    #[tokio::test]
    async fn what_becomes_of_a_backup_is_news_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        // Of yesterday.
        write(data, &running(7)).unwrap();
        let mut seen = Seen::now(data.to_path_buf(), 1_000).await;
        assert_eq!(seen.news(1_000).await, None);
        let done = Progress {
            state: State::Done,
            step: Step::Packing,
            size_bytes: Some(50),
            ..running(200)
        };
        for progress in [running(20), running(100), done] {
            write(data, &progress).unwrap();
            assert_eq!(seen.news(1_000).await, Some(&progress));
            assert_eq!(seen.news(1_000).await, None);
        }
        // The program that takes the next one goes without a word.
        write(data, &running(60)).unwrap();
        assert_eq!(seen.news(1_000).await, Some(&running(60)));
        assert_eq!(seen.news(1_000 + STALE_MS).await, None);
        let gone = seen.news(1_001 + STALE_MS).await.unwrap();
        assert_eq!(gone.state, State::Failed);
        assert!(gone.error.as_ref().unwrap().contains("before it was done"));
    }

    #[tokio::test]
    async fn what_is_no_note_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        assert_eq!(read(data.to_path_buf(), 0).await, None);
        fs::write(data.join(NOTE), "{").unwrap();
        assert_eq!(read(data.to_path_buf(), 0).await, None);
        write(data, &running(50)).unwrap();
        assert_eq!(read(data.to_path_buf(), 0).await, Some(running(50)));
        assert_eq!(running(50).percent(), 25);
    }

    #[test]
    fn what_is_written_is_counted() {
        let meter = Meter::default();
        let mut out = meter.on(Vec::new());
        out.write_all(b"four").unwrap();
        out.flush().unwrap();
        assert_eq!((meter.bytes(), out.into_inner()), (4, b"four".to_vec()));
    }
}
