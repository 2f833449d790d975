//! `[media]`: files of messages and of plugins, and what is made of them.

use serde::{Deserialize, Serialize};
use wagate_engine::DownloadMode;

use super::bounded::Bounded;

const MIB: u64 = 1024 * 1024;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// The section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Media {
    pub(crate) download: Download,
    pub(crate) concurrency: Bounded<1, 64>,
    pub(crate) max_file_mb: Bounded<1, 2048>,
    pub(crate) session_mb: Bounded<1, 16_777_216>,
    pub(crate) total_mb: Bounded<1, 16_777_216>,
    /// 0: for ever.
    pub(crate) keep_days: Bounded<0, 36_500>,
    pub(crate) handles_mb: Bounded<1, 1_048_576>,
    /// A name or a path; empty: none.
    pub(crate) ffmpeg: String,
}

/// When files of messages are downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Download {
    Eager,
    Lazy,
}

impl Default for Media {
    fn default() -> Self {
        Self {
            download: Download::Eager,
            concurrency: Bounded::new(4),
            max_file_mb: Bounded::new(100),
            session_mb: Bounded::new(4096),
            total_mb: Bounded::new(20_480),
            keep_days: Bounded::new(0),
            handles_mb: Bounded::new(2048),
            ffmpeg: "ffmpeg".to_owned(),
        }
    }
}

impl Media {
    /// For the files of messages.
    pub(crate) fn of_messages(&self, dir: std::path::PathBuf) -> wagate_engine::MediaOptions {
        let keep_days = i64::try_from(self.keep_days.get()).unwrap_or(i64::MAX);
        wagate_engine::MediaOptions {
            dir,
            download: match self.download {
                Download::Eager => DownloadMode::Eager,
                Download::Lazy => DownloadMode::Lazy,
            },
            concurrency: self.concurrency.count(),
            max_file_bytes: self.max_file_mb.get() * MIB,
            session_bytes: self.session_mb.get() * MIB,
            total_bytes: self.total_mb.get() * MIB,
            keep_ms: (keep_days > 0).then(|| keep_days.saturating_mul(DAY_MS)),
        }
    }

    /// For the files of plugins. An upload is one of them.
    pub(crate) fn of_plugins(
        &self,
        dir: std::path::PathBuf,
        max_upload_bytes: usize,
    ) -> wagate_plugin_host::ShelfOptions {
        let max_upload_bytes = u64::try_from(max_upload_bytes).unwrap_or(u64::MAX);
        wagate_plugin_host::ShelfOptions {
            dir,
            total_bytes: self.handles_mb.get() * MIB,
            max_file_bytes: max_upload_bytes.max(self.max_file_mb.get() * MIB),
        }
    }
}
