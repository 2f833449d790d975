//! `GET /api/sessions/{id}/sends/{messageId}`: what became of a send.

use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use wagate_engine::SendReport;
use wagate_protocol::refusal;
use wagate_storage::clock::iso8601;

use crate::http::access::Access;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// One of the session's messages, by WhatsApp's id.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    #[serde(rename = "messageId")]
    message_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SendView {
    message_id: String,
    chat: String,
    /// `queued`, `sending`, `sent`, `not_sent`, or `unknown` after a crash.
    state: &'static str,
    error: Option<Failure>,
    created_at: String,
    /// Of what waits: it is given up then.
    expires_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct Failure {
    code: &'static str,
    message: String,
}

impl From<SendReport> for SendView {
    fn from(report: SendReport) -> Self {
        Self {
            message_id: report.message_id,
            chat: report.chat,
            state: report.progress.as_str(),
            error: report.error.map(|given| Failure {
                code: refusal::code(&given),
                message: refusal::text(&given),
            }),
            created_at: iso8601(report.created_at_ms),
            expires_at: report.waits_until_ms.map(iso8601),
        }
    }
}

/// Answers.
pub(crate) async fn handle(
    access: Access,
    Path(named): Path<Named>,
    State(state): State<ApiState>,
) -> Result<Json<Envelope<SendView>>, ApiError> {
    let report = state
        .engine
        .send_report(&access.session.id, &named.message_id)
        .await?;
    let report = report.ok_or_else(|| {
        ApiError::new(
            axum::http::StatusCode::NOT_FOUND,
            "send_not_found",
            "No send under this id is remembered",
        )
    })?;
    Ok(Json(Envelope::new("Send retrieved successfully", report.into())))
}
