#![doc = include_str!("../README.md")]

mod log;
mod pace;
mod progress;
mod recipients;
mod routes;
mod row;
mod run;
mod settings;
mod shelf;

use wagate_plugin_api::{Error, Fire, Host, Plugin, Route, route};

use crate::settings::Settings;

/// The plugin.
pub struct Broadcast {
    settings: Settings,
}

impl Plugin for Broadcast {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route(
            "POST",
            "/api/messages/{sessionId}/broadcast",
            routes::create::create,
        ),
        route(
            "GET",
            "/api/messages/{sessionId}/broadcast/history",
            routes::history::list,
        ),
        route(
            "GET",
            "/api/messages/{sessionId}/broadcast/history/{logId}",
            routes::history::one,
        ),
        route(
            "POST",
            "/api/messages/{sessionId}/broadcast/{logId}/pause",
            routes::control::pause,
        ),
        route(
            "POST",
            "/api/messages/{sessionId}/broadcast/{logId}/resume",
            routes::control::resume,
        ),
        route(
            "POST",
            "/api/messages/{sessionId}/broadcast/{logId}/cancel",
            routes::control::cancel,
        ),
    ];

    fn new(settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self {
            settings: settings.checked()?,
        })
    }

    fn on_timer(&self, host: &dyn Host, fire: &Fire) -> Result<(), Error> {
        run::on_timer(host, fire)
    }
}

wagate_plugin_api::export!(Broadcast);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Broadcast>();
    }
}
