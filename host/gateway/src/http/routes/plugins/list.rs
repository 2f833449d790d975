//! `GET /api/plugins`: every plugin, what it may do, and why it does not run.

use axum::Json;
use axum::extract::State;

use super::view::PluginView;
use crate::http::envelope::Envelope;
use crate::http::state::ApiState;

/// Answers.
pub(crate) async fn handle(State(state): State<ApiState>) -> Json<Envelope<Vec<PluginView>>> {
    let plugins = state
        .plugins
        .statuses()
        .into_iter()
        .map(PluginView::from)
        .collect();
    Json(Envelope::new("Plugins retrieved successfully", plugins))
}
