//! `POST /api/sessions`: a new session, started at once, so that a QR code appears.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use wagate_engine::EngineError;
use wagate_storage::new_row_id;
use wagate_storage::sessions::{Desired, SessionRow};
use wagate_storage::users::Role;

use super::slug;
use super::view::{SessionFull, Sight, bare_and_envelope};
use crate::auth::principal::Principal;
use crate::http::access::Relation;
use crate::http::audit::About;
use crate::http::error::ApiError;
use crate::http::extract::Json;
use crate::http::state::ApiState;

const MAX_NAME: usize = 100;

/// What a client sends. Other fields are ignored: nobody chooses the owner or the row id.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Body {
    name: Option<String>,
    session_id: Option<String>,
}

/// Answers.
pub(crate) async fn handle(
    principal: Principal,
    State(state): State<ApiState>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let name = checked_name(body.name)?;
    let slug = checked_slug(body.session_id)?;
    // A key for some sessions would make one that it cannot reach.
    if principal.is_bound_to_sessions() {
        return Err(ApiError::forbidden(
            "Forbidden - this API key is for some sessions only, and makes none",
        ));
    }
    check_count(&state, &principal).await?;
    let now = state.clock.now_ms();
    let row = SessionRow {
        id: new_row_id(),
        user_id: principal.user_id.clone(),
        slug,
        name,
        desired: Desired::Running,
        status: "DISCONNECTED".to_owned(),
        cause: None,
        pn: None,
        lid: None,
        push_name: None,
        config: "{}".to_owned(),
        created_at: now,
        updated_at: now,
    };
    // A task of its own: a client that hangs up must not leave a row without a session behind it.
    let (making, made) = (state.clone(), row.clone());
    tokio::spawn(async move { make(&making, made).await })
        .await
        .map_err(|_| ApiError::internal())??;
    let id = row.id.clone();
    let sight = Sight::of(&principal, Relation::Owner);
    let view = SessionFull::new(&state, row, sight, None).await?;
    let body = axum::Json(bare_and_envelope("Session created successfully", &view)?);
    Ok(About::target(id).on(body.into_response()))
}

/// Each session is a connection and its memory. Calls at the same moment may all see the last free place: the limit is
/// against thousands, not one more.
async fn check_count(state: &ApiState, principal: &Principal) -> Result<(), ApiError> {
    let Some(most) = state.config.get().limits.sessions() else {
        return Ok(());
    };
    if principal.role == Role::SuperAdmin {
        return Ok(());
    }
    if state.storage.sessions_of(&principal.user_id).await?.len() >= most {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "too_many_sessions",
            format!(
                "You have {most} sessions, which is the most a user may have: sessions_per_user under [limits] in wagate.toml"
            ),
        ));
    }
    Ok(())
}

/// All of it or nothing.
async fn make(state: &ApiState, row: SessionRow) -> Result<(), ApiError> {
    let id = row.id.clone();
    state.storage.insert_session(row).await?;
    // Whoever follows all their sessions follows this one from its first event on.
    state.auth.rights_changed();
    if let Err(error) = start(state, &id).await {
        undo(state, &id).await;
        return Err(error.into());
    }
    Ok(())
}

async fn start(state: &ApiState, id: &str) -> Result<(), EngineError> {
    state.engine.register(id).await?;
    state.engine.start(id).await
}

/// Takes the row away again: otherwise a second try would meet a slug that is taken by a session nobody was told of.
async fn undo(state: &ApiState, id: &str) {
    if let Err(error) = state.engine.delete(id).await {
        tracing::debug!(%error, session.id = id, "the engine did not know the session");
    }
    if let Err(error) = state.storage.delete_session(id).await {
        tracing::error!(%error, session.id = id, "a session that could not be started stays behind");
    }
}

fn checked_name(name: Option<String>) -> Result<String, ApiError> {
    let name = name.unwrap_or_default().trim().to_owned();
    if name.is_empty() {
        return Err(ApiError::invalid("Session name is required"));
    }
    if name.contains(char::is_control) {
        return Err(ApiError::invalid("name must not contain control characters"));
    }
    if name.chars().count() > MAX_NAME {
        return Err(ApiError::invalid(format!(
            "name must be at most {MAX_NAME} characters long"
        )));
    }
    Ok(name)
}

/// None and empty mean: choose one for me.
fn checked_slug(given: Option<String>) -> Result<String, ApiError> {
    match given.filter(|given| !given.is_empty()) {
        None => Ok(slug::generate()),
        Some(given) if slug::is_valid(&given) => Ok(given),
        Some(_) => Err(ApiError::invalid(slug::RULE)),
    }
}

#[cfg(test)]
mod tests {
    use super::{checked_name, checked_slug};

    #[test]
    fn a_name_is_required_and_bounded() {
        assert_eq!(checked_name(Some(" Demo ".to_owned())).unwrap(), "Demo");
        for bad in [
            None,
            Some(String::new()),
            Some("  ".to_owned()),
            Some("x".repeat(101)),
            Some("De\u{0}mo".to_owned()),
            Some("De\nmo".to_owned()),
            Some("De\u{85}mo".to_owned()),
        ] {
            assert_eq!(checked_name(bad).unwrap_err().status(), 400);
        }
    }

    #[test]
    fn a_slug_is_optional_and_checked() {
        assert_eq!(checked_slug(Some("demo".to_owned())).unwrap(), "demo");
        assert_eq!(checked_slug(None).unwrap().len(), 10);
        assert_eq!(checked_slug(Some(String::new())).unwrap().len(), 10);
        assert_eq!(
            checked_slug(Some("No Good".to_owned())).unwrap_err().status(),
            400
        );
    }
}
