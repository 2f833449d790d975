//! `log` and `clock`, which need no right, and `types`, which has no functions.

use wagate_protocol::text::harmless;
use wagate_storage::system::DEFAULT_TIMEZONE;

use crate::bindings::{clock, log, types};
use crate::log_budget::Verdict;
use crate::state::State;

/// Longer lines are cut.
const MAX_LINE: usize = 2048;
/// Of a line that is remembered as the reason, should the call fail, characters.
const MAX_WORDS: usize = 300;

impl types::Host for State {}

impl log::Host for State {
    async fn write(&mut self, level: log::Level, message: String) {
        if matches!(level, log::Level::Error) {
            self.remember(harmless(&message, MAX_WORDS));
        }
        let plugin = self.identity.plugin.as_str();
        match self.identity.log.spend(self.now_ms()) {
            Verdict::Write => {}
            Verdict::SaySuppressed => {
                tracing::warn!(
                    plugin.id = plugin,
                    "plugin {plugin} logs too much, its lines are dropped for a while"
                );
                return;
            }
            Verdict::Drop => return,
        }
        // A plugin must not be able to forge lines of others.
        let line = harmless(&message, MAX_LINE);
        match level {
            log::Level::Error => tracing::error!(plugin.id = plugin, "plugin {plugin}: {line}"),
            log::Level::Warn => tracing::warn!(plugin.id = plugin, "plugin {plugin}: {line}"),
            log::Level::Info => tracing::info!(plugin.id = plugin, "plugin {plugin}: {line}"),
            log::Level::Debug => tracing::debug!(plugin.id = plugin, "plugin {plugin}: {line}"),
        }
    }
}

impl clock::Host for State {
    async fn now_ms(&mut self) -> i64 {
        State::now_ms(self)
    }

    async fn unique_id(&mut self) -> String {
        wagate_storage::new_row_id()
    }

    async fn timezone(&mut self) -> String {
        let chosen = match self.services() {
            Some(services) => services.storage.system_settings().await,
            None => return DEFAULT_TIMEZONE.to_owned(),
        };
        match chosen {
            Ok(settings) => settings.timezone,
            Err(error) => {
                tracing::warn!(%error, "the timezone could not be read");
                DEFAULT_TIMEZONE.to_owned()
            }
        }
    }
}
