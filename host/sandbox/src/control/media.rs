//! `/media`: what is on the media host, how it misbehaves, and whom to trust.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Failure, phone};
use crate::hub::Hub;
use crate::media::shelf::FileView;

/// The host at a glance.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Overview {
    host: String,
    bytes: u64,
    max_bytes: u64,
    /// Complete uploads of clients,
    uploads: u64,
    /// of which so many went on where an earlier one had broken off.
    resumed: u64,
    faults: Value,
    files: Vec<FileView>,
}

pub(super) async fn get(State(hub): State<Arc<Hub>>) -> Json<Overview> {
    let (uploads, resumed) = hub.media.uploads();
    Json(Overview {
        uploads,
        resumed,
        host: hub.media.host(),
        bytes: hub.media.used(),
        max_bytes: hub.media.max_bytes(),
        faults: json!(hub.media.faults()),
        files: hub.media.files(),
    })
}

/// `GET /media/ca.pem`: the certificate clients have to trust.
pub(super) async fn ca(State(hub): State<Arc<Hub>>) -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "application/x-pem-file")],
        hub.front.media_ca_pem.clone(),
    )
}

/// `PUT /media/faults`: how the host misbehaves from now on; `{}` makes it behave.
pub(super) async fn faults(State(hub): State<Arc<Hub>>, body: Bytes) -> Result<Json<Value>, Failure> {
    let faults = super::body::read::<crate::media::Faults>(&body)?;
    faults
        .check()
        .map_err(|(field, error)| Failure::field(field, error))?;
    hub.media.with_faults(|current| *current = faults);
    Ok(Json(json!(hub.media.faults())))
}

/// Which file expires, and how.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Expiry {
    /// A file by its address,
    direct_path: Option<String>,
    /// or by a message and the phone that has it. Neither: all files.
    phone: Option<String>,
    message: Option<String>,
    #[serde(default = "gone")]
    status: u16,
    /// No phone has it any more either: a request to upload it again is answered with "not found".
    #[serde(default)]
    lost: bool,
}

fn gone() -> u16 {
    410
}

/// `POST /media/expire`.
pub(super) async fn expire(State(hub): State<Arc<Hub>>, body: Bytes) -> Result<Json<Value>, Failure> {
    let expiry = super::body::read::<Expiry>(&body)?;
    if ![403, 404, 410].contains(&expiry.status) {
        return Err(Failure::field("status", "must be 403, 404 or 410"));
    }
    let paths = match (expiry.direct_path, expiry.phone, expiry.message) {
        (Some(path), None, None) => vec![path],
        (None, Some(number), Some(id)) => hub.read(|state| {
            let account = phone(state, &number)?;
            let reference = super::message_media::reference(state, account, &id)?;
            Ok::<_, Failure>(vec![reference.direct_path])
        })?,
        (None, None, None) => hub
            .media
            .files()
            .into_iter()
            .map(|file| file.direct_path)
            .collect(),
        _ => {
            return Err(Failure::field(
                "message",
                "goes with phone, and both without directPath",
            ));
        }
    };
    let expired = paths
        .iter()
        .filter(|path| hub.media.expire(path, expiry.status, expiry.lost))
        .count();
    if expired == 0 && !paths.is_empty() {
        return Err(Failure::field("directPath", "there is no such file"));
    }
    Ok(Json(json!({ "expired": expired })))
}

/// `POST /media/pictures`: a file that anyone may fetch, unencrypted, as profile and group pictures are.
pub(super) async fn picture(
    State(hub): State<Arc<Hub>>,
    headers: axum::http::HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    if body.is_empty() {
        return Err(Failure::new(400, "the body is the picture, and it is empty"));
    }
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("image/jpeg")
        .to_owned();
    let store = Arc::clone(&hub.media);
    let stored = tokio::task::spawn_blocking(move || store.put_public(&body, &content_type))
        .await
        .map_err(|_| Failure::new(500, "the picture could not be stored"))??;
    Ok(Json(json!(stored)))
}
