//! What the administrator can set.

use serde::Deserialize;

/// The longest list the host hands out at once.
pub(crate) const MAX_CHATS: u32 = 1000;

/// `[settings]` of `config/plugins/chats.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How many chats the list holds when the client names no limit, up to [`MAX_CHATS`].
    pub(crate) max_chats: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_chats: MAX_CHATS }
    }
}
