//! `DELETE /api/sessions/{id}/access`: takes a share back.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::access::Access;
use crate::http::audit::About;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::extract::Json;
use crate::http::state::ApiState;

/// What a client sends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    user_id: Option<String>,
}

/// Answers.
pub(crate) async fn handle(
    access: Access,
    State(state): State<ApiState>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let session = access.session;
    let user_id = body.user_id.filter(|id| !id.is_empty());
    let user_id = user_id.ok_or_else(|| ApiError::invalid("userId is required"))?;
    if !state.storage.revoke_access(&session.id, &user_id).await? {
        return Err(ApiError::new(
            StatusCode::NOT_FOUND,
            "access_not_found",
            "Access record not found",
        ));
    }
    state.auth.rights_changed();
    let about = About::target(session.id).with(json!({ "userId": user_id }));
    let body = Envelope::new("Access revoked successfully", Value::Null);
    Ok(about.on(axum::Json(body).into_response()))
}
