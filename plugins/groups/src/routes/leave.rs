//! `POST /api/groups/{sessionId}/{jid}/leave`, `POST /api/groups/{jid}/leave`

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Groups, named};

pub(crate) fn leave(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    host.group_leave(&request.session()?.id, &named::group(request)?)?;
    Response::message("Successfully left the group")
}
