//! `GET /api/plugins/{id}`: one plugin.

use axum::Json;
use axum::extract::State;

use super::view::PluginView;
use super::{PluginName, plugin_not_found};
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers.
pub(crate) async fn handle(
    PluginName(name): PluginName,
    State(state): State<ApiState>,
) -> Result<Json<Envelope<PluginView>>, ApiError> {
    let status = state.plugins.status(&name).ok_or_else(plugin_not_found)?;
    Ok(Json(Envelope::new(
        "Plugin retrieved successfully",
        status.into(),
    )))
}
