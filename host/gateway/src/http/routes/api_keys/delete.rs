//! `DELETE /api/user/api-keys/{id}`: revokes a key. It does not work from this moment on.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use crate::auth::principal::Principal;
use crate::http::audit::About;
use crate::http::envelope::done;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers. Somebody else's key and none at all answer alike.
pub(crate) async fn handle(
    principal: Principal,
    State(state): State<ApiState>,
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, ApiError> {
    let id = path.map(|Path(id)| id).unwrap_or_default();
    if !state.storage.delete_api_key(&principal.user_id, &id).await? {
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "key_not_found",
            "API key not found",
        ));
    }
    state.auth.rights_changed();
    Ok(About::target(id).on(done("API key revoked").into_response()))
}
