//! `GET /api/users`: a bare list, newest first.

use axum::Json;
use axum::extract::State;

use super::view::UserListItem;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers. A user who is being deleted is not shown any more.
pub(crate) async fn handle(State(state): State<ApiState>) -> Result<Json<Vec<UserListItem>>, ApiError> {
    let users = state.storage.users().await?;
    let shown = users.into_iter().filter(|item| !item.user.disabled);
    Ok(Json(shown.map(UserListItem::from).collect()))
}
