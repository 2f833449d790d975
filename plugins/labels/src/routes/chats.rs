//! `GET /api/labels/{sessionId}/chats`

use std::collections::HashMap;

use serde::Serialize;
use wagate_plugin_api::{Error, Host, Request, Response, ext};

use super::update;
use crate::row::color_hex;
use crate::shelf::Label;
use crate::{Labels, shelf};

/// Chats that are looked through for their names.
const MAX_NAMED: u32 = 1000;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Assignment<'a> {
    id: String,
    chat_jid: String,
    label_id: &'a str,
    label_name: &'a str,
    color_hex: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_name: Option<String>,
}

pub(crate) fn chats(_plugin: &Labels, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let asked = |name: &str| request.query(name).filter(|text| !text.is_empty());
    let mut labels = shelf::all(host, &session.id)?;
    if let Some(id) = asked("labelId") {
        let label = update::found(host, session, &id)?;
        labels.retain(|other| other.id == label.id);
    }
    let chat = asked("jid")
        .map(|jid| host.chat_address(&session.id, &jid))
        .transpose()?;
    let pairs = match (&chat, &*labels) {
        (Some(chat), _) => {
            let ids = shelf::labels_of(host, &session.id, chat)?;
            ids.into_iter().map(|id| (chat.clone(), id)).collect()
        }
        (None, [label]) => {
            let chats = shelf::chats_of(host, &session.id, &label.id)?;
            chats.into_iter().map(|chat| (chat, label.id.clone())).collect()
        }
        (None, _) => shelf::assignments(host, &session.id)?,
    };
    let known: HashMap<&str, &Label> = labels.iter().map(|label| (label.id.as_str(), label)).collect();
    let names = names(host, &session.id)?;
    let rows: Vec<Assignment<'_>> = pairs
        .into_iter()
        .filter_map(|(chat, id)| {
            let label = known.get(id.as_str())?;
            Some(Assignment {
                id: format!("{id}:{chat}"),
                label_id: &label.id,
                label_name: &label.name,
                color_hex: color_hex(label.color),
                contact_name: names.get(&chat).cloned(),
                chat_jid: chat,
            })
        })
        .collect();
    Response::data_only(&rows)
}

/// What the newest chats are called.
fn names(host: &dyn Host, session: &str) -> Result<HashMap<String, String>, Error> {
    let chats = host.chats_page(session, None, 0, MAX_NAMED)?;
    let named = chats.into_iter().filter_map(|chat| {
        let name = ext(&chat.ext, "name").map(str::to_owned).or(chat.push_name)?;
        Some((chat.jid, name))
    });
    Ok(named.collect())
}
