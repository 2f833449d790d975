//! `POST /api/auth/callback/credentials`: an address and a password become a cookie.

use axum::extract::{Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::Response;
use serde::Deserialize;
use wagate_storage::audit::Outcome;

use super::signin::LOGIN_PAGE;
use super::{address, form, has_csrf_token, is_secure, lead_to, no_hash, own_path};
use crate::auth::password::Typed;
use crate::auth::principal::Principal;
use crate::auth::{email, login, password};
use crate::http::cookies::{self, NewCookie};
use crate::http::error::ApiError;
use crate::http::limits::too_many;
use crate::http::origin::Origin;
use crate::http::state::ApiState;
use crate::http::{audit, gate};

/// The form.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    email: Option<String>,
    password: Option<Typed>,
    csrf_token: Option<String>,
    callback_url: Option<String>,
}

/// Answers as the contract does: never 401, but a place to go, which tells what was wrong.
pub(crate) async fn handle(State(state): State<ApiState>, request: Request) -> Result<Response, ApiError> {
    let (parts, request_body) = request.into_parts();
    let body: Body = form::read(&state, &parts, request_body).await?;
    let before = gate::authenticate(&parts.headers, &state).await?;
    if !has_csrf_token(&state, &parts, body.csrf_token.as_deref(), before.as_ref()) {
        return Ok(lead_to(&parts, &format!("{LOGIN_PAGE}?error=MissingCSRF")));
    }
    let typed = body.email.unwrap_or_default();
    let password = body.password.unwrap_or_default();
    let email = email::normalise(&typed).unwrap_or_else(|| typed.trim().to_lowercase());

    let config = state.config.get();
    let now = state.clock.now_ms();
    let per_minute = config.auth.logins_per_minute.get();
    if let Err(wait_ms) = state.throttle.admit(&address(&parts), &email, per_minute, now) {
        state.metrics.login(false);
        return Err(too_many("Too many logins: wait a while", wait_ms));
    }
    let Some(user_id) = checked(&state, &email, password).await? else {
        state.throttle.failed(&address(&parts), &email, now);
        state.metrics.login(false);
        audit::about_stranger(&state, &parts, "login.fail", &email, None, Outcome::Refused).await;
        let place = format!("{LOGIN_PAGE}?error=CredentialsSignin&code=credentials");
        return Ok(lead_to(&parts, &place));
    };
    state.throttle.succeeded(&address(&parts), &email);
    state.metrics.login(true);

    let from = login::From {
        address: parts.extensions.get::<Origin>().and_then(Origin::address_text),
        user_agent: text(&parts, "user-agent"),
    };
    let made = login::start(&state.storage, &user_id, from, now, config.auth.max_age_ms()).await?;
    end_old(&state, before).await?;
    audit::about_stranger(&state, &parts, "login", &email, Some(user_id), Outcome::Ok).await;
    let mut response = lead_to(&parts, own_path(&parts, body.callback_url.as_deref()));
    let cookie = NewCookie {
        name: cookies::SESSION[0],
        value: &made.token,
        max_age: Some((made.expires_at - now) / 1_000),
        secure: is_secure(&parts),
    };
    if let Some(cookie) = cookie.header() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The user's row id, when this is their password. An unknown user takes as long as a known one.
async fn checked(state: &ApiState, email: &str, typed: Typed) -> Result<Option<String>, ApiError> {
    if typed.len() > password::MAX_BYTES {
        return Ok(None);
    }
    let user = state.storage.user_by_email(email).await?;
    let user = user.filter(|user| !user.disabled);
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let fits = state.passwords.verify(typed, hash).await.map_err(no_hash)?;
    Ok(user.filter(|_| fits).map(|user| user.id))
}

/// A browser that logs in again has one login, not two.
async fn end_old(state: &ApiState, before: Option<Principal>) -> Result<(), ApiError> {
    if let Some(old) = before.as_ref().and_then(Principal::login_id) {
        state.storage.delete_login(old).await?;
        state.auth.rights_changed();
    }
    Ok(())
}

fn text(parts: &Parts, name: &str) -> Option<String> {
    Some(parts.headers.get(name)?.to_str().ok()?.to_owned())
}
