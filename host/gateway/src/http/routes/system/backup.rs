//! `GET /api/system/backup`: how far the newest backup is, or how it ended. It is taken by `wagate backup`.

use axum::Json;
use axum::extract::State;
use serde_json::Value;

use crate::backup::progress;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers; null when none was taken here.
pub(crate) async fn handle(State(state): State<ApiState>) -> Result<Json<Envelope<Option<Value>>>, ApiError> {
    let newest = progress::read(state.data_dir.to_path_buf(), state.clock.now_ms()).await;
    Ok(Json(Envelope::new(
        "Backup fetched",
        newest.as_ref().map(progress::Progress::view),
    )))
}
