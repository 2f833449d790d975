//! `GET /api/auth/csrf`: the token that a change with a cookie has to carry.

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::is_secure;
use crate::auth::csrf;
use crate::auth::principal::Credential;
use crate::http::cookies::{self, NewCookie};
use crate::http::error::ApiError;
use crate::http::extract::Head;
use crate::http::gate;
use crate::http::state::ApiState;

/// Answers: with a login the login's own token; without one a fresh token, and a cookie that proves it.
pub(crate) async fn handle(State(state): State<ApiState>, Head(parts): Head) -> Result<Response, ApiError> {
    let secrets = state.storage.secrets();
    let principal = gate::authenticate(&parts.headers, &state).await?;
    if let Some(Credential::Login { token_hash, .. }) = principal.map(|who| who.credential) {
        let token = csrf::of_login(secrets, &token_hash);
        return Ok(Json(json!({ "csrfToken": token })).into_response());
    }
    // A page that asks again keeps the token that its forms hold.
    let known = cookies::read(&parts.headers, &cookies::CSRF)
        .and_then(|cookie| csrf::token_of_cookie(secrets, cookie));
    if let Some(token) = known {
        return Ok(Json(json!({ "csrfToken": token })).into_response());
    }
    let fresh = csrf::fresh(secrets);
    let mut response = Json(json!({ "csrfToken": fresh.token })).into_response();
    let cookie = NewCookie {
        name: cookies::CSRF[0],
        value: &fresh.cookie,
        max_age: None,
        secure: is_secure(&parts),
    };
    if let Some(cookie) = cookie.header() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
