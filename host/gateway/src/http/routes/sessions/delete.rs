//! `DELETE /api/sessions/{id}/settings`: unlinks the account and removes the session with everything under it.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::http::access::Access;
use crate::http::audit::About;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers.
pub(crate) async fn handle(access: Access, State(state): State<ApiState>) -> Result<Response, ApiError> {
    let session = access.session;
    state.engine.delete(&session.id).await?;
    // Whoever follows it is told that there is nothing left to follow.
    state.auth.rights_changed();
    Ok(About::target(session.id)
        .on(Json(Envelope::new("Session deleted successfully", json!({}))).into_response()))
}
