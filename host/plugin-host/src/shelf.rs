//! Files of plugins, by handle: large content stays here, a handle crosses to the guest.
//!
//! A handle is a random name that only its plugin can use; it lives for a day. A file counts from the first byte
//! that is written: against its plugin's quota for the sessions of its user, against what the sessions of one user may
//! have of all plugins' room, and against that room. Handles outlive a restart: beside each file stands what
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

pub(crate) use file::Holder;
use file::Sheet;
pub use file::ShelfFile;
pub use writer::ShelfWriter;

const MIB: u64 = 1024 * 1024;
/// How long a handle lives.
const LIFE_MS: i64 = 24 * 3600 * 1000;
/// Who takes a file off the shelf has it at least this long.
const USE_MS: i64 = 3600 * 1000;
/// The sessions of one user have one part in so many of all plugins' room, however many plugins they use; and so has one
/// plugin, however many users it has.
const PARTS: u64 = 2;

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
            total_bytes: 2048 * MIB,
            max_file_bytes: 100 * MIB,
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
    /// Bytes of each, with what is being written.
    used: HashMap<Holder, u64>,
}

/// Whose files, and how many bytes they may have.
#[derive(Debug, Clone)]
pub(crate) struct Owner {
    pub(crate) holder: Holder,
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
            *holding.used.entry(sheet.holder.clone()).or_default() += sheet.bytes;
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
            .filter(|sheet| sheet.holder.plugin == plugin && sheet.expires_at > now)
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
            .is_some_and(|sheet| sheet.holder.plugin == plugin);
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
        let user = &owner.holder.user;
        let held = |is_theirs: &dyn Fn(&Holder) -> bool| {
            let theirs = holding.used.iter().filter(|(holder, _)| is_theirs(holder));
            theirs.map(|(_, used)| used).sum::<u64>().saturating_add(bytes)
        };
        let most = self.options.total_bytes / PARTS;
        if held(&|holder| holder.user == *user) > most {
            return Err(HostError::Conflict(format!(
                "the files of this user's sessions are too many: {} MiB in all plugins, half of handles_mb under [media] \
                 in wagate.toml",
                most / MIB
            )));
        }
        if held(&|holder| holder.plugin == owner.holder.plugin) > most {
            return Err(HostError::Conflict(format!(
                "the plugin's files are too many: {} MiB for all sessions, half of handles_mb under [media] in wagate.toml",
                most / MIB
            )));
        }
        let used = holding.used.get(&owner.holder).copied().unwrap_or(0);
        if used.saturating_add(bytes) > owner.quota {
            return Err(HostError::Conflict(format!(
                "the plugin's files are too many: {} MiB for the sessions of a user, see media_mb under [limits] in {}",
                owner.quota / MIB,
                owner.file
            )));
        }
        holding.used.insert(owner.holder.clone(), used + bytes);
        Ok(())
    }

    fn release(&self, holder: &Holder, bytes: u64) {
        release(&mut self.lock(), holder, bytes);
    }

    fn keep(&self, sheet: Sheet) -> ShelfFile {
        let view = sheet.view(&self.options.dir);
        self.lock().sheets.insert(sheet.handle.clone(), sheet);
        view
    }

    fn discard(&self, holding: &mut Holding, sheet: &Sheet) {
        release(holding, &sheet.holder, sheet.bytes);
        index::remove(&self.options.dir, &sheet.handle);
    }

    fn lock(&self) -> MutexGuard<'_, Holding> {
        self.holding.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn release(holding: &mut Holding, holder: &Holder, bytes: u64) {
    if let Some(used) = holding.used.get_mut(holder) {
        *used = used.saturating_sub(bytes);
        if *used == 0 {
            holding.used.remove(holder);
        }
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

#[cfg(test)]
mod tests {
    use wagate_storage::clock::SystemClock;

    use super::*;

    fn owner(plugin: &str, user: &str) -> Owner {
        Owner {
            holder: Holder {
                plugin: plugin.to_owned(),
                user: user.to_owned(),
            },
            quota: 80,
            file: "plugins/messages.toml".to_owned(),
        }
    }

    #[test]
    fn nobody_has_more_than_half_of_the_room_whatever_plugins_they_use() {
        let dir = tempfile::tempdir().unwrap();
        let options = ShelfOptions {
            total_bytes: 100,
            ..ShelfOptions::in_dir(dir.path())
        };
        let shelf = Shelf::open(options, Arc::new(SystemClock)).unwrap();
        let refusal = |owner: &Owner, bytes| shelf.charge(owner, bytes).unwrap_err().to_string();
        shelf.charge(&owner("messages", "ann"), 30).unwrap();
        shelf.charge(&owner("status", "ann"), 20).unwrap();
        let text = refusal(&owner("groups", "ann"), 1);
        assert!(text.contains("half of handles_mb"), "{text}");
        shelf.charge(&owner("messages", "bob"), 20).unwrap();
        let text = refusal(&owner("messages", "carl"), 1);
        assert!(text.contains("for all sessions, half of handles_mb"), "{text}");
        shelf.charge(&owner("groups", "bob"), 30).unwrap();
        let text = refusal(&owner("groups", "carl"), 1);
        assert!(text.contains("the files of all plugins"), "{text}");
        shelf.release(&owner("status", "ann").holder, 20);
        shelf.charge(&owner("groups", "carl"), 20).unwrap();
        assert_eq!(shelf.lock().used.len(), 4, "who holds nothing is forgotten");
    }

    #[test]
    fn a_sheet_of_an_earlier_version_is_nobodys() {
        let text = r#"{"handle":"h","owner":"messages","mime":"text/plain","name":null,"bytes":1,"sha256":"","expires_at":1}"#;
        let sheet: Sheet = serde_json::from_str(text).unwrap();
        assert_eq!(sheet.holder, owner("messages", "").holder);
        let again = serde_json::to_value(&sheet).unwrap();
        assert_eq!(
            (&again["owner"], &again["user"]),
            (&"messages".into(), &"".into())
        );
    }
}
