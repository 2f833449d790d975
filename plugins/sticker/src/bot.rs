//! What the bot's settings of a session say about stickers.

use serde::Deserialize;
use wagate_plugin_api::{Error, Host};

/// Whose document it is.
const BOT: &str = "bot";
const MAX_DURATION_SECONDS: u64 = 10;

/// A part of the bot's settings; the host has checked them.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct BotConfig {
    pub(crate) enable_video_sticker: bool,
    /// Seconds.
    pub(crate) max_sticker_duration: u64,
    pub(crate) remove_bg_api_key: Option<String>,
}

impl Default for BotConfig {
    fn default() -> Self {
        Self {
            enable_video_sticker: true,
            max_sticker_duration: MAX_DURATION_SECONDS,
            remove_bg_api_key: None,
        }
    }
}

impl BotConfig {
    pub(crate) fn of(host: &dyn Host, session: &str) -> Result<Self, Error> {
        let Some(text) = host.document_of(BOT, session)? else {
            return Ok(Self::default());
        };
        serde_json::from_str(&text)
            .map_err(|error| Error::internal(format!("the bot's settings are not as expected: {error}")))
    }
}
