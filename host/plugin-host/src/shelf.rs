//! Files of plugins, by handle: large content stays here, a handle crosses to the guest.
//!
//! A handle is a random name that only its plugin can use; it lives for a day. A file counts against its plugin's quota
//! and that of all plugins from the first byte that is written. Handles outlive a restart: beside each file stands what
//! is known of it, and what is not whole is removed at the start.

mod file;
mod index;
mod writer;

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wagate_protocol::error::HostError;
use wagate_storage::clock::SharedClock;

use file::Sheet;
pub use file::ShelfFile;
pub use writer::ShelfWriter;

/// How long a handle lives.
const LIFE_MS: i64 = 24 * 3600 * 1000;
/// Who takes a file off the shelf has it at least this long.
const USE_MS: i64 = 3600 * 1000;

/// How the shelf is kept.
#[derive(Debug, Clone)]
pub struct ShelfOptions {
    /// Where the files lie; made if need be, for us alone.
    pub dir: PathBuf,
    /// Bytes of all plugins together.
    pub total_bytes: u64,
    /// Bytes of one file.
    pub max_file_bytes: u64,
}

impl ShelfOptions {
    /// The defaults, in this directory.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            total_bytes: 2048 * 1024 * 1024,
            max_file_bytes: 100 * 1024 * 1024,
        }
    }
}

/// The shelf of all plugins.
pub(crate) struct Shelf {
    options: ShelfOptions,
    clock: SharedClock,
    holding: Mutex<Holding>,
}

#[derive(Default)]
struct Holding {
    sheets: HashMap<String, Sheet>,
    /// Bytes of each plugin, with what is being written.
    used: HashMap<String, u64>,
}

/// Whose files, and how many bytes they may have.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    pub(crate) plugin: String,
    pub(crate) quota: u64,
    /// The administrator's file, for refusals.
    pub(crate) file: String,
}

impl Shelf {
    /// Takes up what is there; removes what is not whole or too old.
    pub(crate) fn open(options: ShelfOptions, clock: SharedClock) -> io::Result<Arc<Self>> {
        let sheets = index::load(&options.dir, clock.now_ms())?;
        let mut holding = Holding::default();
        for sheet in sheets {
            *holding.used.entry(sheet.owner.clone()).or_default() += sheet.bytes;
            holding.sheets.insert(sheet.handle.clone(), sheet);
        }
        Ok(Arc::new(Self {
            options,
            clock,
            holding: Mutex::new(holding),
        }))
    }

    /// The file behind a handle of this plugin.
    pub(crate) fn take(&self, plugin: &str, handle: &str) -> Result<ShelfFile, HostError> {
        let now = self.clock.now_ms();
        let mut holding = self.lock();
        let sheet = holding
            .sheets
            .get_mut(handle)
            .filter(|sheet| sheet.owner == plugin && sheet.expires_at > now)
            .ok_or_else(no_such_handle)?;
        sheet.expires_at = sheet.expires_at.max(now + USE_MS);
        Ok(sheet.view(&self.options.dir))
    }

    /// Removes a file of this plugin.
    pub(crate) fn remove(&self, plugin: &str, handle: &str) -> Result<(), HostError> {
        let mut holding = self.lock();
        let is_own = holding
            .sheets
            .get(handle)
            .is_some_and(|sheet| sheet.owner == plugin);
        if !is_own {
            return Err(no_such_handle());
        }
        if let Some(sheet) = holding.sheets.remove(handle) {
            self.discard(&mut holding, &sheet);
        }
        Ok(())
    }

    /// Removes what has had its day.
    pub(crate) fn sweep(&self) {
        let now = self.clock.now_ms();
        let mut holding = self.lock();
        let old: Vec<String> = holding
            .sheets
            .values()
            .filter(|sheet| sheet.expires_at <= now)
            .map(|sheet| sheet.handle.clone())
            .collect();
        for handle in old {
            if let Some(sheet) = holding.sheets.remove(&handle) {
                self.discard(&mut holding, &sheet);
            }
        }
    }

    /// A new file that is written piece by piece.
    pub(crate) fn write(self: &Arc<Self>, owner: Owner) -> Result<ShelfWriter, HostError> {
        ShelfWriter::begin(self, owner)
    }

    /// A whole file of ours becomes the plugin's; it is moved or, where `source` is to stay, linked.
    pub(crate) async fn adopt(
        self: &Arc<Self>,
        owner: Owner,
        source: &Path,
        stays: bool,
        mime: Option<&str>,
        name: Option<&str>,
        notes: Vec<(String, String)>,
    ) -> Result<ShelfFile, HostError> {
        writer::adopt(self, owner, source, stays, mime, name, notes).await
    }

    /// Where a codec may write.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.options.dir.join(format!("{}.part", file::new_handle()))
    }

    pub(crate) fn max_file_bytes(&self) -> u64 {
        self.options.max_file_bytes
    }

    fn dir(&self) -> &Path {
        &self.options.dir
    }

    /// Counts bytes before they are written; refused, nothing is counted.
    fn charge(&self, owner: &Owner, bytes: u64) -> Result<(), HostError> {
        let mut holding = self.lock();
        let total: u64 = holding.used.values().sum();
        if total.saturating_add(bytes) > self.options.total_bytes {
            return Err(HostError::Conflict(
                "the files of all plugins are too many: handles_mb under [media] in wagate.toml".to_owned(),
            ));
        }
        let used = holding.used.entry(owner.plugin.clone()).or_default();
        if used.saturating_add(bytes) > owner.quota {
            return Err(HostError::Conflict(format!(
                "the plugin's files are too many: {} MiB, see media_mb under [limits] in {}",
                owner.quota / 1024 / 1024,
                owner.file
            )));
        }
        *used += bytes;
        Ok(())
    }

    fn release(&self, plugin: &str, bytes: u64) {
        release(&mut self.lock(), plugin, bytes);
    }

    fn keep(&self, sheet: Sheet) -> ShelfFile {
        let view = sheet.view(&self.options.dir);
        self.lock().sheets.insert(sheet.handle.clone(), sheet);
        view
    }

    fn discard(&self, holding: &mut Holding, sheet: &Sheet) {
        release(holding, &sheet.owner, sheet.bytes);
        index::remove(&self.options.dir, &sheet.handle);
    }

    fn lock(&self) -> MutexGuard<'_, Holding> {
        self.holding.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn release(holding: &mut Holding, plugin: &str, bytes: u64) {
    if let Some(used) = holding.used.get_mut(plugin) {
        *used = used.saturating_sub(bytes);
    }
}

/// A handle of another plugin and one that never was answer alike.
fn no_such_handle() -> HostError {
    HostError::NotFound("handle: there is no such file, or its day is over".to_owned())
}

/// The disk, as a plugin hears of it.
fn io_error(error: &io::Error) -> HostError {
    tracing::error!(%error, "a file of a plugin could not be written or read");
    HostError::unavailable("the file cannot be written or read now")
}
