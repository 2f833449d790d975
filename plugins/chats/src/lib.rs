#![doc = include_str!("../README.md")]

mod routes;
mod settings;

use wagate_plugin_api::{Error, Host, Plugin, Route, route};

/// The plugin.
pub struct Chats {
    max_chats: u32,
}

impl Plugin for Chats {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = settings::Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("GET", "/api/chat/{sessionId}", routes::list::list),
        route("GET", "/api/chat/{sessionId}/{jid}", routes::messages::messages),
    ];

    fn new(settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self {
            max_chats: settings.max_chats.clamp(1, 1000),
        })
    }
}

wagate_plugin_api::export!(Chats);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Chats>();
    }
}
