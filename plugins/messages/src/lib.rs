#![doc = include_str!("../README.md")]

mod fields;
mod file;
mod limits;
mod numbered;
mod routes;
mod settings;
mod spam;

use wagate_plugin_api::{Error, Fire, Host, Plugin, Route, route};

use crate::settings::Settings;

/// The plugin.
pub struct Messages {
    settings: Settings,
}

impl Plugin for Messages {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("POST", "/api/messages/{sessionId}/{jid}/send", routes::send::send),
        route(
            "POST",
            "/api/messages/{sessionId}/{jid}/media",
            routes::media::media,
        ),
        route("POST", "/api/messages/{sessionId}/{jid}/poll", routes::poll::poll),
        route(
            "POST",
            "/api/messages/{sessionId}/{jid}/location",
            routes::location::location,
        ),
        route(
            "POST",
            "/api/messages/{sessionId}/{jid}/contact",
            routes::contact::contact,
        ),
        route("POST", "/api/messages/{sessionId}/{jid}/list", routes::list::list),
        route(
            "POST",
            "/api/messages/{sessionId}/{jid}/{messageId}/react",
            routes::react::react,
        ),
        route(
            "POST",
            "/api/messages/{sessionId}/{jid}/{messageId}/reply",
            routes::reply::by_path,
        ),
        route(
            "POST",
            "/api/messages/{sessionId}/{jid}/reply",
            routes::reply::by_body,
        ),
        route(
            "POST",
            "/api/messages/{sessionId}/{jid}/{messageId}/star",
            routes::star::star,
        ),
        route(
            "POST",
            "/api/messages/{sessionId}/forward",
            routes::forward::forward,
        ),
        route(
            "DELETE",
            "/api/messages/{sessionId}/{jid}/{messageId}",
            routes::delete::delete,
        ),
        route(
            "PATCH",
            "/api/messages/{sessionId}/{jid}/{messageId}",
            routes::edit::edit,
        ),
        route(
            "POST",
            "/api/messages/{sessionId}/{jid}/spam",
            routes::spam::start,
        ),
        route(
            "DELETE",
            "/api/messages/{sessionId}/{jid}/spam",
            routes::spam::stop,
        ),
        route(
            "GET",
            "/api/messages/{sessionId}/download/{messageId}/media",
            routes::download::download,
        ),
        route("GET", "/api/messages/{sessionId}/search", routes::search::search),
    ];

    fn new(settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self {
            settings: settings.checked()?,
        })
    }

    fn on_timer(&self, host: &dyn Host, fire: &Fire) -> Result<(), Error> {
        spam::on_timer(host, fire)
    }
}

wagate_plugin_api::export!(Messages);

#[cfg(test)]
mod tests {
    #[test]
    fn manifest_and_tables_agree() {
        wagate_plugin_api::testing::check_tables::<super::Messages>();
    }
}
