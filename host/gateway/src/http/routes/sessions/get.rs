//! `GET /api/sessions/{id}`: one session with its live state.

use axum::extract::State;
use serde_json::Value;

use super::view::{SessionDetail, Sight, bare_and_envelope};
use crate::auth::principal::Principal;
use crate::http::access::Access;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers.
pub(crate) async fn handle(
    principal: Principal,
    access: Access,
    State(state): State<ApiState>,
) -> Result<axum::Json<Value>, ApiError> {
    let sight = Sight::of(&principal, access.relation);
    let detail = SessionDetail::new(&state, access.session, sight).await?;
    Ok(axum::Json(bare_and_envelope(
        "Session details retrieved successfully",
        &detail,
    )?))
}
