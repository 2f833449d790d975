//! What the administrator can set.

use serde::Deserialize;

/// `[settings]` of `config/plugins/chats.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How many chats the list holds at most, up to 1000.
    pub(crate) max_chats: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_chats: 1000 }
    }
}
