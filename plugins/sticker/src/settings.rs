//! What the administrator can set.

use serde::Deserialize;

const PACK: &str = "WA-AKG";

/// `[settings]` of `config/plugins/sticker.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pack: Option<String>,
}

impl Settings {
    /// The pack's name where the client names none: the contract's, unless the administrator has another.
    pub(crate) fn pack(&self) -> &str {
        self.pack.as_deref().unwrap_or(PACK)
    }
}
