//! `GET /api/sessions/{id}/access`.

use axum::Json;
use axum::extract::State;

use super::Entry;
use crate::http::access::Access;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers, newest first.
pub(crate) async fn handle(
    access: Access,
    State(state): State<ApiState>,
) -> Result<Json<Envelope<Vec<Entry>>>, ApiError> {
    let entries = state.storage.access_to(&access.session.id).await?;
    let entries = entries.into_iter().map(|(row, user)| Entry::new(row, user));
    Ok(Json(Envelope::new(
        "Access list retrieved successfully",
        entries.collect(),
    )))
}
