//! How long a session is connected.

use wagate_plugin_api::{Error, Host, HostExt};

/// Keeps since when it is; once it is not any more, nothing.
pub(crate) fn note(host: &dyn Host, session: &str, is_connected: bool, at_ms: i64) -> Result<(), Error> {
    let key = key(session);
    if !is_connected {
        return Ok(host.store_delete(&key)?);
    }
    if host.store_get(&key)?.is_none() {
        host.store_put_json(&key, &at_ms)?;
    }
    Ok(())
}

/// `1h 2m 3s`. Of a session that was connected before the bot looked: since its state last changed.
pub(crate) fn text(host: &dyn Host, session: &str) -> Result<String, Error> {
    let since: i64 = match host.store_get_json(&key(session))? {
        Some(since) => since,
        None => host.session(session)?.updated_at_ms,
    };
    let seconds = (host.now_ms() - since).max(0) / 1000;
    Ok(format!(
        "{}h {}m {}s",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    ))
}

fn key(session: &str) -> String {
    format!("{session}/connected-since")
}
