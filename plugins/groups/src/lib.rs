#![doc = include_str!("../README.md")]

mod metadata;
mod named;
mod refusal;
mod routes;
mod settings;

use wagate_plugin_api::{Error, Host, Plugin, Route, route};

use crate::routes::{
    accept, create, description, ephemeral, get, invite, leave, list, members, picture, setting, subject,
};

/// The plugin.
pub struct Groups;

impl Plugin for Groups {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = settings::Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("GET", "/api/groups/{sessionId}", list::list),
        route("POST", "/api/groups/{sessionId}/create", create::create),
        route("POST", "/api/groups/{sessionId}/invite/accept", accept::accept),
        route("GET", "/api/groups/{sessionId}/{jid}", get::get),
        route("PUT", "/api/groups/{sessionId}/{jid}/subject", subject::update),
        route(
            "PUT",
            "/api/groups/{sessionId}/{jid}/description",
            description::update,
        ),
        route("PUT", "/api/groups/{sessionId}/{jid}/settings", setting::update),
        route(
            "PUT",
            "/api/groups/{sessionId}/{jid}/ephemeral",
            ephemeral::update,
        ),
        route("PUT", "/api/groups/{sessionId}/{jid}/picture", picture::update),
        route("DELETE", "/api/groups/{sessionId}/{jid}/picture", picture::remove),
        route("PUT", "/api/groups/{sessionId}/{jid}/members", members::update),
        route("GET", "/api/groups/{sessionId}/{jid}/invite", invite::read),
        route("PUT", "/api/groups/{sessionId}/{jid}/invite", invite::revoke),
        route("POST", "/api/groups/{sessionId}/{jid}/leave", leave::leave),
        route("PUT", "/api/groups/{jid}/subject", subject::legacy),
        route("POST", "/api/groups/{jid}/leave", leave::leave),
    ];

    fn new(_settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self)
    }
}

wagate_plugin_api::export!(Groups);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Groups>();
    }
}
