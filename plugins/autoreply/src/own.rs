//! Which own messages are answers of this plugin: answered again, they could go on for ever.

use wagate_plugin_api::{Error, Host, HostExt};

/// The newest that are remembered. An answer comes back as an event at once.
const MAX_REMEMBERED: usize = 100;

pub(crate) fn is_one(host: &dyn Host, session: &str, wa_id: &str) -> Result<bool, Error> {
    let known: Option<Vec<String>> = host.store_get_json(&key(session))?;
    Ok(known.is_some_and(|known| known.iter().any(|id| id == wa_id)))
}

pub(crate) fn note(host: &dyn Host, session: &str, wa_id: &str) -> Result<(), Error> {
    let known: Option<Vec<String>> = host.store_get_json(&key(session))?;
    let mut known = known.unwrap_or_default();
    if known.iter().any(|id| id == wa_id) {
        return Ok(());
    }
    known.push(wa_id.to_owned());
    let over = known.len().saturating_sub(MAX_REMEMBERED);
    known.drain(..over);
    Ok(host.store_put_json(&key(session), &known)?)
}

fn key(session: &str) -> String {
    format!("{session}/own-answers")
}
