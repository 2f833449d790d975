//! `PATCH /api/users/{id}`: another name, address, password or role. Nobody demotes themselves, and the last superadmin
//! stays one.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::json;
use wagate_storage::users::{Role, UserChange};

use super::name::checked_name;
use super::view::UserView;
use super::{checked_role, email_taken, refused};
use crate::auth::password::Typed;
use crate::auth::principal::Principal;
use crate::auth::{email, password};
use crate::http::audit::About;
use crate::http::envelope::merged;
use crate::http::error::ApiError;
use crate::http::extract::Json;
use crate::http::routes::auth::no_hash;
use crate::http::state::ApiState;

/// What a client sends. An empty text leaves a field as it is, as the contract does.
#[derive(Deserialize)]
pub(crate) struct Body {
    name: Option<String>,
    email: Option<String>,
    password: Option<Typed>,
    role: Option<String>,
}

/// Answers.
pub(crate) async fn handle(
    principal: Principal,
    State(state): State<ApiState>,
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let id = path.map(|Path(id)| id).unwrap_or_default();
    let given = |text: Option<String>| text.filter(|text| !text.is_empty());
    let name = given(body.name)
        .map(|name| checked_name(Some(&name)))
        .transpose()
        .map_err(ApiError::invalid)?;
    let email = given(body.email)
        .map(|email| {
            email::normalise(&email).ok_or_else(|| ApiError::invalid("email must be an e-mail address"))
        })
        .transpose()?;
    let role = given(body.role).map(|role| checked_role(&role)).transpose()?;
    let password = body.password.filter(|password| !password.is_empty());
    let shortest = state.config.get().auth.min_password_length.count();
    if let Some(why) = password
        .as_ref()
        .and_then(|password| password::weakness(password, shortest))
    {
        return Err(ApiError::invalid(why));
    }
    if id == principal.user_id && role.is_some_and(|role| role != Role::SuperAdmin) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "own_role",
            "You cannot change your own role: another SUPERADMIN can",
        ));
    }
    let changed = json!({
        "name": name.is_some(), "email": email.is_some(), "password": password.is_some(),
        "role": role.map(Role::as_str),
    });
    let password_hash = match password {
        Some(password) => Some(state.passwords.hash(password).await.map_err(no_hash)?),
        None => None,
    };
    let change = UserChange {
        name,
        email,
        password_hash,
        role,
    };
    // Whoever changes their own password stays logged in where they are.
    let keep = principal.login_id().filter(|_| id == principal.user_id);
    let user = state
        .storage
        .update_user(&id, change, keep, state.clock.now_ms())
        .await
        .map_err(email_taken)?
        .map_err(refused)?;
    state.auth.rights_changed();
    let view = UserView::from(user);
    let mut body = merged("User updated successfully", &view)?;
    if let Some(fields) = body.0.as_object_mut() {
        // The document's place of it.
        let user = fields.get("data").cloned().unwrap_or_default();
        fields.insert("user".to_owned(), user);
    }
    Ok(About::target(id).with(changed).on(body.into_response()))
}
