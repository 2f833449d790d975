//! `GET /api/sessions/{id}`: one session with its live state.

use axum::extract::State;
use serde_json::Value;

use super::view::{SessionDetail, bare_and_envelope};
use crate::http::access::Access;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers.
pub(crate) async fn handle(
    access: Access,
    State(state): State<ApiState>,
) -> Result<axum::Json<Value>, ApiError> {
    let detail = SessionDetail::new(&state, access.session).await?;
    Ok(axum::Json(bare_and_envelope(
        "Session details retrieved successfully",
        &detail,
    )?))
}
