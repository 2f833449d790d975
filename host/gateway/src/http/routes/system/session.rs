//! `GET /api/system/monitor/{id}`: one session's figures.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use wagate_engine::SessionStatus;

use crate::http::access::Access;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers. Both names of the time it is up: clients of either kind live.
pub(crate) async fn handle(
    access: Access,
    State(state): State<ApiState>,
) -> Result<Json<Envelope<Value>>, ApiError> {
    let session = access.session;
    let counts = state.storage.counts(&session.id).await?;
    let store = json!({ "contacts": counts.contacts, "chats": counts.chats, "messages": counts.messages });
    let live = state.engine.snapshot(&session.id);
    let status = live
        .as_ref()
        .map_or(session.status, |live| live.status.as_str().to_owned());
    let connected = live
        .filter(|live| live.status == SessionStatus::Connected)
        .and_then(|live| live.connected_since_ms);
    let Some(since) = connected else {
        let data = json!({ "status": status, "uptime": 0, "uptimeMs": 0, "ping": "Offline", "store": store });
        return Ok(Json(Envelope::new("Session is not connected", data)));
    };
    let uptime_ms = (state.clock.now_ms() - since).max(0);
    let data = json!({
        "status": status, "uptimeMs": uptime_ms, "uptime": uptime_ms / 1_000, "ping": "Online", "store": store,
    });
    Ok(Json(Envelope::new("Session metrics fetched", data)))
}
