//! `GET /healthz` and `GET /readyz`: for whoever restarts us, and for whoever sends traffic here. A session that is
//! logged out fails neither.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::http::state::ApiState;

/// The process runs and its storage takes writes.
pub(crate) async fn healthz(State(state): State<ApiState>) -> Response {
    answer(
        state.probe.is_writable(&state.storage, &state.clock).await,
        "the storage does not take writes",
    )
}

/// As healthy, and not on the way up or down.
pub(crate) async fn readyz(State(state): State<ApiState>) -> Response {
    if !state.ready.get() {
        return answer(false, "starting or stopping");
    }
    answer(
        state.probe.is_writable(&state.storage, &state.clock).await,
        "the storage does not take writes",
    )
}

fn answer(ok: bool, otherwise: &str) -> Response {
    if ok {
        Json(json!({ "status": true, "message": "ok" })).into_response()
    } else {
        let body = Json(json!({ "status": false, "message": otherwise, "error": otherwise }));
        (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
    }
}
