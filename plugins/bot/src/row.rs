//! The bot's settings as the contract shows them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wagate_plugin_api::bot::BotConfig;
use wagate_plugin_api::{Error, Host, HostExt, iso8601};

const MASK: &str = "****";
/// A key of fewer characters is masked whole.
const MIN_HINTED: usize = 12;
const HINT: usize = 4;

/// When the settings were first and last written.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    created_at_ms: i64,
    updated_at_ms: i64,
}

/// The whole row. The secret in it is a hint: the host gives it in clear to this plugin, which may use it.
pub(crate) fn row(host: &dyn Host, session: &str) -> Result<Map<String, Value>, Error> {
    let mut config = BotConfig::parse(host.document(session)?.as_deref())?;
    config.remove_bg_api_key = config.remove_bg_api_key.map(|key| masked(&key));
    let written = host.store_get_json(&key(session))?;
    let written = written.map_or_else(|| unwritten(host, session), Ok)?;
    let mut row = Map::new();
    row.insert("id".to_owned(), json!(format!("bot_{session}")));
    row.insert("sessionId".to_owned(), json!(session));
    match serde_json::to_value(config) {
        Ok(Value::Object(fields)) => row.extend(fields),
        _ => return Err(Error::internal("the bot's settings are an object")),
    }
    row.insert("createdAt".to_owned(), json!(iso8601(written.created_at_ms)));
    row.insert("updatedAt".to_owned(), json!(iso8601(written.updated_at_ms)));
    Ok(row)
}

/// Nobody has written them: the defaults are as old as the session.
fn unwritten(host: &dyn Host, session: &str) -> Result<Written, Error> {
    let created_at_ms = host.session(session)?.created_at_ms;
    Ok(Written {
        created_at_ms,
        updated_at_ms: created_at_ms,
    })
}

/// Notes that the settings were written now.
pub(crate) fn note(host: &dyn Host, session: &str) -> Result<(), Error> {
    let now_ms = host.now_ms();
    let before: Option<Written> = host.store_get_json(&key(session))?;
    let written = Written {
        created_at_ms: before.map_or(now_ms, |before| before.created_at_ms),
        updated_at_ms: now_ms,
    };
    Ok(host.store_put_json(&key(session), &written)?)
}

/// As the host shows it elsewhere: sent back like this, the key stays.
fn masked(key: &str) -> String {
    let count = key.chars().count();
    if count < MIN_HINTED {
        return MASK.to_owned();
    }
    let end: String = key.chars().skip(count - HINT).collect();
    format!("{MASK}{end}")
}

fn key(session: &str) -> String {
    format!("{session}/written")
}
