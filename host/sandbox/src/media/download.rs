//! `GET` of a file, whole or in part.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use futures::stream;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::store::{Found, MediaStore};

/// Bytes read from the disk at a time.
const CHUNK: usize = 64 * 1024;

pub(super) async fn get(State(store): State<Arc<MediaStore>>, uri: Uri, headers: HeaderMap) -> Response {
    let (delay, failing, speed) =
        store.with_faults(|faults| (faults.delay(), faults.failing_download(), faults.bytes_per_second));
    tokio::time::sleep(delay).await;
    let found = match failing {
        Some(status) => Err(status),
        None => store.find(uri.path()),
    };
    let found = match found {
        Ok(found) => found,
        Err(status) => {
            return StatusCode::from_u16(status)
                .unwrap_or(StatusCode::NOT_FOUND)
                .into_response();
        }
    };
    match range(&headers, found.bytes) {
        Ok(range) => send(found, range, speed).await,
        Err(()) => (
            StatusCode::RANGE_NOT_SATISFIABLE,
            [(header::CONTENT_RANGE, format!("bytes */{}", found.bytes))],
        )
            .into_response(),
    }
}

/// First and last byte that are asked for; `None` for the whole file. Several ranges at once get the whole file.
fn range(headers: &HeaderMap, bytes: u64) -> Result<Option<(u64, u64)>, ()> {
    let Some(asked) = headers.get(header::RANGE).and_then(|value| value.to_str().ok()) else {
        return Ok(None);
    };
    let ranges = http_range_header::parse_range_header(asked)
        .map_err(drop)?
        .validate(bytes)
        .map_err(drop)?;
    match ranges.as_slice() {
        [one] => Ok(Some((*one.start(), *one.end()))),
        _ => Ok(None),
    }
}

async fn send(found: Found, range: Option<(u64, u64)>, speed: Option<u64>) -> Response {
    let (first, left) = match range {
        None => (0, found.bytes),
        Some((first, last)) => (first, last + 1 - first),
    };
    let opened = async {
        let mut file = File::open(&found.file).await?;
        file.seek(std::io::SeekFrom::Start(first)).await?;
        Ok::<_, std::io::Error>(file)
    };
    let file = match opened.await {
        Ok(file) => file,
        Err(error) => {
            tracing::error!(%error, "a file of the media host cannot be read");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = Body::from_stream(stream::try_unfold((file, left), move |(file, left)| {
        chunk(file, left, speed)
    }))
    .into_response();
    let headers = response.headers_mut();
    if let Ok(content_type) = found.content_type.parse() {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    headers.insert(header::CONTENT_LENGTH, left.into());
    headers.insert(header::ACCEPT_RANGES, header::HeaderValue::from_static("bytes"));
    if let Some((first, last)) = range {
        if let Ok(value) = format!("bytes {first}-{last}/{}", found.bytes).parse() {
            headers.insert(header::CONTENT_RANGE, value);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

type Step = Option<(Bytes, (File, u64))>;

async fn chunk(mut file: File, left: u64, speed: Option<u64>) -> std::io::Result<Step> {
    if left == 0 {
        return Ok(None);
    }
    let mut size = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
    if let Some(speed) = speed {
        // Ten steps a second.
        size = size.min(usize::try_from(speed / 10).unwrap_or(CHUNK).max(1));
        tokio::time::sleep(Duration::from_micros(size as u64 * 1_000_000 / speed)).await;
    }
    let mut buffer = vec![0u8; size];
    file.read_exact(&mut buffer).await?;
    let left = left - size as u64;
    Ok(Some((buffer.into(), (file, left))))
}
