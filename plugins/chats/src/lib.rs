#![doc = include_str!("../README.md")]

mod routes;
mod settings;
mod switch;

use wagate_plugin_api::{Error, Host, Plugin, Route, route};

use crate::settings::MAX_CHATS;

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
        route("PUT", "/api/chat/{sessionId}/{jid}/read", routes::read::read),
        route(
            "PUT",
            "/api/chat/{sessionId}/{jid}/archive",
            routes::archive::archive,
        ),
        route(
            "POST",
            "/api/chat/{sessionId}/{jid}/archive",
            routes::archive::archive,
        ),
        route("PUT", "/api/chat/{sessionId}/{jid}/mute", routes::mute::mute),
        route("PUT", "/api/chat/{sessionId}/{jid}/pin", routes::pin::pin),
        route(
            "POST",
            "/api/chat/{sessionId}/{jid}/presence",
            routes::presence::presence,
        ),
        route(
            "POST",
            "/api/chat/{sessionId}/{jid}/profile-picture",
            routes::profile_picture::profile_picture,
        ),
        route("POST", "/api/chat/{sessionId}/check", routes::check::check),
    ];

    fn new(settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self {
            max_chats: settings.max_chats.clamp(1, MAX_CHATS),
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
