#![doc = include_str!("../README.md")]

mod form;
mod hooks;
mod media;
mod needed;
mod own;
mod pattern;
mod patterns;
mod resolve;
mod routes;
mod row;
mod rules;
mod settings;
mod shelf;
mod words;

use std::cell::RefCell;

use wagate_plugin_api::{Error, Hook, Host, Plugin, Request, Route, event, hook, route};

use crate::rules::RuleSet;
use crate::shelf::Shelf;

/// The plugin.
pub struct Autoreply {
    /// The administrator's rules: for every session, after the session's own.
    common: RuleSet,
    /// A cache: the truth is in the host's store.
    shelf: RefCell<Shelf>,
}

impl Plugin for Autoreply {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = settings::Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("GET", "/api/autoreplies/{sessionId}", routes::list::list),
        route("POST", "/api/autoreplies/{sessionId}", routes::create::create),
        route("DELETE", "/api/autoreplies/{sessionId}", routes::clear::clear),
        route(
            "PUT",
            "/api/autoreplies/{sessionId}/{replyId}",
            routes::replace::replace,
        ),
        route(
            "DELETE",
            "/api/autoreplies/{sessionId}/{replyId}",
            routes::delete::delete,
        ),
    ];
    const HOOKS: &'static [Hook<Self>] = &[
        hook(event::MESSAGE_RECEIVED, hooks::message),
        hook(event::MESSAGE_SENT, hooks::message),
    ];

    fn new(settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self {
            common: RuleSet::new(settings.into_rules()?),
            shelf: RefCell::default(),
        })
    }

    fn resolve_session(&self, _host: &dyn Host, request: &Request) -> Result<Option<String>, Error> {
        resolve::session(request)
    }
}

wagate_plugin_api::export!(Autoreply);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Autoreply>();
    }
}
