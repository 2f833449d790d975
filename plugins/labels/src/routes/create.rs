//! `POST /api/labels/{sessionId}`

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::form::Form;
use crate::row::LabelRow;
use crate::{Labels, shelf};

pub(crate) fn create(plugin: &Labels, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let (name, color) = request.json::<Form>()?.new_label()?;
    let mut label = shelf::create(host, &session.id, name, color, None)?;
    plugin.sync.put(host, &session.id, &mut label)?;
    let row = LabelRow::of(&label, session);
    Response::with_fields(&json!({
        "message": "Label created successfully", "data": { "label": row }, "label": row,
    }))
}
