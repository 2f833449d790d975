//! A plugin that writes down what it hears, or does what the message says: what hooks are tested with.

use serde::Deserialize;
use wagate_plugin_api::{Error, Event, Hook, Host, IncomingMessage, OutgoingText, Plugin, event, hook};

/// The plugin.
pub struct Listener;

/// No settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}

impl Plugin for Listener {
    const MANIFEST: &'static str = include_str!("../plugin.toml");
    type Settings = Settings;
    const HOOKS: &'static [Hook<Self>] = &[hook(event::MESSAGE_RECEIVED, listen)];

    fn new(_settings: Settings, _host: &dyn Host) -> Result<Self, Error> {
        Ok(Self)
    }
}

wagate_plugin_api::export!(Listener);

#[expect(clippy::panic, reason = "a test asks for it")]
fn listen(_plugin: &Listener, host: &dyn Host, event: &Event) -> Result<(), Error> {
    let message: IncomingMessage = event.data()?;
    let text = message.content.as_deref().unwrap_or_default();
    // Every try is counted, also one that fails below.
    let tries = format!("tries/{}/{:08}", event.session.slug, event.sequence);
    let before = host.store_get(&tries)?.map_or(0, |bytes| bytes.len());
    host.store_put(&tries, &vec![b'x'; before + 1])?;
    match text {
        "panic" => panic!("told to"),
        "fail" => return Err(Error::internal("told to")),
        "send" => {
            host.send_text(&event.session.id, &OutgoingText::new(message.chat(), "told to"))?;
        }
        _ => {}
    }
    host.store_put(
        &format!("heard/{}/{:08}", event.session.slug, event.sequence),
        text.as_bytes(),
    )?;
    Ok(())
}
