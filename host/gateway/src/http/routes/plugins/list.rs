//! `GET /api/plugins`: every plugin, what it may do, and why it does not run.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use wagate_plugin_host::{FileError, PluginStatus};
use wagate_storage::clock::iso8601;

use crate::http::envelope::Envelope;
use crate::http::extract::SuperAdmin;
use crate::http::state::ApiState;

/// One plugin.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PluginView {
    name: String,
    version: Option<String>,
    state: &'static str,
    enabled: bool,
    source: &'static str,
    sha256: Option<String>,
    loaded_at: Option<String>,
    routes: Vec<RouteView>,
    hooks: Vec<String>,
    rights: Vec<String>,
    granted: Vec<String>,
    last_error: Option<ErrorView>,
    calls: u64,
    traps: u64,
    lag: Vec<LagView>,
}

#[derive(Debug, Serialize)]
struct RouteView {
    method: String,
    path: String,
}

/// Where to look, for whoever edits the file.
#[derive(Debug, Serialize)]
struct ErrorView {
    message: String,
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
}

/// Events a plugin has not handled yet.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LagView {
    session_id: String,
    events: i64,
}

/// Answers.
pub(crate) async fn handle(_: SuperAdmin, State(state): State<ApiState>) -> Json<Envelope<Vec<PluginView>>> {
    let plugins = state
        .plugins
        .statuses()
        .into_iter()
        .map(PluginView::from)
        .collect();
    Json(Envelope::new("Plugins retrieved successfully", plugins))
}

impl From<PluginStatus> for PluginView {
    fn from(status: PluginStatus) -> Self {
        Self {
            name: status.name,
            version: status.version,
            state: status.state.as_str(),
            enabled: status.enabled,
            source: status.source.as_str(),
            sha256: status.sha256,
            loaded_at: status.loaded_at_ms.map(iso8601),
            routes: status
                .routes
                .into_iter()
                .map(|(method, path)| RouteView { method, path })
                .collect(),
            hooks: status.hooks,
            rights: status.rights,
            granted: status.granted,
            last_error: status.last_error.map(ErrorView::from),
            calls: status.calls,
            traps: status.traps,
            lag: status
                .lag
                .into_iter()
                .map(|(session_id, events)| LagView { session_id, events })
                .collect(),
        }
    }
}

impl From<FileError> for ErrorView {
    fn from(error: FileError) -> Self {
        Self {
            message: error.message,
            file: error.file,
            line: error.line,
            column: error.column,
        }
    }
}
