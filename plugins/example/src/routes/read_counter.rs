//! `GET /api/example/{sessionId}/counters/{name}`: what a counter stands at.

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::counters::CounterName;
use crate::{Example, counters};

pub(crate) fn read_counter(_plugin: &Example, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let name: CounterName = request.param_as("name")?;
    let value = counters::get(host, &session.id, &name)?;
    Response::data_only(&json!({ "name": name.to_string(), "value": value }))
}
