//! `emit`: the plugin's own events.

use serde_json::value::RawValue;
use wagate_protocol::error::HostError;
use wagate_protocol::event::kind;
use wagate_protocol::manifest::Right;
use wagate_storage::events::NewEvent;

use crate::bindings::{emit, error_to_wit, types};
use crate::state::State;

const MAX_KIND: usize = 64;
const MAX_DATA: usize = 64 * 1024;

impl emit::Host for State {
    async fn event(&mut self, session: String, kind: String, data: String) -> Result<String, types::Error> {
        // Counted before anything can fail, as sends are.
        let id = self.next_event_id();
        let services = self
            .with_session(Right::Emit, &session)
            .await
            .map_err(error_to_wit)?;
        check(&self.identity.plugin, &kind, &data).map_err(error_to_wit)?;
        if let Err(retry_after_ms) = self.identity.emits.spend(&session) {
            return Err(error_to_wit(HostError::RateLimited { retry_after_ms }));
        }
        let event = NewEvent {
            id: id.clone(),
            session_id: session,
            kind,
            chat: None,
            timestamp: self.now_ms(),
            schema: 1,
            data,
        };
        services.append_event(event).await.map_err(error_to_wit)?;
        Ok(id)
    }
}

/// First words of what the live stream says besides the log's events.
const OF_STREAM: [&str; 4] = ["backup", "notification", "plugin", "stream"];

/// Whether the gateway's own events begin with this word.
pub(crate) fn is_of_host(word: &str) -> bool {
    let areas = kind::ALL.iter().filter_map(|kind| kind.split_once('.'));
    OF_STREAM.contains(&word) || areas.into_iter().any(|(area, _)| area == word)
}

/// A plugin must not be able to make up WhatsApp's events, or another plugin's.
fn check(plugin: &str, kind: &str, data: &str) -> Result<(), HostError> {
    let word = kind
        .strip_prefix(plugin)
        .and_then(|rest| rest.strip_prefix('.'))
        .unwrap_or_default();
    if is_of_host(plugin) {
        return Err(HostError::Denied(format!(
            "kind: \"{plugin}.\" begins the gateway's own events, so a plugin of this name has none"
        )));
    }
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    if word.is_empty() || kind.len() > MAX_KIND || !word.bytes().all(plain) {
        return Err(HostError::Invalid(format!(
            "kind: must be \"{plugin}.\" and a word of a-z, 0-9, -, _ and dots, at most {MAX_KIND} characters in all"
        )));
    }
    if data.len() > MAX_DATA {
        return Err(HostError::Invalid(format!("data: at most {MAX_DATA} bytes")));
    }
    let json = serde_json::from_str::<&RawValue>(data)
        .map_err(|error| HostError::Invalid(format!("data: {error}")))?;
    if !json.get().trim_start().starts_with('{') {
        return Err(HostError::Invalid("data: must be a JSON object".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn only_own_kinds_and_objects() {
        check("echo", "echo.heard", "{}").unwrap();
        for (plugin, kind) in [
            ("message", "message.received"),
            ("session", "session.odd"),
            ("stream", "stream.end"),
        ] {
            assert!(check(plugin, kind, "{}").is_err(), "{kind}");
        }
        for (kind, data) in [
            ("message.received", "{}"),
            ("echoes.heard", "{}"),
            ("echo.", "{}"),
            ("echo.Heard", "{}"),
            ("echo.heard", "[]"),
            ("echo.heard", "{"),
        ] {
            assert!(check("echo", kind, data).is_err(), "{kind} {data}");
        }
    }
}
