//! `GET /api/user/api-keys`: one's keys, newest first.

use axum::Json;
use axum::extract::State;

use super::view::KeyView;
use crate::auth::principal::Principal;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers.
pub(crate) async fn handle(
    principal: Principal,
    State(state): State<ApiState>,
) -> Result<Json<Envelope<Vec<KeyView>>>, ApiError> {
    let keys = state.storage.api_keys_of(&principal.user_id).await?;
    let keys = keys.into_iter().map(KeyView::from).collect();
    Ok(Json(Envelope::new("API keys fetched", keys)))
}
