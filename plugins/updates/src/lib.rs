#![doc = include_str!("../README.md")]

mod release;
mod routes;
mod version;

use serde::Deserialize;
use wagate_plugin_api::{Error, Host, Plugin, Route, route};

/// `[settings]` of `config/plugins/updates.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    url: Option<String>,
}

/// The plugin.
pub struct Updates {
    /// Where the newest version is written.
    url: Option<String>,
}

impl Plugin for Updates {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = Settings;
    const ROUTES: &'static [Route<Self>] =
        &[route("POST", "/api/system/check-updates", routes::check::check)];

    fn new(settings: Settings, _host: &dyn Host) -> Result<Self, Error> {
        let url = settings.url.map(|url| url.trim().to_owned());
        Ok(Self {
            url: url.filter(|url| !url.is_empty()),
        })
    }
}

wagate_plugin_api::export!(Updates);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Updates>();
    }
}
