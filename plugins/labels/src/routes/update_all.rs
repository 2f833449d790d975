//! `PUT /api/labels/{sessionId}`: several labels, or in the older form one.

use serde::Deserialize;
use serde_json::{Value, json};
use wagate_plugin_api::{Error, Host, Request, Response};

use super::update;
use crate::form::Form;
use crate::row::LabelRow;
use crate::shelf::MAX_LABELS;
use crate::{Labels, resolve};

#[derive(Debug, Deserialize)]
struct Bulk {
    #[serde(default)]
    labels: Vec<Change>,
    name: Option<Value>,
    color: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Change {
    id: String,
    #[serde(flatten)]
    form: Form,
}

pub(crate) fn update_all(plugin: &Labels, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    if let Some(id) = resolve::legacy_label(request)? {
        return update::one(plugin, host, request, session, id);
    }
    let bulk: Bulk = request.json()?;
    if bulk.name.is_some() || bulk.color.is_some() {
        return Err(Error::bad_request(
            "labels: name which labels to change, as [{\"id\": \"...\", \"name\": \"...\", \"color\": 0}]",
        ));
    }
    if bulk.labels.len() > MAX_LABELS {
        return Err(Error::bad_request(format!("labels: at most {MAX_LABELS}")));
    }
    // All are looked at before one is changed.
    let mut changes = Vec::new();
    for (n, change) in bulk.labels.into_iter().enumerate() {
        let named = |error: Error| match error {
            Error::Answer { status, message } => Error::Answer {
                status,
                message: format!("labels[{n}]: {message}"),
            },
            other @ Error::Host(_) => other,
        };
        let before = update::found(host, session, &change.id).map_err(named)?;
        changes.push((before, change.form.wanted().map_err(named)?));
    }
    let mut rows = Vec::new();
    for (before, wanted) in changes {
        let label = update::apply(plugin, host, session, before, wanted)?;
        rows.push(LabelRow::of(&label, session));
    }
    Response::with_fields(&json!({
        "message": "Labels updated successfully", "count": rows.len(), "data": { "labels": rows }, "labels": rows,
    }))
}
