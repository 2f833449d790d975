//! `GET /api/media`: the files that are here, the newest first.

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use wagate_storage::clock::iso8601;
use wagate_storage::media::{MediaListing, MediaScope};
use wagate_storage::users::Role;

use crate::auth::principal::Principal;
use crate::http::access;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Files of one answer, unless fewer are asked for.
const MAX_FILES: i64 = 1000;

/// What may stand in the query.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    limit: Option<i64>,
    offset: Option<i64>,
}

/// The contract's list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Files {
    files: Vec<FileView>,
    /// Of all files, not of this page alone.
    total_size: i64,
    total_count: i64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FileView {
    name: String,
    size: i64,
    r#type: &'static str,
    ext: String,
    /// The slug, as everywhere in the API.
    session_id: String,
    session_name: String,
    owner_name: Option<String>,
    owner_id: String,
    from: String,
    from_name: Option<String>,
    from_me: bool,
    mime_type: String,
    file_name: Option<String>,
    message_id: String,
    created_at: String,
    modified_at: String,
    url: String,
}

/// Answers.
pub(crate) async fn handle(
    principal: Principal,
    State(state): State<ApiState>,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Envelope<Files>>, ApiError> {
    let Query(page) = page.map_err(|error| ApiError::invalid(error.body_text()))?;
    let limit = page.limit.unwrap_or(MAX_FILES);
    let offset = page.offset.unwrap_or(0);
    if !(1..=MAX_FILES).contains(&limit) || offset < 0 {
        return Err(ApiError::invalid(format!(
            "limit: 1 to {MAX_FILES}; offset: 0 or more"
        )));
    }
    let scope = match principal.role {
        Role::SuperAdmin if !principal.is_bound_to_sessions() => MediaScope::All,
        Role::SuperAdmin => {
            let bound = access::sessions(&state, &principal).await?;
            MediaScope::Sessions(bound.into_iter().map(|(session, _)| session.id).collect())
        }
        Role::Owner | Role::Staff => {
            let own = state.storage.sessions_of(&principal.user_id).await?;
            let own = own.into_iter().map(|session| session.id);
            MediaScope::Sessions(own.filter(|id| principal.reaches(id)).collect())
        }
    };
    let totals = state.storage.media_totals(scope.clone()).await?;
    let files = state.storage.media_list(scope, limit, offset).await?;
    Ok(Json(Envelope::new(
        "Media files fetched successfully",
        Files {
            files: files.into_iter().map(view).collect(),
            total_size: totals.bytes,
            total_count: totals.files,
        },
    )))
}

fn view(listing: MediaListing) -> FileView {
    let MediaListing { file, .. } = listing;
    let ext = file
        .file_name
        .rsplit_once('.')
        .map_or("", |(_, ext)| ext)
        .to_owned();
    FileView {
        size: file.bytes.unwrap_or(0),
        r#type: match file.kind.as_str() {
            "IMAGE" | "STICKER" => "image",
            "VIDEO" => "video",
            "AUDIO" => "audio",
            _ => "document",
        },
        ext,
        session_id: listing.session_slug,
        session_name: listing.session_name,
        owner_name: listing.owner_name,
        owner_id: listing.owner_id,
        from: file.sender,
        from_name: listing.push_name,
        from_me: file.from_me,
        mime_type: file.mime,
        file_name: file.title,
        message_id: file.wa_id,
        created_at: iso8601(file.created_at),
        modified_at: iso8601(file.stored_at.unwrap_or(file.created_at)),
        url: format!("/api/media/{}", file.file_name),
        name: file.file_name,
    }
}
