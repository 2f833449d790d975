//! `GET /api/plugins/{id}`: one plugin, with its settings and what they may be.

use axum::Json;
use axum::extract::State;

use super::view::{PluginDetail, PluginView};
use super::{PluginName, plugin_not_found};
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers.
pub(crate) async fn handle(
    PluginName(name): PluginName,
    State(state): State<ApiState>,
) -> Result<Json<Envelope<PluginDetail>>, ApiError> {
    let status = state.plugins.status(&name).ok_or_else(plugin_not_found)?;
    let parked = state.plugins.parked_counts(&name).await?;
    let details = state.plugins.details(&name).await.ok_or_else(plugin_not_found)?;
    Ok(Json(Envelope::new(
        "Plugin retrieved successfully",
        PluginDetail::new(PluginView::from(status).with_parked(parked), details),
    )))
}
