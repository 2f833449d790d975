//! `GET /api/webhooks/{sessionId}/{id}/deliveries`: what waits, what arrived, and the dead letters.

use serde::{Deserialize, Serialize};
use serde_json::json;
use wagate_plugin_api::delivery::State;
use wagate_plugin_api::{Error, Host, Request, Response, iso8601};

use crate::hooks::event_of;
use crate::{Webhooks, shelf};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

#[derive(Deserialize)]
#[serde(default)]
struct Page {
    status: Option<String>,
    before: Option<String>,
    limit: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            status: None,
            before: None,
            limit: DEFAULT_LIMIT,
        }
    }
}

/// One delivery. `FAILED`: it was tried and will be tried again.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    event: Option<String>,
    event_id: Option<String>,
    sequence: Option<u64>,
    chat: Option<String>,
    status: &'static str,
    attempts: u32,
    next_attempt_at: Option<String>,
    last_status_code: Option<u16>,
    last_error: Option<String>,
    last_duration_ms: Option<u64>,
    created_at: String,
    delivered_at: Option<String>,
}

pub(crate) fn list(_plugin: &Webhooks, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let webhook = shelf::get(host, &session.id, request.param("id")?)?;
    let page: Page = request.query_as()?;
    if !(1..=MAX_LIMIT).contains(&page.limit) {
        return Err(Error::bad_request(format!("limit: 1 to {MAX_LIMIT}")));
    }
    let wanted = page.status.as_deref().map(str::to_ascii_uppercase);
    let before = page.before.as_deref();
    let found = match wanted.as_deref() {
        None => host.deliveries(&session.id, &webhook.id, before, page.limit)?,
        // One status with two names: what was tried already is shown as failed.
        Some("PENDING" | "FAILED") => {
            host.deliveries_with(&session.id, &webhook.id, "PENDING", before, page.limit)?
        }
        Some(status @ ("DELIVERED" | "DEAD")) => {
            host.deliveries_with(&session.id, &webhook.id, status, before, page.limit)?
        }
        Some(_) => return Err(Error::bad_request("status: PENDING, DELIVERED, FAILED or DEAD")),
    };
    // A page may be shorter than asked for and not be the last one.
    let next = (found.len() >= page.limit as usize)
        .then(|| found.last().map(|state| state.id.clone()))
        .flatten();
    let rows: Vec<Row> = found
        .into_iter()
        .map(Row::of)
        .filter(|row| wanted.as_deref() != Some("FAILED") || row.status == "FAILED")
        .collect();
    Response::json(&json!({
        "status": true, "success": true, "message": "Deliveries retrieved successfully", "data": rows, "next": next,
    }))
}

impl Row {
    fn of(state: State) -> Self {
        let ext = |name: &str| {
            let found = state.ext.iter().find(|(key, _)| key == name);
            found
                .map(|(_, value)| value.as_str())
                .filter(|value| !value.is_empty())
        };
        let event = ext("key").and_then(event_of);
        let delivered = state.status == "DELIVERED";
        let last_at: Option<i64> = ext("lastAtMs").and_then(|ms| ms.parse().ok());
        Self {
            event: ext("label").map(str::to_owned),
            event_id: event.map(|(_, id)| id.to_owned()),
            sequence: event.map(|(sequence, _)| sequence),
            chat: ext("lane").map(str::to_owned),
            status: match state.status.as_str() {
                "DELIVERED" => "DELIVERED",
                "DEAD" => "DEAD",
                _ if state.attempts > 0 => "FAILED",
                _ => "PENDING",
            },
            attempts: state.attempts,
            next_attempt_at: state.next_attempt_ms.map(iso8601),
            last_status_code: state.last_status,
            last_duration_ms: ext("durationMs").and_then(|ms| ms.parse().ok()),
            created_at: iso8601(state.created_at_ms),
            delivered_at: last_at.filter(|_| delivered).map(iso8601),
            last_error: state.last_error,
            id: state.id,
        }
    }
}
