//! `GET /api/events/ws`: the same frames over a WebSocket. What the reader sends is not looked at.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{SinkExt as _, StreamExt as _};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_websockets::{CloseCode, Config, Limits, Message, ServerBuilder, WebSocketStream};

use super::reader::{self, Query};
use crate::auth::principal::Principal;
use crate::http::error::ApiError;
use crate::http::extract::{self, UrlQuery};
use crate::http::gate;
use crate::http::origin::Origin;
use crate::http::state::ApiState;
use crate::live::frame::End;
use crate::live::pump::{Next, Stream};

/// Of the protocol: every accept key is made with it.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// A reader has nothing to say but pongs.
const MAX_MESSAGE: usize = 4 * 1024;
/// Between two pings to a reader for whom nothing happens.
const PING_EVERY: Duration = Duration::from_secs(15);
/// A reader that takes nothing for this long is left.
const WRITE_PATIENCE: Duration = Duration::from_secs(15);

/// Answers 101 and goes on over the connection.
pub(crate) async fn handle(
    principal: Principal,
    State(state): State<ApiState>,
    UrlQuery(query): UrlQuery<Query>,
    mut request: Request,
) -> Result<Response, ApiError> {
    let headers = request.headers().clone();
    let accept = accept_key(&headers)?;
    own_origin(&headers, request.extensions().get::<Origin>())?;
    let stream = reader::open(&state, &principal, headers, query).await?;
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match upgrade.await {
            Ok(connection) => carry(connection, stream).await,
            Err(error) => tracing::debug!(%error, "a WebSocket was not opened"),
        }
    });
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    Ok(response)
}

/// The answer to the client's key.
fn accept_key(headers: &HeaderMap) -> Result<HeaderValue, ApiError> {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let has = |name, word: &str| {
        text(name)
            .split(',')
            .any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    if !has(header::CONNECTION, "upgrade") || !has(header::UPGRADE, "websocket") {
        return Err(ApiError::new(
            StatusCode::UPGRADE_REQUIRED,
            "upgrade_required",
            "This path is a WebSocket: ask for an upgrade, or read /api/events",
        ));
    }
    if text(header::SEC_WEBSOCKET_VERSION) != "13" {
        return Err(ApiError::invalid("Sec-WebSocket-Version: 13"));
    }
    let key = text(header::SEC_WEBSOCKET_KEY);
    if !STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16) {
        return Err(ApiError::invalid("Sec-WebSocket-Key: 16 bytes in base64"));
    }
    let mut hash = sha1_smol::Sha1::new();
    hash.update(key.as_bytes());
    hash.update(GUID.as_bytes());
    HeaderValue::from_str(&STANDARD.encode(hash.digest().bytes())).map_err(|_| ApiError::internal())
}

/// A page of another site may open a WebSocket with the reader's cookie, and would read what it says.
fn own_origin(headers: &HeaderMap, ours: Option<&Origin>) -> Result<(), ApiError> {
    if extract::presented_key(headers).is_some() || gate::is_own_origin(headers, ours) {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "Forbidden - the page belongs to another site",
    ))
}

async fn carry(connection: Upgraded, mut stream: Stream) {
    let mut socket = ServerBuilder::new()
        .config(Config::default())
        .limits(Limits::default().max_payload_len(Some(MAX_MESSAGE)))
        .serve(TokioIo::new(connection));
    // Since something was sent: what the stream says to nobody (its own heartbeat) and what comes from the reader put nothing off.
    let mut ping_at = Instant::now() + PING_EVERY;
    let end = loop {
        tokio::select! {
            next = stream.next() => match next {
                Some(Next::Frame(frame)) => {
                    let Some(text) = frame.as_message() else { continue };
                    if !send(&mut socket, Message::text(text)).await {
                        return;
                    }
                    ping_at = Instant::now() + PING_EVERY;
                }
                Some(Next::End(end)) => break end,
                None => return,
            },
            came = socket.next() => match came {
                // A close, or a connection that broke.
                None | Some(Err(_)) => return,
                Some(Ok(message)) if message.is_close() => return,
                Some(Ok(_)) => {}
            },
            () = sleep_until(ping_at) => {
                if !send(&mut socket, Message::ping("")).await {
                    return;
                }
                ping_at = Instant::now() + PING_EVERY;
            }
        }
    };
    close(socket, end).await;
}

async fn send(socket: &mut WebSocketStream<TokioIo<Upgraded>>, message: Message) -> bool {
    matches!(timeout(WRITE_PATIENCE, socket.send(message)).await, Ok(Ok(())))
}

async fn close(mut socket: WebSocketStream<TokioIo<Upgraded>>, end: End) {
    let code = CloseCode::try_from(end.close_code()).ok();
    let said = send(&mut socket, Message::close(code, end.reason())).await;
    if said {
        // The other side's close, or its silence.
        let answer = async { while let Some(Ok(_)) = socket.next().await {} };
        let _ = timeout(WRITE_PATIENCE, answer).await;
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::{accept_key, own_origin};
    use crate::config::network::Networks;
    use crate::http::origin::Origin;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    /// The example of RFC 6455.
    #[test]
    fn the_accept_key_is_the_specifications() {
        let good = [
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ];
        assert_eq!(
            accept_key(&headers(&good)).unwrap(),
            "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        );
        for (at, status) in [(0, 426), (1, 426), (2, 400), (3, 400)] {
            let mut bad = good;
            bad[at].1 = "x";
            assert_eq!(accept_key(&headers(&bad)).unwrap_err().status(), status, "{at}");
        }
    }

    #[test]
    fn a_page_of_another_site_does_not_read_with_a_cookie() {
        for (pairs, allowed) in [
            (&[("host", "a.example:3000")][..], true),
            (
                &[("host", "a.example:3000"), ("origin", "http://a.example:3000")],
                true,
            ),
            (
                &[("host", "a.example:3000"), ("origin", "http://b.example")],
                false,
            ),
            (&[("host", "a.example:3000"), ("origin", "null")], false),
            (
                &[
                    ("host", "a.example"),
                    ("origin", "http://b.example"),
                    ("x-api-key", "k"),
                ],
                true,
            ),
        ] {
            let headers = headers(pairs);
            let ours = Origin::of(None, &headers, &Networks::default());
            assert_eq!(own_origin(&headers, Some(&ours)).is_ok(), allowed, "{pairs:?}");
        }
    }
}
