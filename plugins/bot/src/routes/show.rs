//! `GET /api/sessions/{id}/bot-config`

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Bot, row};

pub(crate) fn show(_plugin: &Bot, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let row = row::row(host, &request.session()?.id)?;
    Response::data("Bot config retrieved successfully", &row)
}
