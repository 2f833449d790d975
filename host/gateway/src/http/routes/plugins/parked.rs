//! `GET /api/plugins/{id}/parked`, `POST .../parked/{eventId}/replay`, `DELETE .../parked/{eventId}`: events that the
//! plugin's hooks could not handle.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wagate_plugin_host::ReplayError;
use wagate_storage::clock::iso8601;
use wagate_storage::parked::ParkedEvent;

use super::{PluginName, plugin_not_found};
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::extract::UrlQuery;
use crate::http::state::ApiState;

const DEFAULT_LIMIT: i64 = 100;
const MAX_LIMIT: i64 = 500;

/// What can be asked for.
#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Page {
    /// Row id.
    session_id: Option<String>,
    /// An event's id: what follows it.
    after: Option<String>,
    limit: i64,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            session_id: None,
            after: None,
            limit: DEFAULT_LIMIT,
        }
    }
}

/// An event, with why it is here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ParkedView {
    id: String,
    event: String,
    /// Row id.
    session_id: String,
    sequence: i64,
    timestamp: String,
    data: Option<Box<RawValue>>,
    error: String,
    attempts: i64,
    parked_at: String,
}

impl From<ParkedEvent> for ParkedView {
    fn from(parked: ParkedEvent) -> Self {
        let event = parked.event.event;
        Self {
            id: event.id,
            event: event.kind,
            session_id: event.session_id,
            sequence: parked.event.sequence,
            timestamp: iso8601(event.timestamp),
            data: RawValue::from_string(event.data).ok(),
            error: parked.error,
            attempts: parked.attempts,
            parked_at: iso8601(parked.parked_at),
        }
    }
}

/// The list, oldest first within a session.
pub(crate) async fn list(
    PluginName(name): PluginName,
    State(state): State<ApiState>,
    UrlQuery(page): UrlQuery<Page>,
) -> Result<Json<Envelope<Vec<ParkedView>>>, ApiError> {
    state.plugins.status(&name).ok_or_else(plugin_not_found)?;
    if !(1..=MAX_LIMIT).contains(&page.limit) {
        return Err(ApiError::invalid(format!("limit: 1 to {MAX_LIMIT}")));
    }
    let parked = state
        .plugins
        .parked(
            &name,
            page.session_id.as_deref(),
            page.after.as_deref(),
            page.limit,
        )
        .await?;
    let parked = parked.into_iter().map(ParkedView::from).collect();
    Ok(Json(Envelope::new(
        "Parked events retrieved successfully",
        parked,
    )))
}

/// A plugin and one of its parked events.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    id: String,
    #[serde(rename = "eventId")]
    event_id: String,
}

/// Brings it to the hook once more, now.
pub(crate) async fn replay(
    _: PluginName,
    Path(named): Path<Named>,
    State(state): State<ApiState>,
) -> Result<Json<Envelope<()>>, ApiError> {
    match state.plugins.replay_parked(&named.id, &named.event_id).await {
        Ok(()) => Ok(Json(Envelope::new("Event handled successfully", ()))),
        Err(ReplayError::Unknown) => Err(not_parked()),
        Err(ReplayError::NotServing) => Err(ApiError::new(
            StatusCode::CONFLICT,
            "plugin_not_serving",
            "The plugin does not serve: nobody would handle the event",
        )),
        Err(ReplayError::Failed(error)) => Err(error.into()),
        Err(ReplayError::Storage(error)) => Err(error.into()),
    }
}

/// Gives it up.
pub(crate) async fn drop_one(
    _: PluginName,
    Path(named): Path<Named>,
    State(state): State<ApiState>,
) -> Result<Json<Envelope<()>>, ApiError> {
    if state.plugins.drop_parked(&named.id, &named.event_id).await? {
        Ok(Json(Envelope::new("Event given up", ())))
    } else {
        Err(not_parked())
    }
}

fn not_parked() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "event_not_parked", "Event not parked")
}
