//! `PUT /api/labels/{sessionId}/{labelId}`

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response, SessionRef};

use crate::form::{Form, Wanted};
use crate::row::LabelRow;
use crate::shelf::Label;
use crate::{Labels, shelf};

pub(crate) fn update(plugin: &Labels, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    one(
        plugin,
        host,
        request,
        request.session()?,
        request.param("labelId")?,
    )
}

/// The checks come in the contract's order: the label, then the body.
pub(crate) fn one(
    plugin: &Labels,
    host: &dyn Host,
    request: &Request,
    session: &SessionRef,
    id: &str,
) -> Result<Response, Error> {
    let before = found(host, session, id)?;
    let wanted = request.json::<Form>()?.wanted()?;
    let label = apply(plugin, host, session, before, wanted)?;
    let row = LabelRow::of(&label, session);
    Response::with_fields(&json!({
        "message": "Label updated successfully", "data": row, "label": row,
    }))
}

/// A label of this session.
pub(crate) fn found(host: &dyn Host, session: &SessionRef, id: &str) -> Result<Label, Error> {
    if shelf::is_foreign(&session.id, id) {
        return Err(Error::not_found("Label does not belong to this session"));
    }
    shelf::get(host, &session.id, id)
}

pub(crate) fn apply(
    plugin: &Labels,
    host: &dyn Host,
    session: &SessionRef,
    before: Label,
    wanted: Wanted,
) -> Result<Label, Error> {
    let mut after = before.clone();
    if let Some(name) = wanted.name {
        after.name = name;
    }
    if let Some(color) = wanted.color {
        after.color = color;
    }
    if after == before {
        return Ok(before);
    }
    after.updated_at_ms = host.now_ms();
    shelf::change(host, &session.id, &before, &after)?;
    plugin.sync.put(host, &session.id, &mut after)?;
    Ok(after)
}
