//! `POST /phones/{number}/calls` and `POST /phones/{number}/calls/{id}/{action}`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Failure, phone};
use super::fields::Fields;
use super::messages;
use crate::calls::{self, CallError, RINGS};
use crate::hub::Hub;

/// The longest a call may ring.
const LONGEST_RING: Duration = Duration::from_mins(10);

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        match error {
            CallError::TooMany => Self::new(429, "there are too many calls"),
            CallError::NoSuchCall => Self::not_found("there is no such call, or it has ended"),
        }
    }
}

pub(super) async fn offer(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let fields = Fields::parse(&body)?;
    let to = fields.required("to")?;
    let video = fields.flag("video")?.unwrap_or_default();
    let rings = fields.count("ringMs")?.map_or(RINGS, Duration::from_millis);
    if rings > LONGEST_RING {
        let limit = format!("must not be more than {}", LONGEST_RING.as_millis());
        return Err(Failure::field("ringMs", limit));
    }
    hub.update(|state| {
        let from = phone(state, &number)?;
        let to = messages::account(state, "to", to)?;
        let id = calls::offer(state, from, to, video, rings)?;
        Ok((StatusCode::CREATED, Json(json!({ "id": id }))))
    })
}

pub(super) async fn act(
    State(hub): State<Arc<Hub>>,
    Path((number, id, action)): Path<(String, String, String)>,
) -> Result<StatusCode, Failure> {
    let tag = match action.as_str() {
        "hangup" => "terminate",
        "reject" => "reject",
        "accept" => "accept",
        _ => return Err(Failure::not_found(format!("calls have no action {action}"))),
    };
    hub.update(|state| {
        let by = phone(state, &number)?;
        calls::end(state, by, &id, tag, None)?;
        Ok(StatusCode::NO_CONTENT)
    })
}
