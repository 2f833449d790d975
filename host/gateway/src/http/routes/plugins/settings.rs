//! `PUT /api/plugins/{id}/settings`: replaces `[settings]` in the plugin's file and keeps its comments; `dryRun` only says
//! what the file would be, and whether the plugin takes it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use wagate_plugin_host::SwitchError;

use super::PluginName;
use super::switch::refused;
use super::view::PluginView;
use crate::http::audit::About;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::extract::Json;
use crate::http::state::ApiState;

/// What a client sends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Body {
    settings: Option<Map<String, Value>>,
    #[serde(default)]
    dry_run: bool,
}

/// Answers. Settings that the plugin refuses change nothing, and say which one it is.
pub(crate) async fn handle(
    PluginName(name): PluginName,
    State(state): State<ApiState>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let settings = body
        .settings
        .ok_or_else(|| ApiError::invalid("settings is required: an object"))?;
    let keys: Vec<String> = settings.keys().cloned().collect();
    let written = state
        .plugins
        .put_settings(&name, settings, body.dry_run)
        .await
        .map_err(not_taken)?;
    let applied = written
        .status
        .as_ref()
        .is_some_and(|status| status.last_error.is_none());
    let message = match (&written.status, applied) {
        (None, _) => "Settings would be taken",
        (Some(_), true) => "Settings saved",
        (Some(_), false) => "Settings saved, but not applied: see lastError",
    };
    let data = json!({
        "toml": written.toml,
        "applied": applied,
        "plugin": written.status.map(PluginView::from),
    });
    let about = About::target(name).with(json!({ "keys": keys, "dryRun": body.dry_run }));
    Ok(about.on(axum::Json(Envelope::new(message, data)).into_response()))
}

/// What is wrong is the client's settings here, not the state of the file.
fn not_taken(error: SwitchError) -> ApiError {
    let SwitchError::Invalid(error) = error else {
        return refused(error);
    };
    let field = error
        .message
        .strip_prefix("[settings] ")
        .and_then(|rest| rest.split(": ").next())
        .filter(|field| !field.contains(' '))
        .map(str::to_owned);
    let refusal = ApiError::new(StatusCode::BAD_REQUEST, "settings_invalid", error.message)
        .with("line", error.line)
        .with("column", error.column);
    match field {
        Some(field) => refusal.with("field", field),
        None => refusal,
    }
}
