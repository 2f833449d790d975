//! The {{name}} plugin: two tables and their functions.

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::{
    Error, Event, Hook, Host, IncomingMessage, OutgoingText, Plugin, Request, Response, Route,
    event, hook, route,
};

/// `[settings]` in config/plugins/{{name}}.toml. A key that is not here is refused by its name.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    answer: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            answer: "Hello from {{name}}!".to_owned(),
        }
    }
}

/// The plugin. An instance may vanish between two calls: what must last goes into the store.
pub struct {{Type}} {
    settings: Settings,
}

impl Plugin for {{Type}} {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = Settings;
    const ROUTES: &'static [Route<Self>] = &[
        route("GET", "/api/{{name}}", about),
        route("GET", "/api/{{name}}/{sessionId}", session),
    ];
    const HOOKS: &'static [Hook<Self>] = &[hook(event::MESSAGE_RECEIVED, message_received)];

    fn new(settings: Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self { settings })
    }
}

/// `GET /api/{{name}}`
fn about(plugin: &{{Type}}, _host: &dyn Host, _request: &Request) -> Result<Response, Error> {
    Response::data_only(&json!({ "plugin": "{{name}}", "answer": plugin.settings.answer }))
}

/// `GET /api/{{name}}/{sessionId}`
fn session(_plugin: &{{Type}}, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let info = host.session(&request.session()?.id)?;
    Response::data_only(
        &json!({ "sessionId": info.slug, "name": info.name, "status": info.status }),
    )
}

/// Answers who writes "{{name}}". An error here makes the host come again with the same event.
fn message_received(plugin: &{{Type}}, host: &dyn Host, event: &Event) -> Result<(), Error> {
    let message: IncomingMessage = event.data()?;
    let text = message.content.as_deref().unwrap_or_default().trim();
    // An answer to an own message could go on for ever, one to a status post would be read by everyone.
    if message.key.from_me
        || message.chat().ends_with("@broadcast")
        || !text.eq_ignore_ascii_case("{{name}}")
    {
        return Ok(());
    }
    let answer = OutgoingText::new(message.chat(), &plugin.settings.answer);
    host.send_text(&event.session.id, &answer)?;
    Ok(())
}

wagate_plugin_api::export!({{Type}});

#[cfg(test)]
mod tests {
    use wagate_plugin_api::testing::{self, FakeHost, request, text_event};

    use super::*;

    const FRIEND: &str = "15550100@s.whatsapp.net";

    fn plugin(host: &FakeHost) -> {{Type}} {
        {{Type}}::new(Settings::default(), host).unwrap()
    }

    #[test]
    fn manifest_and_tables_agree() {
        testing::check_tables::<{{Type}}>();
    }

    #[test]
    fn who_writes_the_word_is_answered() {
        let host = FakeHost::default();
        let plugin = plugin(&host);
        plugin
            .on_event(&host, &text_event(FRIEND, "{{name}}"))
            .unwrap();
        plugin
            .on_event(&host, &text_event(FRIEND, "something else"))
            .unwrap();
        assert_eq!(host.sent().len(), 1);
        assert_eq!(host.sent()[0].text, Settings::default().answer);
    }

    #[test]
    fn the_session_is_shown() {
        let host = FakeHost::default();
        let request = request(
            "GET",
            "/api/{{name}}/{sessionId}",
            &[("sessionId", "shop")],
            None,
        );
        let response = plugin(&host).handle_http(&host, &request).unwrap();
        assert_eq!(response.status, 200);
    }
}
