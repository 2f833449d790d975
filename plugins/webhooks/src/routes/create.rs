//! `POST /api/webhooks/{sessionId}`

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::form::{Form, Secret, put_endpoint};
use crate::row::WebhookRow;
use crate::{Webhooks, shelf};

/// The only answer, beside that of a new secret, that shows one: the client has just sent it.
pub(crate) fn create(plugin: &Webhooks, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let user = request.principal.as_ref().map(|caller| caller.user_id.clone());
    let user = user.ok_or_else(|| Error::internal("a webhook is made by somebody"))?;
    let form: Form = request.json()?;
    let id = shelf::IDS.make(host, &session.id);
    let (webhook, secret) = form.create(&plugin.kinds, id, user, host.now_ms())?;
    host.delivery_check_url(&webhook.url)?;
    let count = shelf::all(host, &session.id)?.len();
    if count >= plugin.max_webhooks as usize {
        return Err(Error::conflict(format!(
            "A session can have at most {} webhooks",
            plugin.max_webhooks
        )));
    }
    // First where it leads to: a webhook that is told of and leads nowhere would lose what happens meanwhile.
    put_endpoint(host, &session.id, &webhook, &secret)?;
    if !webhook.is_active {
        host.delivery_set_paused(&session.id, &webhook.id, true)?;
    }
    shelf::put(host, &session.id, &webhook)?;
    let shown = match secret {
        Secret::Set(secret) => Some(secret),
        Secret::Keep | Secret::Remove => None,
    };
    let row = WebhookRow::of(webhook, &session.id, None).with_secret(shown);
    Response::data("Webhook created successfully", &row)
}
