#![doc = include_str!("../README.md")]

mod form;
mod hooks;
mod kinds;
mod payload;
mod routes;
mod row;
mod settings;
mod shelf;

use std::cell::RefCell;

use wagate_plugin_api::{Error, Hook, Host, Plugin, Request, Route, hook, route};

use crate::kinds::Kinds;
use crate::shelf::Shelf;

/// The plugin.
pub struct Webhooks {
    max_webhooks: u32,
    kinds: Kinds,
    /// A cache: the truth is in the host's store.
    shelf: RefCell<Shelf>,
}

impl Plugin for Webhooks {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = settings::Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("GET", "/api/webhooks/{sessionId}", routes::list::list),
        route("POST", "/api/webhooks/{sessionId}", routes::create::create),
        route("DELETE", "/api/webhooks/{id}", routes::delete::legacy),
        route("PUT", "/api/webhooks/{sessionId}/{id}", routes::update::update),
        route("DELETE", "/api/webhooks/{sessionId}/{id}", routes::delete::delete),
        route("POST", "/api/webhooks/{sessionId}/{id}/test", routes::test::test),
        route("GET", "/api/webhooks/{sessionId}/{id}/logs", routes::logs::logs),
        route(
            "GET",
            "/api/webhooks/{sessionId}/{id}/deliveries",
            routes::deliveries::list,
        ),
        route(
            "POST",
            "/api/webhooks/{sessionId}/{id}/deliveries/redeliver",
            routes::redeliver::dead,
        ),
        route(
            "POST",
            "/api/webhooks/{sessionId}/{id}/deliveries/{deliveryId}/redeliver",
            routes::redeliver::one,
        ),
        route(
            "POST",
            "/api/webhooks/{sessionId}/{id}/replay",
            routes::replay::replay,
        ),
        route(
            "POST",
            "/api/webhooks/{sessionId}/{id}/rotate-secret",
            routes::rotate_secret::rotate,
        ),
    ];
    const HOOKS: &'static [Hook<Self>] = &[hook("*", hooks::any)];

    fn new(settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self {
            max_webhooks: settings.max_webhooks(),
            kinds: settings.kinds()?,
            shelf: RefCell::default(),
        })
    }

    fn resolve_session(&self, _host: &dyn Host, request: &Request) -> Result<Option<String>, Error> {
        Ok(shelf::IDS.session_of(request.param("id")?))
    }
}

wagate_plugin_api::export!(Webhooks);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Webhooks>();
    }
}
