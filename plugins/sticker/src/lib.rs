#![doc = include_str!("../README.md")]

mod background;
mod bot;
mod form;
mod routes;
mod settings;

use wagate_plugin_api::{Error, Host, Plugin, Route, route};

use crate::settings::Settings;

/// The plugin.
pub struct Stickers {
    settings: Settings,
}

impl Plugin for Stickers {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = Settings;
    const ROUTES: &'static [Route<Self>] = &[route(
        "POST",
        "/api/messages/{sessionId}/{jid}/sticker",
        routes::send::send,
    )];

    fn new(settings: Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self { settings })
    }
}

wagate_plugin_api::export!(Stickers);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Stickers>();
    }
}
