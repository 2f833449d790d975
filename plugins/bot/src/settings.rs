//! What the administrator can set. What a session wants of the bot is its document.

use serde::Deserialize;

/// `[settings]` of `config/plugins/bot.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether the welcome message is also for people who join a group.
    pub(crate) welcome_in_groups: bool,
}
