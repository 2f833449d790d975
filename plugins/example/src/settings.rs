//! What the administrator can set. `plugin.toml` has the same as a schema, so that a mistake is found with its line.

use serde::Deserialize;

/// `[settings]` of `config/plugins/example.toml`.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The answer to "example ping" for sessions that have not chosen their own.
    pub(crate) pong: String,
    /// What the route `fetch` asks for.
    pub(crate) status_url: Option<String>,
    /// How far ahead a reminder may be.
    pub(crate) max_reminder_seconds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            pong: "example pong".to_owned(),
            status_url: None,
            max_reminder_seconds: 30 * 24 * 60 * 60,
        }
    }
}
