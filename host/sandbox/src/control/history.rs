//! `/phones/{number}/history`: what the phone had before it was on the network, and what its devices got of it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use waproto::whatsapp::message::HistorySyncNotification;

use super::answer::{Failure, phone};
use crate::history::archive::{Archive, Chat, Wanted};
use crate::hub::Hub;
use crate::state;

/// What is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// With the files that were sent, and their keys.
    files: Option<String>,
}

pub(super) async fn get(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Failure> {
    hub.read(|state| {
        let account = phone(state, &number)?;
        let mut view = view(state, account);
        if asked.files.is_some()
            && let Some(entry) = state.accounts.get(account)
            && let Value::Object(fields) = &mut view
        {
            let files = entry.phone.history_files.iter().map(file).collect();
            fields.insert("files".to_owned(), files);
        }
        Ok(Json(view))
    })
}

fn file((id, file): (&String, &HistorySyncNotification)) -> Value {
    json!({
        "id": id,
        "type": file.sync_type,
        "directPath": file.direct_path,
        "mediaKey": file.media_key.as_ref().map(hex::encode),
        "chunk": file.chunk_order,
        "progress": file.progress,
    })
}

/// `PUT`: for devices that are linked from now on.
pub(super) async fn put(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let wanted: Wanted = super::body::read(&body)?;
    hub.update(|state| {
        let account = phone(state, &number)?;
        let archive = Archive::new(wanted, state.clock.now_secs())?;
        if let Some(entry) = state.accounts.get_mut(account) {
            entry.phone.archive = Arc::new(archive);
        }
        Ok(Json(view(state, account)))
    })
}

fn view(state: &state::State, account: crate::accounts::AccountId) -> Value {
    let Some(entry) = state.accounts.get(account) else {
        return Value::Null;
    };
    let chats = &entry.phone.archive.chats;
    json!({
        "chats": chats.len(),
        "messages": chats.iter().map(Chat::len).sum::<u64>(),
        "devices": entry.phone.history_sent,
    })
}
