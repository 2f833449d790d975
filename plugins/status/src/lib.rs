#![doc = include_str!("../README.md")]

mod form;
mod routes;
mod settings;

use wagate_plugin_api::{Error, Host, Plugin, Route, route};

/// The plugin.
pub struct Status;

impl Plugin for Status {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = settings::Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("POST", "/api/status/{sessionId}/update", routes::update::update),
        // The older form: the session stands in the body.
        route("POST", "/api/status/update", routes::update::update),
    ];

    fn new(_settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self)
    }
}

wagate_plugin_api::export!(Status);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Status>();
    }
}
