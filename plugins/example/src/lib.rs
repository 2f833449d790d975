#![doc = include_str!("../README.md")]

mod counters;
mod document;
mod hooks;
mod reminders;
mod resolve;
mod routes;
mod settings;
mod timers;

use wagate_plugin_api::{Error, Fire, Hook, Host, Plugin, Request, Route, event, hook, route};

use crate::settings::Settings;

/// The plugin. An instance is made from the settings and may vanish between two calls: nothing that must last is here.
pub struct Example {
    settings: Settings,
}

impl Plugin for Example {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("GET", "/api/example", routes::about::about),
        route("GET", "/api/example/{sessionId}", routes::session::session),
        route(
            "GET",
            "/api/example/{sessionId}/history/{chat}",
            routes::history::history,
        ),
        route(
            "GET",
            "/api/example/{sessionId}/counters/{name}",
            routes::read_counter::read_counter,
        ),
        route(
            "POST",
            "/api/example/{sessionId}/counters/{name}",
            routes::count::count,
        ),
        route(
            "GET",
            "/api/example/{sessionId}/document",
            routes::read_document::read_document,
        ),
        route(
            "PUT",
            "/api/example/{sessionId}/document",
            routes::replace_document::replace_document,
        ),
        route(
            "GET",
            "/api/example/{sessionId}/reminders",
            routes::list_reminders::list_reminders,
        ),
        route(
            "POST",
            "/api/example/{sessionId}/reminders",
            routes::remind::remind,
        ),
        route(
            "DELETE",
            "/api/example/{sessionId}/reminders/{id}",
            routes::forget_reminder::forget_reminder,
        ),
        route(
            "GET",
            "/api/example/reminders/{id}",
            routes::find_reminder::find_reminder,
        ),
        route("POST", "/api/example/notifications", routes::notify::notify),
        route("POST", "/api/example/{sessionId}/fetch", routes::fetch::fetch),
        route(
            "GET",
            "/api/example/{sessionId}/capabilities",
            routes::capabilities::capabilities,
        ),
        route("POST", "/api/example/{sessionId}/call", routes::call::call),
    ];
    const HOOKS: &'static [Hook<Self>] = &[hook(event::MESSAGE_RECEIVED, hooks::message_received)];

    fn new(settings: Self::Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self { settings })
    }

    fn on_timer(&self, host: &dyn Host, fire: &Fire) -> Result<(), Error> {
        timers::on_timer(host, fire)
    }

    fn resolve_session(&self, host: &dyn Host, request: &Request) -> Result<Option<String>, Error> {
        resolve::resolve_session(host, request)
    }
}

wagate_plugin_api::export!(Example);

#[cfg(test)]
mod tests {
    use wagate_plugin_api::testing::{self, FakeHost};
    use wagate_plugin_api::{Body, Error, Plugin as _, Request, Response};

    use crate::Example;
    use crate::settings::Settings;

    #[test]
    fn manifest_and_tables_agree() {
        testing::check_tables::<Example>();
    }

    /// Answers a request as the gateway does: also refusals are answers.
    pub(crate) fn answer(host: &FakeHost, request: &Request) -> (u16, serde_json::Value) {
        answer_with(Settings::default(), host, request)
    }

    pub(crate) fn answer_with(
        settings: Settings,
        host: &FakeHost,
        request: &Request,
    ) -> (u16, serde_json::Value) {
        let plugin = Example::new(settings, host).unwrap();
        let response: Response = plugin
            .handle_http(host, request)
            .unwrap_or_else(|error: Error| error.to_response());
        let Body::Text(text) = response.body else {
            panic!("every answer of this plugin has a text");
        };
        (response.status, serde_json::from_str(&text).unwrap())
    }
}
