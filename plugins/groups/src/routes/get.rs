//! `GET /api/groups/{sessionId}/{jid}`

use serde_json::json;
use wagate_plugin_api::{Error, Host, HostError, Request, Response};

use crate::{Groups, metadata, named};

const NOT_THERE: &str = "Failed to fetch group metadata. Ensure the bot is in the group.";

/// The bare metadata, as WhatsApp has it now.
pub(crate) fn get(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = &request.session()?.id;
    let group = host
        .group(session, &named::group(request)?)
        .map_err(|error| match error {
            HostError::NotFound(_) => Error::not_found(NOT_THERE),
            other => Error::Host(other),
        })?;
    let picture = match host.contact_picture_url(session, &group.jid, false) {
        Ok(url) => url,
        Err(error @ HostError::Denied(_)) => return Err(error.into()),
        // The group itself is what was asked for.
        Err(_) => None,
    };
    let mut fields = metadata::of(&group);
    fields.insert("pictureUrl".to_owned(), json!(picture));
    Response::json(&fields)
}
