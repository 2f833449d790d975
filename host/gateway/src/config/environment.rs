//! What is read from the environment, all of it. Secrets only: everything else has a key in a file.

use std::env::{self, VarError};

use anyhow::bail;

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

fn read(name: &str) -> anyhow::Result<Option<String>> {
    match env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{name} is not valid UTF-8"),
    }
}
