#![doc = include_str!("../README.md")]

mod backgrounds;
mod command;
mod hooks;
mod incoming;
mod presence;
mod reply;
mod routes;
mod row;
mod settings;
mod sticker;
mod uptime;
mod welcome;

use wagate_plugin_api::{Error, Hook, Host, Plugin, Route, event, hook, route};

/// The plugin.
pub struct Bot {
    welcome_in_groups: bool,
}

impl Plugin for Bot {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = settings::Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("GET", "/api/sessions/{id}/bot-config", routes::show::show),
        route("POST", "/api/sessions/{id}/bot-config", routes::change::change),
    ];
    const HOOKS: &'static [Hook<Self>] = &[
        hook(event::MESSAGE_RECEIVED, hooks::message),
        hook(event::MESSAGE_SENT, hooks::message),
        hook(event::GROUP_PARTICIPANT, hooks::participant),
        hook(event::CONNECTION_UPDATE, hooks::connection),
    ];

    fn new(settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self {
            welcome_in_groups: settings.welcome_in_groups,
        })
    }
}

wagate_plugin_api::export!(Bot);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Bot>();
    }
}
