//! `DELETE /api/sessions/{id}/settings`: unlinks the account and removes the session with everything under it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::http::access::Access;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

const FORBIDDEN: &str = "Forbidden - Cannot delete this session";

/// The contract's answer.
#[derive(Debug, Serialize)]
pub(crate) struct Deleted {
    status: bool,
    success: bool,
    message: &'static str,
}

/// Answers. A refusal has the contract's own text here.
pub(crate) async fn handle(
    access: Result<Access, ApiError>,
    State(state): State<ApiState>,
) -> Result<Json<Deleted>, ApiError> {
    let access = access.map_err(|error| match error.status() {
        StatusCode::FORBIDDEN => ApiError::forbidden(FORBIDDEN),
        _ => error,
    })?;
    state.engine.delete(&access.session.id).await?;
    Ok(Json(Deleted {
        status: true,
        success: true,
        message: "Session deleted successfully",
    }))
}
