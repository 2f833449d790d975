//! `GET|PATCH /api/user`: one's own account. Not the role, and the address only by an administrator.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use wagate_storage::users::UserChange;

use super::name::checked_name;
use super::view::UserView;
use super::{refused, user_not_found};
use crate::auth::password;
use crate::auth::password::Typed;
use crate::auth::principal::Principal;
use crate::http::audit::About;
use crate::http::envelope::merged;
use crate::http::error::ApiError;
use crate::http::extract::Json;
use crate::http::limits::too_many;
use crate::http::routes::auth::no_hash;
use crate::http::state::ApiState;

/// What a client sends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    name: Option<String>,
    password: Option<Typed>,
    /// Needed for another password: a stolen cookie or key is not enough to take the account over.
    current_password: Option<Typed>,
}

/// Who one is.
pub(crate) async fn get(
    principal: Principal,
    State(state): State<ApiState>,
) -> Result<axum::Json<Value>, ApiError> {
    let user = state.storage.user(&principal.user_id).await?;
    let user = user.ok_or_else(user_not_found)?;
    merged("User retrieved successfully", &UserView::from(user))
}

/// Changes one's name or password. Another password ends the other logins.
pub(crate) async fn change(
    principal: Principal,
    State(state): State<ApiState>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let name = body
        .name
        .map(|name| checked_name(Some(&name)))
        .transpose()
        .map_err(ApiError::invalid)?;
    let password_hash = match body.password {
        Some(password) => Some(new_hash(&state, &principal, password, body.current_password).await?),
        None => None,
    };
    let changed = json!({ "name": name.is_some(), "password": password_hash.is_some() });
    let change = UserChange {
        name,
        password_hash,
        ..UserChange::default()
    };
    let user = state
        .storage
        .update_user(
            &principal.user_id,
            change,
            principal.login_id(),
            state.clock.now_ms(),
        )
        .await?
        .map_err(refused)?;
    state.auth.rights_changed();
    let body = merged("User updated successfully", &UserView::from(user))?;
    let about = About::target(principal.user_id).with(changed);
    Ok(about.on(body.into_response()))
}

async fn new_hash(
    state: &ApiState,
    principal: &Principal,
    wanted: Typed,
    current: Option<Typed>,
) -> Result<String, ApiError> {
    let auth = &state.config.get().auth;
    if let Some(why) = password::weakness(&wanted, auth.min_password_length.count()) {
        return Err(ApiError::invalid(why));
    }
    let current = current.ok_or_else(|| ApiError::invalid("currentPassword is required"))?;
    let now = state.clock.now_ms();
    // Guesses here count as guesses at the login.
    if let Err(wait_ms) = state.throttle.admit(
        &principal.user_id,
        &principal.email,
        auth.logins_per_minute.get(),
        now,
    ) {
        return Err(too_many("Too many passwords: wait a while", wait_ms));
    }
    let user = state.storage.user(&principal.user_id).await?;
    let hash = user.and_then(|user| user.password_hash);
    if !state.passwords.verify(current, hash).await.map_err(no_hash)? {
        state.throttle.failed(&principal.user_id, &principal.email, now);
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "wrong_password",
            "currentPassword is not your password",
        ));
    }
    state.passwords.hash(wanted).await.map_err(no_hash)
}
