//! `GET /api/media/{filename}`: the file of a message, downloaded from WhatsApp if it is not here yet.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use wagate_protocol::manifest::Action;

use super::is_name;
use crate::auth::need::Need;
use crate::auth::principal::Principal;
use crate::http::access;
use crate::http::download::{self, Download, Wanted};
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// What it takes of the session the file belongs to.
const NEED: Need = Need::Act(Action::Read);

const FORBIDDEN: &str = "Forbidden - Cannot access this session's media";

/// Answers.
pub(crate) async fn handle(
    principal: Principal,
    State(state): State<ApiState>,
    name: Result<Path<String>, axum::extract::rejection::PathRejection>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let name = name.map(|Path(name)| name).unwrap_or_default();
    if !is_name(&name) {
        return Err(ApiError::invalid("Invalid filename"));
    }
    let Some(row) = state.storage.media_by_name(&name).await? else {
        // The name tells the session: a file of somebody else that is not there answers as one that is.
        let slug = name.rsplit_once('-').map_or("", |(slug, _)| slug);
        let seen = access::session(&state, &principal, slug, NEED).await;
        return Err(forbidden(seen.err()).unwrap_or_else(not_found));
    };
    if let Some(refusal) = forbidden(
        access::session(&state, &principal, &row.session_id, NEED)
            .await
            .err(),
    ) {
        return Err(refusal);
    }
    let file = state.engine.media_file(row).await?;
    let name = file.title.as_deref().unwrap_or(&file.file_name);
    let download = Download {
        path: &file.path,
        mime: &file.mime,
        name: Some(name),
        sha256: &file.sha256,
        is_attachment: false,
    };
    download::answer(download, &Wanted::of(&headers)).await
}

/// The contract's words where the session is not the caller's.
fn forbidden(refusal: Option<ApiError>) -> Option<ApiError> {
    match refusal?.status() {
        StatusCode::FORBIDDEN => Some(ApiError::forbidden(FORBIDDEN)),
        StatusCode::NOT_FOUND => Some(not_found()),
        _ => Some(ApiError::internal()),
    }
}

fn not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "not_found", "File not found")
}
