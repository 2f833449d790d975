//! `PUT /api/webhooks/{sessionId}/{id}`

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::form::{Form, put_endpoint};
use crate::row::WebhookRow;
use crate::{Webhooks, shelf};

/// Answers with the bare row, as the contract has it.
pub(crate) fn update(plugin: &Webhooks, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let old = shelf::get(host, &session.id, request.param("id")?)?;
    let form: Form = request.json()?;
    let asks_for_active = form.asks_for_active();
    let old_url = old.url.clone();
    let (mut webhook, secret) = form.apply(old, &plugin.kinds, host.now_ms())?;
    if webhook.url != old_url
        && let Some(caller) = &request.principal
        && caller.user_id != webhook.user_id
    {
        // With the address would go what its receiver has answered, and with their access to the session the webhook.
        if caller.role != "SUPERADMIN" && host.session(&session.id)?.user_id != caller.user_id {
            return Err(Error::Answer {
                status: 403,
                message:
                    "Forbidden - url: whoever made the webhook says where it goes, or the session's owner"
                        .to_owned(),
            });
        }
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
