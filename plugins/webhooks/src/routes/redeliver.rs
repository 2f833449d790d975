//! `POST /api/webhooks/{sessionId}/{id}/deliveries/{deliveryId}/redeliver`, and the same for all dead letters.

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Webhooks, shelf};

const DEFAULT_LIMIT: u32 = 100;
const MAX_LIMIT: u32 = 500;

#[derive(Deserialize)]
#[serde(default)]
struct Form {
    limit: u32,
}

impl Default for Form {
    fn default() -> Self {
        Self { limit: DEFAULT_LIMIT }
    }
}

pub(crate) fn one(_plugin: &Webhooks, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let webhook = shelf::get(host, &session.id, request.param("id")?)?;
    let id = request.param("deliveryId")?;
    // Of this webhook, not just of this session.
    let tries = host.delivery_attempts(&session.id, &webhook.id, Some(id), 0, 1)?;
    if tries.attempts.is_empty() && !waits(host, &session.id, &webhook.id, id)? {
        return Err(Error::not_found("Delivery not found"));
    }
    host.redeliver(&session.id, id)?;
    Response::data("Delivery queued again", &json!({ "id": id }))
}

/// Whether it is one of those that were not tried yet.
fn waits(host: &dyn Host, session: &str, webhook: &str, id: &str) -> Result<bool, Error> {
    let some = host.deliveries(session, webhook, None, MAX_LIMIT)?;
    Ok(some.iter().any(|state| state.id == id))
}

/// The newest dead letters, oldest of them first.
pub(crate) fn dead(_plugin: &Webhooks, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let webhook = shelf::get(host, &session.id, request.param("id")?)?;
    let form: Form = request.json()?;
    if !(1..=MAX_LIMIT).contains(&form.limit) {
        return Err(Error::bad_request(format!("limit: 1 to {MAX_LIMIT}")));
    }
    let dead = host.deliveries_with(&session.id, &webhook.id, "DEAD", None, form.limit)?;
    for delivery in dead.iter().rev() {
        host.redeliver(&session.id, &delivery.id)?;
    }
    Response::data("Dead letters queued again", &json!({ "queued": dead.len() }))
}
