//! `GET /api/example/{sessionId}/document`: what the session has chosen.

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::Example;
use crate::document::Document;

pub(crate) fn read_document(
    _plugin: &Example,
    host: &dyn Host,
    request: &Request,
) -> Result<Response, Error> {
    Response::data_only(&Document::of(host, &request.session()?.id)?)
}
