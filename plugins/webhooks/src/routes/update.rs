//! `PUT /api/webhooks/{sessionId}/{id}`

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::form::{Form, Secret, put_endpoint};
use crate::row::WebhookRow;
use crate::shelf::Webhook;
use crate::{Webhooks, shelf};

/// Answers with the bare row, as the contract has it.
pub(crate) fn update(plugin: &Webhooks, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let old = shelf::get(host, &session.id, request.param("id")?)?;
    let form: Form = request.json()?;
    let asks_for_active = form.asks_for_active();
    let old_url = old.url.clone();
    let (mut webhook, secret) = form.apply(old, &plugin.kinds, host.now_ms())?;
    let moves = webhook.url != old_url;
    if (moves || secret != Secret::Keep) && !decides(host, request, &session.id, &webhook)? {
        // With the address would go what its receiver has answered, and with their access to the session the webhook; who
        // knows the secret can write to the receiver in our name.
        let field = if moves { "url" } else { "secret" };
        return Err(not_yours(field));
    }
    if moves && let Some(caller) = &request.principal {
        // Where events go is the affair of whoever said so last: it ends with their access to the session.
        caller.user_id.clone_into(&mut webhook.user_id);
    }
    host.delivery_check_url(&webhook.url)?;
    put_endpoint(host, &session.id, &webhook, &secret)?;
    shelf::put(host, &session.id, &webhook)?;
    if let Some(is_active) = asks_for_active {
        host.delivery_set_paused(&session.id, &webhook.id, !is_active)?;
    }
    let status = host.delivery_endpoint(&session.id, &webhook.id)?;
    Response::json(&WebhookRow::of(webhook, &session.id, status.as_ref()))
}

/// Whether the caller decides where events go and what signs them: whoever made the webhook, the session's owner, a
/// superadmin.
pub(super) fn decides(
    host: &dyn Host,
    request: &Request,
    session_id: &str,
    webhook: &Webhook,
) -> Result<bool, Error> {
    let Some(caller) = &request.principal else {
        return Ok(true);
    };
    Ok(caller.user_id == webhook.user_id
        || caller.role == "SUPERADMIN"
        || host.session(session_id)?.user_id == caller.user_id)
}

pub(super) fn not_yours(field: &str) -> Error {
    Error::Answer {
        status: 403,
        message: format!(
            "Forbidden - {field}: whoever made the webhook decides about it, or the session's owner"
        ),
    }
}
