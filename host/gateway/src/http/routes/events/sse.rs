//! `GET /api/events`: the stream as server-sent events.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures::stream;

use super::reader::{self, Query};
use crate::auth::principal::Principal;
use crate::http::error::ApiError;
use crate::http::extract::UrlQuery;
use crate::http::state::ApiState;
use crate::live::frame::Frame;
use crate::live::pump::Next;

/// How long a browser waits before it comes back, in milliseconds.
const RETRY: &str = "retry: 2000\n\n";

/// Answers with a body that ends when the stream does.
pub(crate) async fn handle(
    principal: Principal,
    State(state): State<ApiState>,
    method: Method,
    headers: HeaderMap,
    UrlQuery(query): UrlQuery<Query>,
) -> Result<Response, ApiError> {
    let opened = reader::open(&state, &principal, headers, query).await?;
    let body = if method == Method::HEAD {
        Body::empty()
    } else {
        let first = stream::once(async { Ok::<_, Infallible>(Bytes::from_static(RETRY.as_bytes())) });
        let frames = stream::unfold(opened, |mut opened| async move {
            let text = match opened.next().await? {
                Next::Frame(frame) => frame.as_sse(),
                Next::End(end) => Frame::end(end).as_sse(),
            };
            Some((Ok(Bytes::from(text)), opened))
        });
        Body::from_stream(stream::StreamExt::chain(first, frames))
    };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather answers would hold the events back.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}
