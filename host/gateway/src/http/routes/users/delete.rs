//! `DELETE /api/users/{id}`: an account with everything under it. Nothing of it works from the first step on; then its
//! sessions are stopped, unlinked and removed; then the row.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use wagate_engine::EngineError;
use wagate_storage::sessions::SessionRow;

use super::{refused, user_not_found};
use crate::auth::principal::Principal;
use crate::http::audit::About;
use crate::http::envelope::done;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Sessions that are unlinked at the same time; each may wait for WhatsApp for some seconds.
const AT_ONCE: usize = 16;
/// A session may have been in the making when its owner was disabled: it is found on the second look.
const LOOKS: usize = 3;

/// Answers, once everything is gone.
pub(crate) async fn handle(
    principal: Principal,
    State(state): State<ApiState>,
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, ApiError> {
    let id = path.map(|Path(id)| id).unwrap_or_default();
    if id == principal.user_id {
        return Err(ApiError::invalid("Cannot delete yourself"));
    }
    state
        .storage
        .disable_user(&id, state.clock.now_ms())
        .await?
        .map_err(refused)?;
    state.auth.rights_changed();
    // A task of its own: a client that hangs up must not leave half an account behind.
    let (removing, removed) = (state.clone(), id.clone());
    let sessions = tokio::spawn(async move { remove(&removing, &removed).await })
        .await
        .map_err(|_| ApiError::internal())??;
    let about = About::target(id).with(serde_json::json!({ "sessions": sessions }));
    Ok(about.on(done("User deleted successfully").into_response()))
}

/// How many sessions went along.
async fn remove(state: &ApiState, id: &str) -> Result<usize, ApiError> {
    let mut count = 0;
    for _ in 0..LOOKS {
        let sessions = state.storage.sessions_of(id).await?;
        if sessions.is_empty() {
            break;
        }
        count += sessions.len();
        let ended: Vec<Result<(), ApiError>> = futures::stream::iter(sessions)
            .map(|session| end(state, session))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        ended.into_iter().collect::<Result<(), ApiError>>()?;
    }
    if !state.storage.delete_user(id).await? {
        return Err(user_not_found());
    }
    Ok(count)
}

async fn end(state: &ApiState, session: SessionRow) -> Result<(), ApiError> {
    match state.engine.delete(&session.id).await {
        Ok(()) => Ok(()),
        // Its row is there and nobody runs it: a session that was just being made.
        Err(EngineError::UnknownSession) => {
            state.storage.delete_session(&session.id).await?;
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
