//! `GET /api/example/{sessionId}/reminders?after=ID&limit=50`: the session's reminders, the oldest first.

use serde::Deserialize;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Example, reminders};

const MAX_LIMIT: u32 = 500;

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Page {
    after: Option<String>,
    limit: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            after: None,
            limit: 50,
        }
    }
}

pub(crate) fn list_reminders(
    _plugin: &Example,
    host: &dyn Host,
    request: &Request,
) -> Result<Response, Error> {
    let page: Page = request.query_as()?;
    if !(1..=MAX_LIMIT).contains(&page.limit) {
        return Err(Error::bad_request(format!("limit: 1 to {MAX_LIMIT}")));
    }
    let session = request.session()?;
    Response::data_only(&reminders::list(
        host,
        &session.id,
        page.after.as_deref(),
        page.limit,
    )?)
}
