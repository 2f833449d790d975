//! `POST /api/auth/register`: an account of one's own, where the administrator lets people register.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use wagate_storage::audit::Outcome;
use wagate_storage::users::{RegistrationGate, Role, UserRow};
use wagate_storage::{StorageError, new_row_id};

use super::{address, form, no_hash};
use crate::auth::password::Typed;
use crate::auth::{email, password};
use crate::config::auth::Registration;
use crate::http::audit;
use crate::http::error::ApiError;
use crate::http::limits::too_many;
use crate::http::routes::users::name::checked_name;
use crate::http::state::ApiState;

const INVALID: &str = "Invalid registration data provided";
const CLOSED: &str = "Registration is currently disabled by the administrator";

/// What a client sends. A role is not among it.
#[derive(Deserialize)]
struct Body {
    name: Option<String>,
    email: Option<String>,
    password: Option<Typed>,
}

/// Answers. Nothing is learnt about accounts while registration is closed.
pub(crate) async fn handle(State(state): State<ApiState>, request: Request) -> Result<Json<Value>, ApiError> {
    let (parts, request_body) = request.into_parts();
    let body: Body = form::read(&state, &parts, request_body).await?;
    let config = state.config.get();
    let invalid = |why: String| ApiError::invalid(format!("{INVALID}: {why}"));
    let name = checked_name(body.name.as_deref()).map_err(invalid)?;
    let email = email::normalise(&body.email.unwrap_or_default())
        .ok_or_else(|| invalid("email must be an e-mail address".to_owned()))?;
    let password = body.password.unwrap_or_default();
    if let Some(why) = password::weakness(&password, config.auth.min_password_length.count()) {
        return Err(invalid(why));
    }

    let gate = gate(&state).await?;
    let now = state.clock.now_ms();
    let per_minute = config.auth.logins_per_minute.get();
    if let Err(wait_ms) = state.throttle.admit(&address(&parts), "", per_minute, now) {
        return Err(too_many("Too many registrations: wait a while", wait_ms));
    }
    let password_hash = state.passwords.hash(password).await.map_err(no_hash)?;
    let user = UserRow {
        id: new_row_id(),
        email: email.clone(),
        name: Some(name),
        password_hash: Some(password_hash),
        // Nobody else could make the first user an administrator.
        role: match gate {
            RegistrationGate::First => Role::SuperAdmin,
            RegistrationGate::Open => Role::Owner,
        },
        disabled: false,
        created_at: now,
        updated_at: now,
    };
    let shown = json!({ "id": user.id, "name": user.name, "email": user.email });
    let id = user.id.clone();
    match state.storage.insert_user(user, gate).await {
        Ok(true) => {}
        Ok(false) => return Err(closed()),
        Err(StorageError::Conflict("email")) => {
            return Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "email_taken",
                "User with this email already exists",
            ));
        }
        Err(error) => return Err(error.into()),
    }
    audit::about_stranger(&state, &parts, "register", &email, Some(id), Outcome::Ok).await;
    Ok(Json(json!({
        "status": true,
        "success": true,
        "message": "User registered successfully",
        "user": shown,
        "data": { "user": shown },
    })))
}

/// What the administrator set over REST has the last word, then the file.
async fn gate(state: &ApiState) -> Result<RegistrationGate, ApiError> {
    let saved = state.storage.system_settings().await?.enable_registration;
    match (saved, state.config.get().auth.registration) {
        (Some(true), _) | (None, Registration::Open) => Ok(RegistrationGate::Open),
        (None, Registration::First) if state.storage.count_users().await? == 0 => Ok(RegistrationGate::First),
        (Some(false), _) | (None, Registration::Closed | Registration::First) => Err(closed()),
    }
}

fn closed() -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "registration_closed", CLOSED)
}
