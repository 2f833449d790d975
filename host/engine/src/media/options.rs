//! What the operator decides about files.

use std::path::PathBuf;

/// When files are downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownloadMode {
    /// As soon as their message has arrived.
    Eager,
    /// When somebody asks for them.
    Lazy,
}

/// How files of messages are kept.
#[derive(Debug, Clone)]
pub struct MediaOptions {
    /// Where they lie; made if need be, for us alone.
    pub dir: PathBuf,
    /// When they are downloaded.
    pub download: DownloadMode,
    /// Downloads at the same time.
    pub concurrency: usize,
    /// Larger ones are not kept.
    pub max_file_bytes: u64,
    /// What one session may keep; its oldest files make room.
    pub session_bytes: u64,
    /// What all sessions may keep together; the oldest files make room.
    pub total_bytes: u64,
    /// How long a file is kept, ms; none: for ever.
    pub keep_ms: Option<i64>,
}

const MIB: u64 = 1024 * 1024;

impl MediaOptions {
    /// The defaults, in this directory.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            download: DownloadMode::Eager,
            concurrency: 4,
            max_file_bytes: 100 * MIB,
            session_bytes: 4096 * MIB,
            total_bytes: 20_480 * MIB,
            keep_ms: None,
        }
    }
}
