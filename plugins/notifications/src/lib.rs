#![doc = include_str!("../README.md")]

mod routes;

use serde::Deserialize;
use wagate_plugin_api::{Error, Host, Plugin, Request, Route, route};

/// There is nothing to set.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

/// The plugin.
pub struct Notifications;

impl Plugin for Notifications {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("POST", "/api/notifications", routes::create::create),
        route("GET", "/api/notifications", routes::list::list),
        route("PATCH", "/api/notifications/read", routes::read::read),
        route("DELETE", "/api/notifications/delete", routes::delete::delete),
    ];

    fn new(_settings: Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self)
    }
}

/// Whose notifications they are.
fn user(request: &Request) -> Result<&str, Error> {
    let caller = request.principal.as_ref();
    caller
        .map(|caller| caller.user_id.as_str())
        .ok_or_else(|| Error::internal("notifications belong to somebody"))
}

wagate_plugin_api::export!(Notifications);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Notifications>();
    }
}
