//! `GET /api/system/audit`: who did what, newest first.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use wagate_storage::audit::{AuditQuery, AuditRow};
use wagate_storage::clock::iso8601;

use crate::http::error::ApiError;
use crate::http::state::ApiState;

const USUAL: i64 = 50;
const MOST: i64 = 200;

/// What is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Wanted {
    limit: Option<i64>,
    /// The id of the last entry of the page before.
    before: Option<String>,
    user_id: Option<String>,
    action: Option<String>,
}

/// Answers; `next` is the `before` of the next page, or null.
pub(crate) async fn handle(
    State(state): State<ApiState>,
    wanted: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, ApiError> {
    let Query(wanted) = wanted.map_err(|error| ApiError::invalid(error.body_text()))?;
    let limit = wanted.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiError::invalid(format!("limit must be between 1 and {MOST}")));
    }
    let rows = state
        .storage
        .audit(AuditQuery {
            before: wanted.before,
            actor_id: wanted.user_id,
            action: wanted.action,
            limit,
        })
        .await?;
    let full = i64::try_from(rows.len()).unwrap_or(i64::MAX) == limit;
    let next = rows.last().filter(|_| full).map(|row| row.id.clone());
    let entries: Vec<Value> = rows.into_iter().map(shown).collect();
    Ok(Json(json!({
        "status": true,
        "success": true,
        "message": "Audit log fetched",
        "data": entries,
        "next": next,
    })))
}

fn shown(row: AuditRow) -> Value {
    let detail = row
        .detail
        .and_then(|detail| serde_json::from_str::<Value>(&detail).ok());
    json!({
        "id": row.id,
        "at": iso8601(row.at),
        "user": { "id": row.actor_id, "email": row.actor },
        "action": row.action,
        "target": row.target,
        "outcome": row.outcome.as_str(),
        "detail": detail,
        "ip": row.address,
        "requestId": row.request_id,
    })
}
