//! A file on the shelf, and what is known of it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A file behind a handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShelfFile {
    /// What the plugin calls it.
    pub handle: String,
    /// Where it lies. Stays there for an hour at least.
    pub path: PathBuf,
    /// By its content.
    pub mime: String,
    /// What it is called, made harmless.
    pub name: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// Of its content, in hex.
    pub sha256: String,
    /// More about it: what a codec found out.
    pub notes: Vec<(String, String)>,
}

/// Whose a file is: a plugin's, for the sessions of one user.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Holder {
    #[serde(rename = "owner")]
    pub(crate) plugin: String,
    /// Row id; empty where it is for nobody's session.
    #[serde(default)]
    pub(crate) user: String,
}

/// What stands beside a file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Sheet {
    pub(super) handle: String,
    #[serde(flatten)]
    pub(super) holder: Holder,
    pub(super) mime: String,
    pub(super) name: Option<String>,
    pub(super) bytes: u64,
    pub(super) sha256: String,
    #[serde(default)]
    pub(super) notes: Vec<(String, String)>,
    pub(super) expires_at: i64,
}

impl Sheet {
    pub(super) fn view(&self, dir: &Path) -> ShelfFile {
        ShelfFile {
            handle: self.handle.clone(),
            path: dir.join(&self.handle),
            mime: self.mime.clone(),
            name: self.name.clone(),
            bytes: self.bytes,
            sha256: self.sha256.clone(),
            notes: self.notes.clone(),
        }
    }
}

/// 128 random bits: nobody finds another plugin's by trying.
pub(super) fn new_handle() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

/// Whether this can be a handle of ours, and so a name in the directory.
pub(super) fn is_handle(text: &str) -> bool {
    text.len() == 32
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'))
}
