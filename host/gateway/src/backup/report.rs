//! What `wagate backup` shows while it works: a line for whoever looks on, and the note for the gateway.

use std::fs;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};
use wagate_storage::clock::{Clock as _, SystemClock};

use super::progress::{self, Meter, Progress, State, Step};
use crate::out::{self, ProgressLine};

/// How often it says how far it is.
const EVERY: Duration = Duration::from_millis(250);
const MIB: u64 = 1024 * 1024;

/// What there is to do, and how far it is.
pub(super) struct Report {
    progress: Progress,
    /// Of the database.
    to_copy: u64,
    snapshot: PathBuf,
    packed: Meter,
    line: ProgressLine,
    /// None where the note cannot be written.
    data_dir: Option<PathBuf>,
}

impl Report {
    /// `packed` counts what goes into the archive.
    pub(super) fn new(data_dir: &Path, snapshot: &Path, to_copy: u64, rest: u64, packed: Meter) -> Self {
        let now = SystemClock.now_ms();
        Self {
            progress: Progress {
                state: State::Running,
                step: Step::Copying,
                bytes_done: 0,
                bytes_total: to_copy.saturating_mul(2).saturating_add(rest),
                size_bytes: None,
                error: None,
                started_at: now,
                updated_at: now,
            },
            to_copy,
            snapshot: snapshot.to_path_buf(),
            packed,
            line: ProgressLine::default(),
            data_dir: Some(data_dir.to_path_buf()),
        }
    }

    /// Says how far it is until the work is done; what came of it is the backup's length.
    pub(super) async fn of(mut self, work: impl Future<Output = anyhow::Result<u64>>) -> anyhow::Result<u64> {
        let mut work = pin!(work);
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let outcome = loop {
            tokio::select! {
                outcome = &mut work => break outcome,
                _ = ticks.tick() => self.look(),
            }
        };
        match &outcome {
            Ok(bytes) => {
                self.progress.state = State::Done;
                self.progress.step = Step::Packing;
                self.progress.bytes_done = self.progress.bytes_total;
                self.progress.size_bytes = Some(*bytes);
            }
            Err(error) => {
                self.progress.state = State::Failed;
                self.progress.error = Some(format!("{error:#}"));
            }
        }
        self.line.end();
        self.note();
        outcome
    }

    fn look(&mut self) {
        let packed = self.packed.bytes();
        let done = if packed == 0 {
            let copied = fs::metadata(&self.snapshot).map_or(0, |meta| meta.len());
            copied.min(self.to_copy)
        } else {
            self.progress.step = Step::Packing;
            self.to_copy.saturating_add(packed)
        };
        let total = self.progress.bytes_total;
        self.progress.bytes_done = done.min(total);
        self.line.show(&format!(
            "{}: {} %, {} of {} MiB",
            self.progress.step.words(),
            self.progress.percent(),
            self.progress.bytes_done / MIB,
            total / MIB
        ));
        self.note();
    }

    fn note(&mut self) {
        self.progress.updated_at = SystemClock.now_ms();
        let Some(data_dir) = &self.data_dir else { return };
        if let Err(error) = progress::write(data_dir, &self.progress) {
            self.data_dir = None;
            self.line.end();
            out::error_line(&format!(
                "note: a gateway does not show this backup, nothing can be written beside its database: {error}"
            ));
        }
    }
}
