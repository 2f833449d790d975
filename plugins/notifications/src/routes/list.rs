//! `GET /api/notifications`

use serde::Serialize;
use wagate_plugin_api::notify::Stored;
use wagate_plugin_api::{Error, Host, Request, Response, iso8601};

use crate::{Notifications, user};

/// So many, the newest.
const SHOWN: u32 = 50;

/// The contract's `Notification`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    user_id: String,
    title: String,
    message: String,
    r#type: String,
    href: Option<String>,
    read: bool,
    created_at: String,
}

/// Answers with the bare list, as the reference has it.
pub(crate) fn list(_plugin: &Notifications, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let stored = host.inbox(user(request)?, SHOWN)?;
    Response::json(&stored.into_iter().map(Row::from).collect::<Vec<_>>())
}

impl From<Stored> for Row {
    fn from(stored: Stored) -> Self {
        Self {
            id: stored.id,
            user_id: stored.user_id,
            title: stored.title,
            message: stored.message,
            r#type: stored.kind,
            href: stored.link,
            read: stored.is_read,
            created_at: iso8601(stored.created_at_ms),
        }
    }
}
