//! `PATCH /api/notifications/read`

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Notifications, user};

/// Ids of one request.
const MAX_IDS: usize = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Form {
    ids: Option<Vec<String>>,
}

/// These, or all when none are named. Ids of others, and unknown ones, are passed over.
pub(crate) fn read(_plugin: &Notifications, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let ids = request.json::<Form>()?.ids.unwrap_or_default();
    if ids.len() > MAX_IDS {
        return Err(Error::bad_request(format!("ids: at most {MAX_IDS}")));
    }
    let count = host.inbox_mark_read(user(request)?, &ids)?;
    Response::data(
        "Notifications marked as read",
        &json!({ "text": format!("{count} notifications were unread"), "count": count }),
    )
}
