//! `GET|PATCH /api/sessions/{id}/settings`: how a session behaves. Known keys have a type, keys of a client's own begin
//! with `x-`, anything else is refused by name.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use wagate_engine::proxy::{self, ProxyUrl};

use super::view::SessionView;
use crate::http::access::Access;
use crate::http::audit::About;
use crate::http::envelope::{Envelope, merged};
use crate::http::error::ApiError;
use crate::http::extract::Json;
use crate::http::state::ApiState;

/// Settings that are on or off.
const SWITCHES: [&str; 9] = [
    "readReceipts",
    "rejectCalls",
    "ghostMode",
    "autoRead",
    "alwaysOnline",
    "antiDelete",
    "syncHistory",
    "sendQueue",
    "pacing",
];
/// Settings that are whole numbers, with the least and the most.
const NUMBERS: [(&str, u64, u64); 7] = [
    ("historyDays", 0, 36_500),
    ("historyMaxMiB", 0, 1_048_576),
    // How long a message waits for the connection: a week at most.
    ("sendQueueSeconds", 1, 604_800),
    ("messagesPerMinute", 0, 10_000),
    ("messageBurst", 1, 1_000),
    ("messageGapMinMs", 0, 60_000),
    ("messageGapMaxMs", 0, 60_000),
];
const REJECT_TEXT: &str = "rejectCallMessage";
/// The same, as the dashboard of another version calls it.
const REJECT_TEXT_ALIAS: &str = "rejectCallText";
const PROXY: &str = "proxy";
/// Longest text sent to somebody whose call is rejected, in characters.
const MAX_REJECT_TEXT: usize = 1_000;
/// Longest value of a key of a client's own, and longest document, as JSON.
const MAX_OWN_VALUE: usize = 4 * 1024;
const MAX_DOCUMENT: usize = 32 * 1024;
const MAX_OWN_KEY: usize = 64;

/// The settings, with a proxy's password left out.
pub(crate) async fn get(access: Access) -> axum::Json<Envelope<Value>> {
    let config = shown(&access.session.config);
    axum::Json(Envelope::new(
        "Session settings fetched successfully",
        json!({ "config": config }),
    ))
}

/// Merges what is sent into the settings: in `config`, or bare. Null puts a key back to its default.
pub(crate) async fn change(
    access: Access,
    State(state): State<ApiState>,
    Json(body): Json<Map<String, Value>>,
) -> Result<Response, ApiError> {
    let mut session = access.session;
    let changes = changes(body)?;
    let mut config = parsed(&session.config);
    let names: Vec<&String> = changes.keys().collect();
    let about = About::target(session.id.clone()).with(json!({ "keys": names }));
    for (key, value) in changes {
        let value = match key.as_str() {
            PROXY => checked_proxy(&state, &session.id, config.get(PROXY), value)?,
            _ => checked(&key, value)?,
        };
        if value.is_null() {
            config.remove(&key);
        } else {
            config.insert(key, value);
        }
    }
    let text = Value::Object(config).to_string();
    if text.len() > MAX_DOCUMENT {
        return Err(ApiError::invalid(format!(
            "The settings have at most {MAX_DOCUMENT} bytes"
        )));
    }
    let now = state.clock.now_ms();
    if !state
        .storage
        .set_session_config(&session.id, text.clone(), now)
        .await?
    {
        return Err(ApiError::session_not_found());
    }
    state.engine.config_changed(&session.id).await?;
    session.config = text;
    session.updated_at = now;
    let view = SessionView::new(&state, session, true);
    let mut body = merged("Session settings updated successfully", &view)?;
    if let Some(fields) = body.0.as_object_mut() {
        // At the top of this answer `status` says that it went well; the session's is in `data`.
        fields.insert("status".to_owned(), Value::Bool(true));
    }
    Ok(about.on(body.into_response()))
}

/// The settings as clients see them.
pub(super) fn shown(config: &str) -> Value {
    let mut config = parsed(config);
    if let Some(stored) = config.remove(PROXY) {
        config.insert(
            PROXY.to_owned(),
            proxy::masked(&stored).map_or(Value::Null, Value::from),
        );
    }
    Value::Object(config)
}

fn parsed(config: &str) -> Map<String, Value> {
    match serde_json::from_str(config) {
        Ok(Value::Object(config)) => config,
        _ => Map::new(),
    }
}

/// The keys that are sent, wherever they stand.
fn changes(mut body: Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    let mut changes = match body.remove("config") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(config)) => config,
        Some(_) => return Err(ApiError::invalid("config must be an object")),
    };
    changes.extend(body);
    if let Some(text) = changes.remove(REJECT_TEXT_ALIAS) {
        changes.entry(REJECT_TEXT).or_insert(text);
    }
    Ok(changes)
}

fn checked(key: &str, value: Value) -> Result<Value, ApiError> {
    if value.is_null() {
        return Ok(value);
    }
    if SWITCHES.contains(&key) {
        return match value {
            Value::Bool(_) => Ok(value),
            _ => Err(ApiError::invalid(format!("{key} must be true or false"))),
        };
    }
    if let Some((_, least, most)) = NUMBERS.iter().find(|(name, ..)| *name == key) {
        return match value.as_u64() {
            Some(number) if (*least..=*most).contains(&number) => Ok(value),
            _ => Err(ApiError::invalid(format!(
                "{key} must be a whole number from {least} to {most}"
            ))),
        };
    }
    if key == REJECT_TEXT {
        return match &value {
            Value::String(text) if text.chars().count() <= MAX_REJECT_TEXT => Ok(value),
            _ => Err(ApiError::invalid(format!(
                "{key} must be a text of at most {MAX_REJECT_TEXT} characters"
            ))),
        };
    }
    if is_own(key) {
        return if value.to_string().len() <= MAX_OWN_VALUE {
            Ok(value)
        } else {
            Err(ApiError::invalid(format!(
                "{key} has at most {MAX_OWN_VALUE} bytes"
            )))
        };
    }
    let name: String = key.chars().take(MAX_OWN_KEY).collect();
    Err(ApiError::invalid(format!(
        "\"{name}\" is no setting: there are {}, {}, {REJECT_TEXT} and {PROXY}; a key of your own begins with x-",
        SWITCHES.join(", "),
        NUMBERS.map(|(name, ..)| name).join(", ")
    )))
}

fn is_own(key: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    key.len() <= MAX_OWN_KEY
        && key
            .strip_prefix("x-")
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(plain))
}

/// A proxy as it is stored, its password sealed. What was shown before and is sent back changes nothing.
fn checked_proxy(
    state: &ApiState,
    session_id: &str,
    stored: Option<&Value>,
    given: Value,
) -> Result<Value, ApiError> {
    let text = match given {
        Value::Null => return Ok(Value::Null),
        Value::String(text) if text.trim().is_empty() => return Ok(Value::Null),
        Value::String(text) => text,
        _ => return Err(ApiError::invalid("proxy must be a URL or null")),
    };
    if let Some(stored) = stored
        && proxy::masked(stored).as_deref() == Some(text.as_str())
    {
        return Ok(stored.clone());
    }
    let url = ProxyUrl::parse(&text).map_err(|why| ApiError::invalid(format!("proxy: {why}")))?;
    proxy::sealed(&url, state.storage.secrets(), session_id).map_err(|error| {
        tracing::error!(%error, "a proxy's password could not be sealed");
        ApiError::internal()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{changes, checked, shown};

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn keys_come_bare_or_in_config() {
        let sent = json!({ "config": { "ghostMode": true, "x-a": 1 }, "autoRead": false, "rejectCallText": "later" });
        assert_eq!(
            Value::Object(changes(map(sent)).unwrap()),
            json!({ "ghostMode": true, "x-a": 1, "autoRead": false, "rejectCallMessage": "later" })
        );
        assert!(changes(map(json!({ "config": [] }))).is_err());
        assert!(changes(map(json!({ "config": null }))).unwrap().is_empty());
    }

    #[test]
    fn each_key_has_its_type_and_unknown_ones_are_named() {
        for (key, good) in [
            ("readReceipts", json!(true)),
            ("rejectCallMessage", json!("busy")),
            ("antiDelete", Value::Null),
            ("x-colour", json!({ "a": [1] })),
            ("messageBurst", json!(5)),
        ] {
            assert!(checked(key, good).is_ok(), "{key}");
        }
        for (key, bad) in [
            ("readReceipts", json!("true")),
            ("ghostMode", json!(1)),
            ("rejectCallMessage", json!("x".repeat(1_001))),
            ("colour", json!(1)),
            ("messageBurst", json!(0)),
            ("sendQueueSeconds", json!("60")),
            ("x-", json!(1)),
            ("x-big", json!("x".repeat(5_000))),
        ] {
            let refusal = format!("{:?}", checked(key, bad).unwrap_err());
            assert!(refusal.contains(key), "{refusal}");
        }
    }

    #[test]
    fn a_proxy_is_shown_without_its_password() {
        let config = json!({
            "proxy": { "url": "socks5://ann@proxy.example:1080", "password": "v1.abcd.xyz" }, "x-a": 1,
        });
        assert_eq!(
            shown(&config.to_string()),
            json!({ "proxy": "socks5://ann:***@proxy.example:1080", "x-a": 1 })
        );
        assert_eq!(shown("nonsense"), json!({}));
    }
}
