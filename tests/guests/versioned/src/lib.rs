//! A plugin that answers with its version and its one setting: what swaps are tested with.
//!
//! Tests make other versions of it by replacing the text `1000.0.0` in the component with one of the same length.

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::{Error, Host, Plugin, Request, Response, Route, manifest::Manifest, route};

/// The plugin.
pub struct Versioned {
    word: String,
}

/// One word to answer with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    #[serde(default)]
    word: String,
}

impl Plugin for Versioned {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = Settings;
    const ROUTES: &'static [Route<Self>] = &[route("GET", "/api/versioned", show)];

    fn new(settings: Settings, _host: &dyn Host) -> Result<Self, Error> {
        if settings.word == "unacceptable" {
            return Err(Error::bad_request("[settings] word: unacceptable"));
        }
        Ok(Self { word: settings.word })
    }
}

wagate_plugin_api::export!(Versioned);

fn show(plugin: &Versioned, _host: &dyn Host, _request: &Request) -> Result<Response, Error> {
    let manifest =
        Manifest::parse(Versioned::MANIFEST).map_err(|error| Error::internal(error.to_string()))?;
    Response::json(&json!({ "version": manifest.version, "word": plugin.word }))
}
