//! `POST /api/webhooks/{sessionId}/{id}/rotate-secret`

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response, iso8601};

use super::update::{decides, not_yours};
use crate::{Webhooks, shelf};

const DEFAULT_OVERLAP_HOURS: u64 = 24;
const MAX_OVERLAP_HOURS: u64 = 30 * 24;
const HOUR_MS: u64 = 3600 * 1000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Form {
    /// None: one is made.
    secret: Option<String>,
    overlap_hours: u64,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            secret: None,
            overlap_hours: DEFAULT_OVERLAP_HOURS,
        }
    }
}

/// Shows the new secret, once. The old one signs beside it for a while, so that a receiver can change over.
pub(crate) fn rotate(_plugin: &Webhooks, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let mut webhook = shelf::get(host, &session.id, request.param("id")?)?;
    if !decides(host, request, &session.id, &webhook)? {
        return Err(not_yours("secret"));
    }
    let form: Form = request.json()?;
    if form.overlap_hours > MAX_OVERLAP_HOURS {
        return Err(Error::bad_request(format!(
            "overlapHours: at most {MAX_OVERLAP_HOURS}"
        )));
    }
    let wanted = form.secret.as_deref().filter(|secret| !secret.is_empty());
    let overlap_ms = form.overlap_hours * HOUR_MS;
    let secret = host.delivery_rotate_secret(&session.id, &webhook.id, wanted, overlap_ms)?;
    let had_secret = webhook.has_secret;
    let now = host.now_ms();
    webhook.has_secret = true;
    webhook.updated_at_ms = now;
    shelf::put(host, &session.id, &webhook)?;
    let until = now.saturating_add(i64::try_from(overlap_ms).unwrap_or(i64::MAX));
    Response::data(
        "Webhook secret rotated successfully",
        &json!({
            "id": webhook.id, "secret": secret,
            "previousSecretValidUntil": (had_secret && overlap_ms > 0).then(|| iso8601(until)),
        }),
    )
}
