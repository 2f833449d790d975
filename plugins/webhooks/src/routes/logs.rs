//! `GET /api/webhooks/{sessionId}/{id}/logs`

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use wagate_plugin_api::delivery::Attempt;
use wagate_plugin_api::{Error, Host, Request, Response, iso8601};

use crate::shelf::Webhook;
use crate::{Webhooks, shelf};

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;
/// A body above this is shown as the beginning of its text.
const MAX_BODY: usize = 16 * 1024;
const BEGINNING: usize = 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Page {
    limit: u32,
    offset: u32,
    /// Only the tries of this delivery.
    delivery_id: Option<String>,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            limit: DEFAULT_LIMIT,
            offset: 0,
            delivery_id: None,
        }
    }
}

/// The contract's `WebhookLog`, with the delivery and the number of the try beside it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    id: String,
    webhook_id: &'a str,
    event: String,
    status: &'static str,
    request_url: &'a str,
    request_headers: Value,
    request_body: Value,
    response_status_code: Option<u16>,
    response_body: Option<String>,
    response_time_ms: u32,
    error_message: Option<String>,
    created_at: String,
    delivery_id: String,
    attempt: u32,
}

pub(crate) fn logs(_plugin: &Webhooks, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let webhook = shelf::get(host, &session.id, request.param("id")?)?;
    let page: Page = request.query_as()?;
    if !(1..=MAX_LIMIT).contains(&page.limit) {
        return Err(Error::bad_request(format!("limit: 1 to {MAX_LIMIT}")));
    }
    let found = host.delivery_attempts(
        &session.id,
        &webhook.id,
        page.delivery_id.as_deref(),
        page.offset,
        page.limit,
    )?;
    let with_answers = may_see_answers(request, &webhook);
    let lines: Vec<Line<'_>> = found
        .attempts
        .into_iter()
        .map(|attempt| Line::of(attempt, &webhook, with_answers))
        .collect();
    Response::json(&json!({
        "status": true, "success": true, "message": "Webhook logs retrieved successfully", "data": lines,
        "total": found.total, "limit": page.limit, "offset": page.offset,
    }))
}

/// What a receiver answers is its owner's affair: others who share the session could read servers through it.
pub(crate) fn may_see_answers(request: &Request, webhook: &Webhook) -> bool {
    let caller = request.principal.as_ref();
    caller.is_some_and(|caller| caller.role == "SUPERADMIN" || caller.user_id == webhook.user_id)
}

impl<'a> Line<'a> {
    fn of(attempt: Attempt, webhook: &'a Webhook, with_answer: bool) -> Self {
        let headers = json!({
            "content-type": "application/json", "webhook-id": attempt.delivery,
            "webhook-timestamp": (attempt.at_ms.div_euclid(1000)).to_string(),
            "webhook-attempt": attempt.number.to_string(),
        });
        Self {
            webhook_id: &webhook.id,
            event: attempt.label,
            status: if attempt.error.is_none() {
                "SUCCESS"
            } else {
                "FAILED"
            },
            request_url: &webhook.url,
            request_headers: headers,
            request_body: shown(&attempt.body),
            response_status_code: attempt.status,
            response_body: attempt.response.filter(|_| with_answer),
            response_time_ms: attempt.duration_ms,
            error_message: attempt.error,
            created_at: iso8601(attempt.at_ms),
            delivery_id: attempt.delivery,
            attempt: attempt.number,
            id: attempt.id,
        }
    }
}

fn shown(body: &str) -> Value {
    if body.len() <= MAX_BODY
        && let Ok(json) = serde_json::from_str(body)
    {
        return json;
    }
    Value::from(body.chars().take(BEGINNING).collect::<String>())
}
