#![doc = include_str!("../README.md")]

mod form;
mod hooks;
mod names;
mod resolve;
mod routes;
mod row;
mod settings;
mod shelf;
mod sync;

use wagate_plugin_api::{Error, Hook, Host, Plugin, Request, Route, event, hook, route};

use crate::sync::Sync;

/// The plugin.
pub struct Labels {
    sync: Sync,
}

impl Plugin for Labels {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = settings::Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("GET", "/api/labels/{sessionId}", routes::list::list),
        route("POST", "/api/labels/{sessionId}", routes::create::create),
        route("PUT", "/api/labels/{sessionId}", routes::update_all::update_all),
        route(
            "DELETE",
            "/api/labels/{sessionId}",
            routes::delete_all::delete_all,
        ),
        route("PUT", "/api/labels/{sessionId}/{labelId}", routes::update::update),
        route(
            "DELETE",
            "/api/labels/{sessionId}/{labelId}",
            routes::delete::delete,
        ),
        route("GET", "/api/labels/{sessionId}/chats", routes::chats::chats),
        route(
            "GET",
            "/api/labels/{sessionId}/chat/{jid}/labels",
            routes::chat_labels::chat_labels,
        ),
        route(
            "PUT",
            "/api/labels/{sessionId}/chat/{jid}/labels",
            routes::set_chat_labels::set_chat_labels,
        ),
        route(
            "GET",
            "/api/chats/{sessionId}/by-label/{labelId}",
            routes::by_label::by_label,
        ),
        route("GET", "/api/chats/by-label/{labelId}", routes::by_label::by_label),
    ];
    const HOOKS: &'static [Hook<Self>] = &[
        hook(event::LABEL_UPDATED, hooks::updated),
        hook(event::LABEL_ASSIGNED, hooks::assigned),
    ];

    fn new(settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self {
            sync: Sync::new(settings.sync_whatsapp),
        })
    }

    fn resolve_session(&self, _host: &dyn Host, request: &Request) -> Result<Option<String>, Error> {
        resolve::session(request)
    }
}

wagate_plugin_api::export!(Labels);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Labels>();
    }
}
