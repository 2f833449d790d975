//! `GET /api/sessions`: a bare list, newest first. Administrators see all of them, others their own.

use axum::Json;
use axum::extract::State;
use wagate_storage::users::Role;

use super::view::SessionFull;
use crate::auth::principal::Principal;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers.
pub(crate) async fn handle(
    principal: Principal,
    State(state): State<ApiState>,
) -> Result<Json<Vec<SessionFull>>, ApiError> {
    let rows = match principal.role {
        Role::SuperAdmin => state.storage.sessions().await?,
        Role::Owner | Role::Staff => state.storage.sessions_of(&principal.user_id).await?,
    };
    let mut sessions = Vec::with_capacity(rows.len());
    for row in rows {
        sessions.push(SessionFull::new(&state, row).await?);
    }
    Ok(Json(sessions))
}
