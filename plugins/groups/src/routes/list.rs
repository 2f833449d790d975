//! `GET /api/groups/{sessionId}`

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Groups, metadata};

/// A bare list, as the contract's document has it; also while the session is not connected.
pub(crate) fn list(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = &request.session()?.id;
    let mut groups = host.groups_stored(session)?;
    groups.sort_by_cached_key(|group| (group.subject.to_lowercase(), group.jid.clone()));
    let rows: Vec<_> = groups.iter().map(|group| metadata::row(group, session)).collect();
    Response::json(&rows)
}
