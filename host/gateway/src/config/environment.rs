//! What is read from the environment, all of it. Secrets and `PATH` only: everything else has a key in a
//! file.

use std::env::{self, VarError};

use anyhow::{Context as _, bail};
use wagate_storage::secrets::SecretBox;

/// The account made when a database has no users. What is missing is generated.
#[derive(Default)]
pub(crate) struct FirstAdmin {
    /// `WAGATE_ADMIN_EMAIL`.
    pub(crate) email: Option<String>,
    /// `WAGATE_ADMIN_PASSWORD`.
    pub(crate) password: Option<String>,
    /// `WAGATE_ADMIN_API_KEY`.
    pub(crate) api_key: Option<String>,
}

impl FirstAdmin {
    /// Reads the three variables. An empty one is kept, and refused when it is needed: it usually is a reference to a
    /// variable that was not set, and generating something else in its place would hide that.
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        Ok(Self {
            email: read("WAGATE_ADMIN_EMAIL")?,
            password: read("WAGATE_ADMIN_PASSWORD")?,
            api_key: read("WAGATE_ADMIN_API_KEY")?,
        })
    }
}

/// `WAGATE_SECRET_KEY`: the key that secrets in the database are sealed with, 64 hex digits. Without it the key is in a
/// file in the data directory.
pub(crate) fn secret_key() -> anyhow::Result<Option<SecretBox>> {
    let Some(text) = read("WAGATE_SECRET_KEY")? else {
        return Ok(None);
    };
    let secrets = SecretBox::parse(&text).context("WAGATE_SECRET_KEY")?;
    Ok(Some(secrets))
}

/// `WAGATE_ABORT_AT`: where a test lets this process die. Not in a release.
#[cfg(feature = "sandbox")]
pub(crate) fn abort_order() -> anyhow::Result<Option<String>> {
    read("WAGATE_ABORT_AT")
}

/// Where programs are looked for.
pub(crate) fn program_directories() -> Option<std::ffi::OsString> {
    env::var_os("PATH")
}

fn read(name: &str) -> anyhow::Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not valid UTF-8"),
    }
}
