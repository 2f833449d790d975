//! `POST /mms/{kind}/{token}`: a client puts a file on the host. The token is the hash of what it uploads, so the host
//! can tell a whole file from a part of one.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::json;
use tokio::fs::File;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use super::host::Line;
use super::shelf::Digest;
use super::store::{MediaStore, Progress, digest_of, discard};
use super::{Faults, MediaError, Stored};

/// What stands behind the `?` of an upload.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    auth: Option<String>,
    /// Only how far it is.
    resume: Option<String>,
    #[serde(default)]
    file_offset: u64,
}

pub(super) async fn post(
    State(store): State<Arc<MediaStore>>,
    Path((kind, token)): Path<(String, String)>,
    Query(asked): Query<Asked>,
    Extension(line): Extension<Line>,
    body: Body,
) -> Response {
    tokio::time::sleep(store.with_faults(|faults| faults.delay())).await;
    if asked.auth.as_deref() != Some(store.auth()) {
        return refused(
            StatusCode::UNAUTHORIZED,
            "the auth of media_conn is missing or old",
        );
    }
    let Some(digest) = parse_token(&token) else {
        return MediaError::Token.into_response();
    };
    if asked.resume.is_some() {
        return probe(&store, &kind, &digest);
    }
    if let Some(status) = store.with_faults(Faults::failing_upload) {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        return refused(status, "failed on purpose");
    }
    match take(store, &kind, digest, asked.file_offset, body).await {
        Ok(stored) => placed(&stored),
        // What arrived is kept by now.
        Err(MediaError::Cut) => {
            line.cut.cancel();
            std::future::pending().await
        }
        Err(error) => error.into_response(),
    }
}

fn parse_token(token: &str) -> Option<Digest> {
    BASE64_URL_SAFE_NO_PAD
        .decode(token.trim_end_matches('='))
        .ok()?
        .try_into()
        .ok()
}

fn probe(store: &MediaStore, kind: &str, digest: &Digest) -> Response {
    match store.progress(kind, digest) {
        Progress::Complete(stored) => Json(json!({
            "resume": "complete", "url": stored.url, "direct_path": stored.direct_path,
        }))
        .into_response(),
        Progress::At(offset) => Json(json!({ "resume": offset.to_string() })).into_response(),
    }
}

fn placed(stored: &Stored) -> Response {
    Json(json!({ "url": stored.url, "direct_path": stored.direct_path })).into_response()
}

fn refused(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

impl IntoResponse for MediaError {
    fn into_response(self) -> Response {
        refused(self.status(), &self.to_string())
    }
}

/// An upload under way. Dropped before it is done, what arrived is kept for a later attempt.
struct Upload {
    store: Arc<MediaStore>,
    digest: Digest,
    file: PathBuf,
    bytes: u64,
    done: bool,
}

impl Upload {
    /// Nothing of it is kept.
    fn abandon(&mut self) {
        self.done = true;
        self.store.release(self.bytes);
        discard(&self.file);
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.done {
            self.store
                .keep_partial(self.digest, std::mem::take(&mut self.file), self.bytes);
        }
    }
}

async fn take(
    store: Arc<MediaStore>,
    kind: &str,
    digest: Digest,
    offset: u64,
    body: Body,
) -> Result<Stored, MediaError> {
    let cut = store.with_faults(Faults::cut);
    let there = store.resume(&digest, offset)?;
    let file = there.unwrap_or_else(|| store.new_file());
    let mut upload = Upload {
        store: Arc::clone(&store),
        digest,
        file,
        bytes: 0,
        done: false,
    };
    if let Err(full) = store.reserve(offset) {
        upload.abandon();
        return Err(full);
    }
    upload.bytes = offset;
    let mut out = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&upload.file)
        .await?;
    out.set_len(offset).await?;
    out.seek(std::io::SeekFrom::Start(offset)).await?;

    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(std::io::Error::other)?;
        if let Err(full) = store.reserve(chunk.len() as u64) {
            // What does not fit is not worth keeping.
            upload.abandon();
            return Err(full);
        }
        out.write_all(&chunk).await?;
        // Only what is written counts as arrived.
        out.flush().await?;
        upload.bytes += chunk.len() as u64;
        if cut.is_some_and(|after| upload.bytes >= after) {
            return Err(MediaError::Cut);
        }
    }
    drop(out);
    let path = upload.file.clone();
    let found = tokio::task::spawn_blocking(move || digest_of(&path))
        .await
        .map_err(std::io::Error::other)??;
    if found != digest {
        upload.abandon();
        return Err(MediaError::Hash);
    }
    upload.done = true;
    store.shelve_upload(kind, digest, &upload.file, upload.bytes, offset > 0)
}
