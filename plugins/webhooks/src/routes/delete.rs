//! `DELETE /api/webhooks/{sessionId}/{id}`, and the older `DELETE /api/webhooks/{id}`

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Webhooks, shelf};

pub(crate) fn delete(_plugin: &Webhooks, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    remove(host, request)?;
    Response::message("Operation successful")
}

/// The session was found by the webhook's id, and the host has checked that the caller may use it.
pub(crate) fn legacy(_plugin: &Webhooks, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    remove(host, request)?;
    Response::json(&json!({ "status": true, "success": true, "message": "Operation successful" }))
}

fn remove(host: &dyn Host, request: &Request) -> Result<(), Error> {
    let session = request.session()?;
    let webhook = shelf::get(host, &session.id, request.param("id")?)?;
    // First the row: a hook that runs meanwhile finds no webhook, or no endpoint, and is content with either.
    shelf::delete(host, &session.id, &webhook.id)?;
    match host.delivery_delete_endpoint(&session.id, &webhook.id) {
        Ok(()) | Err(wagate_plugin_api::HostError::NotFound(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
