//! `POST /api/webhooks/{sessionId}/{id}/test`

use serde::Serialize;
use serde_json::json;
use wagate_plugin_api::delivery::Attempt;
use wagate_plugin_api::{Error, Host, Request, Response, iso8601};

use super::logs::may_see_answers;
use crate::{Webhooks, shelf};

const KIND: &str = "test";

/// What came of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_body: Option<String>,
    response_time_ms: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// 200 also when the test failed: it was made.
pub(crate) fn test(_plugin: &Webhooks, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let webhook = shelf::get(host, &session.id, request.param("id")?)?;
    let timestamp = iso8601(host.now_ms());
    let body = json!({
        "event": KIND, "sessionId": KIND, "timestamp": timestamp,
        "data": { "message": "This is a test event", "timestamp": timestamp },
        "id": format!("evt_{}", host.unique_id()), "schema": 1,
    });
    let attempt = host.delivery_try_now(
        &session.id,
        &webhook.id,
        KIND,
        "application/json",
        &body.to_string(),
    )?;
    let outcome = Outcome::of(attempt, may_see_answers(request, &webhook));
    let message = if outcome.success {
        "Webhook test successful"
    } else {
        "Webhook test failed"
    };
    Response::data(message, &outcome)
}

impl Outcome {
    fn of(attempt: Attempt, with_body: bool) -> Self {
        Self {
            success: attempt.error.is_none(),
            status_code: attempt.status,
            response_body: attempt.response.filter(|_| with_body),
            response_time_ms: attempt.duration_ms,
            error: attempt.error,
        }
    }
}
