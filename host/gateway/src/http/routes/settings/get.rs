//! `GET /api/settings/system`: for everybody with an account; clients try their key with it.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use super::view::SystemView;
use crate::http::envelope::merged;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers.
pub(crate) async fn handle(State(state): State<ApiState>) -> Result<Json<Value>, ApiError> {
    let settings = state.storage.system_settings().await?;
    merged("System config fetched", &SystemView::new(&state, settings))
}
