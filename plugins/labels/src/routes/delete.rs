//! `DELETE /api/labels/{sessionId}/{labelId}`

use wagate_plugin_api::{Error, Host, Request, Response, SessionRef};

use super::update;
use crate::{Labels, shelf};

pub(crate) fn delete(plugin: &Labels, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    one(plugin, host, request.session()?, request.param("labelId")?)
}

pub(crate) fn one(
    plugin: &Labels,
    host: &dyn Host,
    session: &SessionRef,
    id: &str,
) -> Result<Response, Error> {
    let label = update::found(host, session, id)?;
    shelf::delete(host, &session.id, &label)?;
    plugin.sync.delete(host, &session.id, &label);
    Response::data("Label deleted successfully", &serde_json::json!({}))
}
