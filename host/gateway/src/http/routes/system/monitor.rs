//! `GET /api/system/monitor`: how busy and how full the machine is. For superadmins.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use wagate_engine::SessionStatus;

use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers.
pub(crate) async fn handle(State(state): State<ApiState>) -> Result<Json<Envelope<Value>>, ApiError> {
    let (machine, now) = (state.machine.clone(), state.clock.now_ms());
    let mut report = tokio::task::spawn_blocking(move || machine.report(now))
        .await
        .map_err(|_| ApiError::internal())?;
    let sessions = state.storage.sessions().await?;
    let connected = sessions
        .iter()
        .filter_map(|row| state.engine.snapshot(&row.id))
        .filter(|live| live.status == SessionStatus::Connected)
        .count();
    let lag: Vec<Value> = state
        .plugins
        .statuses()
        .into_iter()
        .flat_map(|plugin| {
            let name = plugin.name;
            plugin.lag.into_iter().map(
                move |(session, events)| json!({ "plugin": name, "sessionId": session, "events": events }),
            )
        })
        .collect();
    if let Some(fields) = report.as_object_mut() {
        fields.insert(
            "sessions".to_owned(),
            json!({ "connected": connected, "total": sessions.len() }),
        );
        fields.insert("events".to_owned(), json!({ "lag": lag }));
    }
    Ok(Json(Envelope::new("System metrics fetched successfully", report)))
}
