//! `GET /phones/{number}/messages/{id}/media`: a file as the phone sees it, downloaded and decrypted. With `?check=1`
//! only what it is.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::answer::{Failure, phone};
use crate::accounts::AccountId;
use crate::hub::Hub;
use crate::phone::media::{self, Reference};
use crate::state;

/// What is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// Only hash and size.
    check: Option<String>,
}

pub(super) async fn get(
    State(hub): State<Arc<Hub>>,
    Path((number, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let reference = hub.read(|state| {
        let account = phone(state, &number)?;
        reference(state, account, &id)
    })?;
    let store = Arc::clone(&hub.media);
    let mimetype = reference.mimetype.clone();
    let checking = asked.check.is_some();
    let opened = tokio::task::spawn_blocking(move || {
        if checking {
            let opened = media::open(&store, &reference, &mut std::io::sink())?;
            return Ok((opened, None));
        }
        let mut file = tempfile::tempfile()?;
        let opened = media::open(&store, &reference, &mut file)?;
        Ok((opened, Some(file)))
    })
    .await
    .map_err(|_| Failure::new(500, "the file could not be opened"))?;
    let (opened, file): (media::Opened, Option<std::fs::File>) =
        opened.map_err(|error: crate::media::MediaError| Failure::from(error))?;
    let Some(file) = file else {
        return Ok(Json(json!({
            "sha256": hex::encode(opened.sha256), "bytes": opened.bytes, "mimetype": mimetype,
        }))
        .into_response());
    };
    Ok(stream(file, opened.bytes, mimetype))
}

fn stream(file: std::fs::File, bytes: u64, mimetype: Option<String>) -> Response {
    use std::io::{Read as _, Seek as _};

    let chunks = futures::stream::try_unfold((file, true), |(mut file, first)| async move {
        tokio::task::spawn_blocking(move || {
            if first {
                file.rewind()?;
            }
            let mut buffer = vec![0u8; 64 * 1024];
            let read = file.read(&mut buffer)?;
            buffer.truncate(read);
            Ok::<_, std::io::Error>((read > 0).then_some((buffer, (file, false))))
        })
        .await
        .map_err(std::io::Error::other)?
    });
    let mut response = Body::from_stream(chunks).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, bytes.into());
    if let Some(mimetype) = mimetype.and_then(|mimetype| mimetype.parse().ok()) {
        headers.insert(header::CONTENT_TYPE, mimetype);
    }
    response
}

/// The file of a message that a phone got or sent.
pub(super) fn reference(state: &state::State, account: AccountId, id: &str) -> Result<Reference, Failure> {
    let entry = state
        .accounts
        .get(account)
        .ok_or_else(|| Failure::new(500, "the phone is gone"))?;
    let received = entry.phone.inbox.find(id).map(|message| &message.message);
    let message = received
        .or_else(|| entry.phone.outbox.find(id).map(|message| &message.message))
        .ok_or_else(|| Failure::not_found(format!("the phone has no message {id}")))?;
    media::reference(message).ok_or_else(|| Failure::not_found(format!("the message {id} has no file")))
}
