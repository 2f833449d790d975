//! `DELETE /api/autoreplies/{sessionId}`

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Autoreply, shelf};

pub(crate) fn clear(_plugin: &Autoreply, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let count = shelf::clear(host, &request.session()?.id)?;
    Response::data(
        "Auto-replies deleted successfully",
        &json!({ "success": true, "count": count }),
    )
}
