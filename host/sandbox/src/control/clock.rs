//! `/clock`: the network's time.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Failure;
use crate::hub::Hub;

/// The furthest the clock moves at once: ten years.
const MAX_ADVANCE: u64 = 10 * 365 * 86_400_000;
/// The last time the clock is set to: the year 2100.
const MAX_TIME: u64 = 4_102_444_800_000;

pub(super) async fn get(State(hub): State<Arc<Hub>>) -> Json<Value> {
    Json(json!({ "now": hub.read(|state| state.clock.now_ms()) }))
}

/// Where the clock is to go; it never stands still.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Moved {
    /// Forward by so many milliseconds,
    advance: Option<u64>,
    /// or to a time in Unix milliseconds.
    set: Option<u64>,
}

/// `POST`.
pub(super) async fn change(State(hub): State<Arc<Hub>>, body: Bytes) -> Result<Json<Value>, Failure> {
    let moved: Moved = super::body::read(&body)?;
    match (moved.advance, moved.set) {
        (Some(ms), None) if ms <= MAX_ADVANCE => hub.update(|state| state.clock.advance(ms)),
        (Some(_), None) => {
            return Err(Failure::field(
                "advance",
                format!("must be at most {MAX_ADVANCE}"),
            ));
        }
        (None, Some(ms)) if ms <= MAX_TIME => hub.update(|state| state.clock.set(ms)),
        (None, Some(_)) => return Err(Failure::field("set", format!("must be at most {MAX_TIME}"))),
        _ => return Err(Failure::field("advance", "or set must be there, and not both")),
    }
    Ok(get(State(hub)).await)
}
