//! `GET /api/sessions`: a bare list, newest first. Administrators see all of them, others their own and then those that are
//! shared with them.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;

use super::view::{OwnerView, SessionFull, Sight};
use crate::auth::principal::Principal;
use crate::http::access;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers.
pub(crate) async fn handle(
    principal: Principal,
    State(state): State<ApiState>,
) -> Result<Json<Vec<SessionFull>>, ApiError> {
    let rows = access::sessions(&state, &principal).await?;
    let mut owners: HashMap<String, Option<OwnerView>> = HashMap::new();
    let mut sessions = Vec::with_capacity(rows.len());
    for (row, relation) in rows {
        let owner = match owners.get(&row.user_id) {
            Some(owner) => owner.clone(),
            None => {
                let user = state.storage.user(&row.user_id).await?;
                let owner = user.map(|user| OwnerView {
                    name: user.name,
                    email: user.email,
                });
                owners.insert(row.user_id.clone(), owner.clone());
                owner
            }
        };
        let sight = Sight::of(&principal, relation);
        sessions.push(SessionFull::new(&state, row, sight, owner).await?);
    }
    Ok(Json(sessions))
}
