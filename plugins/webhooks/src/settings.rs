//! What the administrator can set.

use serde::Deserialize;
use wagate_plugin_api::Error;

use crate::kinds::Kinds;

const MAX_WEBHOOKS: u32 = 50;

/// `[settings]` of `config/plugins/webhooks.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    max_webhooks: Option<u32>,
    extra_events: Vec<String>,
}

impl Settings {
    /// Of one session.
    pub(crate) fn max_webhooks(&self) -> u32 {
        self.max_webhooks.unwrap_or(MAX_WEBHOOKS)
    }

    /// What a webhook may ask for.
    pub(crate) fn kinds(self) -> Result<Kinds, Error> {
        Kinds::new(self.extra_events)
            .map_err(|problem| Error::bad_request(format!("[settings] extra_events: {problem}")))
    }
}
