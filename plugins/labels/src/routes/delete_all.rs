//! `DELETE /api/labels/{sessionId}`: all labels, or in the older form one.

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use super::delete;
use crate::{Labels, resolve, shelf};

pub(crate) fn delete_all(plugin: &Labels, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    if let Some(id) = resolve::legacy_label(request)? {
        return delete::one(plugin, host, session, id);
    }
    let labels = shelf::all(host, &session.id)?;
    for label in &labels {
        shelf::delete(host, &session.id, label)?;
        plugin.sync.delete(host, &session.id, label);
    }
    Response::data("Labels deleted successfully", &json!({ "count": labels.len() }))
}
