#![doc = include_str!("../README.md")]

mod routes;
mod row;
mod settings;

use wagate_plugin_api::{Error, Host, Plugin, Route, route};

/// The plugin.
pub struct Contacts {
    max_contacts: u32,
}

impl Plugin for Contacts {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = settings::Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("GET", "/api/contacts/{sessionId}", routes::list::list),
        route(
            "POST",
            "/api/contacts/{sessionId}/{jid}/block",
            routes::block::block,
        ),
        route(
            "POST",
            "/api/contacts/{sessionId}/{jid}/unblock",
            routes::block::unblock,
        ),
    ];

    fn new(settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self {
            max_contacts: settings.max_contacts()?,
        })
    }
}

wagate_plugin_api::export!(Contacts);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Contacts>();
    }
}
