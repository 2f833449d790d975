//! `GET /api/labels/{sessionId}`

use std::collections::HashMap;

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::row::LabelRow;
use crate::{Labels, shelf};

pub(crate) fn list(plugin: &Labels, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    plugin.sync.pull(host, &session.id)?;
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (_, label) in shelf::assignments(host, &session.id)? {
        *counts.entry(label).or_default() += 1;
    }
    let rows: Vec<LabelRow> = shelf::all(host, &session.id)?
        .iter()
        .map(|label| LabelRow::of(label, session).counted(counts.get(&label.id).copied().unwrap_or_default()))
        .collect();
    Response::with_fields(&json!({
        "message": "Labels retrieved successfully", "data": { "labels": rows }, "labels": rows,
    }))
}
