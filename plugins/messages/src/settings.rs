//! What the administrator can set.

use serde::Deserialize;
use wagate_plugin_api::Error;

/// How often a message may be repeated unless the administrator says otherwise.
const SPAM_COUNT: u32 = 50;
/// What the administrator may allow at most.
const MOST_SPAM: u32 = 1000;

/// `[settings]` of `config/plugins/messages.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    spam: bool,
    spam_max_count: Option<u32>,
}

impl Settings {
    /// Or what is wrong with them.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        if !(1..=MOST_SPAM).contains(&self.spam_max_count()) {
            return Err(Error::bad_request(format!(
                "[settings] spam_max_count: 1 to {MOST_SPAM}"
            )));
        }
        Ok(self)
    }

    /// Whether messages may be repeated.
    pub(crate) fn is_spam_on(&self) -> bool {
        self.spam
    }

    /// How often.
    pub(crate) fn spam_max_count(&self) -> u32 {
        self.spam_max_count.unwrap_or(SPAM_COUNT)
    }
}
