//! `DELETE /api/media`: deletes files by their names; the messages stay.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wagate_protocol::manifest::Action;

use super::is_name;
use crate::auth::need::Need;
use crate::auth::principal::Principal;
use crate::http::access;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::extract::Json as Body;
use crate::http::state::ApiState;

/// What it takes of the session the file belongs to.
const NEED: Need = Need::Act(Action::Manage);

/// Files of one request.
const MAX_FILES: usize = 1000;

/// The body.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    filenames: Value,
}

/// What became of them.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Outcome {
    deleted: usize,
    failed: usize,
    errors: Vec<String>,
}

/// Answers.
pub(crate) async fn handle(
    principal: Principal,
    State(state): State<ApiState>,
    Body(wanted): Body<Wanted>,
) -> Result<Json<Envelope<Outcome>>, ApiError> {
    let mut outcome = Outcome::default();
    let mut rows = Vec::new();
    for name in names(wanted.filenames)? {
        match find(&state, &principal, &name).await? {
            Some(row) => rows.push(row),
            None => outcome.errors.push(format!("Not found: {name}")),
        }
    }
    state.engine.delete_media(&rows).await?;
    outcome.deleted = rows.len();
    outcome.failed = outcome.errors.len();
    Ok(Json(Envelope::new("Media files processed", outcome)))
}

/// The row, when the caller may use its session; one of somebody else answers as one that is not there.
async fn find(
    state: &ApiState,
    principal: &Principal,
    name: &str,
) -> Result<Option<wagate_storage::media::MediaRow>, ApiError> {
    if !is_name(name) {
        return Ok(None);
    }
    let Some(row) = state.storage.media_by_name(name).await? else {
        return Ok(None);
    };
    match access::session(state, principal, &row.session_id, NEED).await {
        Ok(_) => Ok(Some(row)),
        Err(refusal) if refusal.status().is_client_error() => Ok(None),
        Err(error) => Err(error),
    }
}

fn names(value: Value) -> Result<Vec<String>, ApiError> {
    let refused = |error: &str| ApiError::invalid("Invalid payload").with("error", error);
    let Value::Array(items) = value else {
        return Err(refused("filenames array is required"));
    };
    if items.is_empty() {
        return Err(refused("filenames array is required"));
    }
    if items.len() > MAX_FILES {
        return Err(refused("filenames: at most 1000"));
    }
    let mut names = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::String(name) if names.contains(&name) => {}
            Value::String(name) => names.push(name),
            _ => return Err(refused("filenames: an array of strings")),
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::names;

    #[test]
    fn the_names_are_an_array_of_strings() {
        assert_eq!(names(json!(["a", "b", "a"])).unwrap(), ["a", "b"]);
        for bad in [json!(null), json!([]), json!("a"), json!([1]), json!({ "a": 1 })] {
            let refusal = names(bad).unwrap_err();
            assert_eq!(refusal.status(), 400);
            assert!(format!("{refusal:?}").contains("filenames"));
        }
    }
}
