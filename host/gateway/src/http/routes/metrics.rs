//! `GET /metrics`: the figures, for administrators; on the listener of its own for anybody who reaches that.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use crate::http::error::ApiError;
use crate::http::state::ApiState;
use crate::metrics::{CONTENT_TYPE, Sample};

/// Answers.
pub(crate) async fn handle(State(state): State<ApiState>) -> Result<Response, ApiError> {
    let rows = state.storage.sessions().await?;
    let sessions = rows
        .into_iter()
        .map(|row| {
            let live = state.engine.snapshot(&row.id);
            live.map_or(row.status, |live| live.status.as_str().to_owned())
        })
        .collect();
    let sample = Sample {
        sessions,
        plugins: state.plugins.statuses(),
        resident: state.machine.resident_bytes(),
        writable: state.probe.is_writable(&state.storage, &state.clock).await,
    };
    let text = state.metrics.text(&sample).map_err(|error| {
        tracing::error!(%error, "the figures could not be written");
        ApiError::internal()
    })?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}
