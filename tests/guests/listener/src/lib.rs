//! A plugin that writes down what it hears, or does what the message says: what hooks are tested with.

use serde::Deserialize;
use wagate_plugin_api::timers::{Cron, Schedule};
use wagate_plugin_api::{
    Error, Event, Fire, Hook, Host, HostError, IncomingMessage, OutgoingText, Plugin, event, hook,
};

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

    /// A line a fire: how late it is, then its id.
    fn on_timer(&self, host: &dyn Host, fire: &Fire) -> Result<(), Error> {
        let key = format!("fired/{}/{}", fire.name, fire.due_ms);
        let mut lines = host.store_get(&key)?.unwrap_or_default();
        lines.extend(format!("{} {}\n", fire.late_ms, fire.id).bytes());
        host.store_put(&key, &lines)?;
        Ok(())
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
        _ if is_to_spin(text) => loop {
            std::hint::spin_loop();
        },
        _ => set_timer(host, text)?,
    }
    host.store_put(
        &format!("heard/{}/{:08}", event.session.slug, event.sequence),
        text.as_bytes(),
    )?;
    Ok(())
}

/// `spin <plugin id>`: the plugin of this name computes for ever.
fn is_to_spin(text: &str) -> bool {
    text.strip_prefix("spin ")
        .is_some_and(|id| Listener::MANIFEST.contains(&format!("id = \"{id}\"")))
}

/// `at <name> <milliseconds>` or `cron <name> <expression in UTC>`; nothing on any other text.
fn set_timer(host: &dyn Host, text: &str) -> Result<(), HostError> {
    let mut words = text.splitn(3, ' ');
    let (Some(kind), Some(name), Some(when)) = (words.next(), words.next(), words.next()) else {
        return Ok(());
    };
    let schedule = match kind {
        "at" => Schedule::At(when.parse().unwrap_or_default()),
        "cron" => Schedule::Cron(Cron {
            expression: when.to_owned(),
            timezone: "UTC".to_owned(),
        }),
        _ => return Ok(()),
    };
    host.timer_set(name, None, &schedule, "").map(drop)
}
