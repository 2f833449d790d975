#![doc = include_str!("../README.md")]

mod refusal;
mod routes;
mod settings;

use wagate_plugin_api::{Error, Host, Plugin, Route, route};

use crate::routes::{get, name, picture, status};

/// The plugin.
pub struct Profile;

impl Plugin for Profile {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = settings::Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("GET", "/api/profile/{sessionId}", get::get),
        route("PUT", "/api/profile/{sessionId}/name", name::update),
        route("PUT", "/api/profile/{sessionId}/status", status::update),
        route("PUT", "/api/profile/{sessionId}/picture", picture::update),
        route("DELETE", "/api/profile/{sessionId}/picture", picture::remove),
    ];

    fn new(_settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self)
    }
}

wagate_plugin_api::export!(Profile);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Profile>();
    }
}
