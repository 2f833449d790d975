//! `GET /api/webhooks/{sessionId}`

use wagate_plugin_api::{Error, Host, Request, Response, SessionRow};

use crate::row::WebhookWithSession;
use crate::{Webhooks, shelf};

pub(crate) fn list(_plugin: &Webhooks, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let webhooks = shelf::all(host, &session.id)?;
    let statuses = host.delivery_endpoints(&session.id)?;
    let row = SessionRow::from(host.session(&session.id)?);
    let rows: Vec<_> = webhooks
        .into_iter()
        .map(|webhook| {
            let status = statuses.iter().find(|status| status.name == webhook.id);
            WebhookWithSession::of(webhook, &row, status)
        })
        .collect();
    Response::data("Webhooks retrieved successfully", &rows)
}
