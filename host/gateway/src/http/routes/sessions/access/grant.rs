//! `POST /api/sessions/{id}/access`: shares a session with the user who has this e-mail address.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::json;
use wagate_storage::access::{AccessRow, Granted, MAX_SHARES};
use wagate_storage::new_row_id;
use wagate_storage::users::Role;

use super::Entry;
use crate::auth::email;
use crate::http::access::Access;
use crate::http::audit::About;
use crate::http::error::ApiError;
use crate::http::extract::Json;
use crate::http::state::ApiState;

/// What a client sends.
#[derive(Debug, Deserialize)]
pub(crate) struct Body {
    email: Option<String>,
}

/// Answers.
pub(crate) async fn handle(
    access: Access,
    State(state): State<ApiState>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let session = access.session;
    let email = email::normalise(&body.email.unwrap_or_default())
        .ok_or_else(|| ApiError::invalid("email must be an e-mail address"))?;
    let user = state.storage.user_by_email(&email).await?;
    let Some(user) = user.filter(|user| !user.disabled) else {
        return Err(user_not_found());
    };
    if user.id == session.user_id {
        return Err(ApiError::invalid("Cannot grant access to the session owner"));
    }
    if user.role == Role::SuperAdmin {
        return Err(ApiError::invalid("SUPERADMIN already has access to all sessions"));
    }
    let row = AccessRow {
        id: new_row_id(),
        session_id: session.id.clone(),
        user_id: user.id.clone(),
        created_at: state.clock.now_ms(),
    };
    match state.storage.grant_access(row.clone()).await? {
        Granted::New => {}
        Granted::Already => {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "already_shared",
                "User already has access to this session",
            ));
        }
        Granted::TooMany => {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "too_many_shares",
                format!("A session is shared with at most {MAX_SHARES} users"),
            ));
        }
        Granted::Gone => return Err(user_not_found()),
    }
    state.auth.rights_changed();
    let about = About::target(session.id).with(json!({ "userId": user.id }));
    let body = json!({
        "status": true,
        "success": true,
        "message": format!("Access granted to {email}"),
        "data": Entry::new(row, user),
    });
    Ok(about.on((StatusCode::CREATED, axum::Json(body)).into_response()))
}

fn user_not_found() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "user_not_found",
        "User not found with that email",
    )
}
