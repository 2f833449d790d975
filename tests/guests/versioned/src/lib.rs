//! A plugin that answers with its version and its one setting: what swaps are tested with. It also tells what it sees of
//! time and chance.
//!
//! Tests make other versions of it by replacing the text `1000.0.0` in the component with one of the same length.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

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
    const ROUTES: &'static [Route<Self>] = &[
        route("GET", "/api/versioned", show),
        route("GET", "/api/versioned/surroundings", surroundings),
    ];

    fn new(settings: Settings, _host: &dyn Host) -> Result<Self, Error> {
        // One way to fail is to panic.
        assert!(
            settings.word != "unspeakable",
            "what is unspeakable cannot be said"
        );
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

/// Time, numbers for secrets, and the key of a hash table.
#[expect(clippy::disallowed_methods, reason = "whose time this is, is the question")]
fn surroundings(_plugin: &Versioned, _host: &dyn Host, _request: &Request) -> Result<Response, Error> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(|error| Error::internal(error.to_string()))?;
    let random = getrandom::u64().map_err(|error| Error::internal(error.to_string()))?;
    Response::json(&json!({
        "nowMs": u64::try_from(now.as_millis()).unwrap_or(u64::MAX),
        "random": random,
        "hash": RandomState::new().hash_one("key"),
    }))
}
