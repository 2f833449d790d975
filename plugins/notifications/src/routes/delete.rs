//! `DELETE /api/notifications/delete`

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Notifications, user};

pub(crate) fn delete(_plugin: &Notifications, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let id = request.query("id").filter(|id| !id.trim().is_empty());
    let id = id.ok_or_else(|| Error::bad_request("Notification ID required"))?;
    if !host.inbox_remove(user(request)?, id.trim())? {
        return Err(Error::not_found("Notification not found"));
    }
    Response::data(
        "Notification deleted",
        &json!({ "text": "The notification is gone", "count": 1 }),
    )
}
