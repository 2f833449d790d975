//! `GET /api/auth/session`: who is logged in, or `null`.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use wagate_storage::clock::iso8601;

use crate::auth::principal::Credential;
use crate::http::error::ApiError;
use crate::http::extract::Head;
use crate::http::gate;
use crate::http::state::ApiState;

/// Answers; also to somebody with a key, whose "session" ends never.
pub(crate) async fn handle(
    State(state): State<ApiState>,
    Head(parts): Head,
) -> Result<Json<Value>, ApiError> {
    let Some(who) = gate::authenticate(&parts.headers, &state).await? else {
        return Ok(Json(Value::Null));
    };
    let idle_end = state
        .clock
        .now_ms()
        .saturating_add(state.config.get().auth.idle_ms());
    let expires = match who.credential {
        Credential::Login { expires_at, .. } => expires_at.min(idle_end),
        Credential::Key { .. } => idle_end,
    };
    Ok(Json(json!({
        "user": {
            "id": who.user_id,
            "name": who.name,
            "email": who.email,
            "role": who.role.as_str(),
        },
        "expires": iso8601(expires),
    })))
}
