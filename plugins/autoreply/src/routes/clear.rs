//! `DELETE /api/autoreplies/{sessionId}`: all rules, or in the older form one.

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use super::delete;
use crate::{Autoreply, resolve, shelf};

pub(crate) fn clear(_plugin: &Autoreply, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    if let Some(id) = resolve::legacy_rule(request)? {
        delete::one(host, &session.id, id)?;
        return Response::data(
            "Rule deleted successfully",
            &json!({ "success": true, "count": 1 }),
        );
    }
    let count = shelf::clear(host, &session.id)?;
    Response::data(
        "Auto-replies deleted successfully",
        &json!({ "success": true, "count": count }),
    )
}
