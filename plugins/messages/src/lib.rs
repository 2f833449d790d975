#![doc = include_str!("../README.md")]

mod content;
mod routes;
mod settings;

use wagate_plugin_api::{Error, Host, Plugin, Route, route};

/// The plugin.
pub struct Messages;

impl Plugin for Messages {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = settings::Settings;
    const ROUTES: &'static [Route<Self>] = &[route(
        "POST",
        "/api/messages/{sessionId}/{jid}/send",
        routes::send::send,
    )];

    fn new(_settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self)
    }
}

wagate_plugin_api::export!(Messages);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Messages>();
    }
}
