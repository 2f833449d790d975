//! `POST /api/users`: an account for somebody.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::json;
use wagate_storage::new_row_id;
use wagate_storage::users::{RegistrationGate, Role, UserRow};

use super::name::checked_name;
use super::view::UserView;
use super::{checked_role, email_taken};
use crate::auth::password::Typed;
use crate::auth::{email, password};
use crate::http::audit::About;
use crate::http::envelope::merged;
use crate::http::error::ApiError;
use crate::http::extract::Json;
use crate::http::routes::auth::no_hash;
use crate::http::state::ApiState;

/// What a client sends. Other fields are ignored: nobody chooses the row id.
#[derive(Deserialize)]
pub(crate) struct Body {
    name: Option<String>,
    email: Option<String>,
    password: Option<Typed>,
    role: Option<String>,
}

/// Answers.
pub(crate) async fn handle(
    State(state): State<ApiState>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let name = checked_name(body.name.as_deref()).map_err(ApiError::invalid)?;
    let email = email::normalise(&body.email.unwrap_or_default())
        .ok_or_else(|| ApiError::invalid("email must be an e-mail address"))?;
    let password = body.password.unwrap_or_default();
    let shortest = state.config.get().auth.min_password_length.count();
    if let Some(why) = password::weakness(&password, shortest) {
        return Err(ApiError::invalid(why));
    }
    let role = match body.role {
        Some(role) => checked_role(&role)?,
        None => Role::Owner,
    };
    let password_hash = state.passwords.hash(password).await.map_err(no_hash)?;
    let now = state.clock.now_ms();
    let user = UserRow {
        id: new_row_id(),
        email,
        name: Some(name),
        password_hash: Some(password_hash),
        role,
        disabled: false,
        created_at: now,
        updated_at: now,
    };
    state
        .storage
        .insert_user(user.clone(), RegistrationGate::Open)
        .await
        .map_err(email_taken)?;
    let about = About::target(user.id.clone()).with(json!({ "role": role.as_str(), "email": user.email }));
    let body = merged("User created successfully", &UserView::from(user))?;
    Ok(about.on((StatusCode::CREATED, body).into_response()))
}
