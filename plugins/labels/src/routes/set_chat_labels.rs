//! `PUT /api/labels/{sessionId}/chat/{jid}/labels`

use serde::Deserialize;
use serde_json::{Value, json};
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use super::{chat_labels, update};
use crate::shelf::{Label, MAX_LABELS};
use crate::{Labels, shelf};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    #[serde(default, deserialize_with = "lenient")]
    label_ids: Option<Vec<String>>,
    action: Option<Value>,
}

enum Action {
    Add,
    Remove,
    /// What clients mean that write no action.
    Set,
}

pub(crate) fn set_chat_labels(
    plugin: &Labels,
    host: &dyn Host,
    request: &Request,
) -> Result<Response, Error> {
    let session = request.session()?;
    let form: Form = request.json()?;
    let ids = form
        .label_ids
        .ok_or_else(|| Error::bad_request("labelIds (array), and action are required"))?;
    let action = match form.action.as_ref().map(Value::as_str) {
        None => Action::Set,
        Some(Some("add")) => Action::Add,
        Some(Some("remove")) => Action::Remove,
        Some(_) => return Err(Error::bad_request("action must be 'add' or 'remove'")),
    };
    if ids.len() > MAX_LABELS {
        return Err(Error::bad_request(format!("labelIds: at most {MAX_LABELS}")));
    }
    let chat = host.chat_address(&session.id, request.param("jid")?)?;
    let has = shelf::labels_of(host, &session.id, &chat)?;
    let mut on: Vec<Label> = Vec::new();
    let mut off: Vec<String> = Vec::new();
    match action {
        // One that is gone is off already.
        Action::Remove => off.extend(has.into_iter().filter(|id| ids.contains(id))),
        Action::Add | Action::Set => {
            for (n, id) in ids.iter().enumerate() {
                let label = update::found(host, session, id)
                    .map_err(|error| Error::not_found(format!("labelIds[{n}]: {}", text(&error))))?;
                if !has.contains(id) && on.iter().all(|other| other.id != label.id) {
                    on.push(label);
                }
            }
            if matches!(action, Action::Set) {
                off.extend(has.into_iter().filter(|id| !ids.contains(id)));
            }
        }
    }
    shelf::assign(host, &session.id, &chat, &on.iter().collect::<Vec<_>>(), &off)?;
    for label in &mut on {
        plugin.sync.assign(host, &session.id, label, &chat, true)?;
    }
    for id in &off {
        if let Some(mut label) = shelf::find(host, &session.id, id)? {
            plugin.sync.assign(host, &session.id, &mut label, &chat, false)?;
        }
    }
    let message = match action {
        Action::Add => "Labels added to chat",
        Action::Remove => "Labels removed from chat",
        Action::Set => "Labels of chat set",
    };
    let rows = chat_labels::rows_of(host, session, &chat)?;
    Response::with_fields(&json!({ "message": message, "data": { "labels": rows }, "labels": rows }))
}

fn text(error: &Error) -> String {
    match error {
        Error::Answer { message, .. } => message.clone(),
        Error::Host(error) => error.to_string(),
    }
}
