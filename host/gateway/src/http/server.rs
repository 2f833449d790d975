//! Accepts connections and serves HTTP/1.1 on them, each with its bounds. Written on hyper, because a slow header has
//! to be cut off, and a connection has to be told when the end is near.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::http::Http;

/// How long requests in flight may take once the end has come.
const DRAIN: Duration = Duration::from_secs(10);
/// A client that reads nothing of its answer for this long loses the connection: it holds one of a bounded number.
const WRITE_SILENCE: Duration = Duration::from_secs(30);
const MAX_HEADERS: usize = 64;
const MAX_HEADER_BYTES: usize = 16 * 1024;
const READ_BUFFER: usize = 64 * 1024;
/// After a failed accept (no file handles left, for one) others get time to end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What one connection may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ServerLimits {
    header_timeout: Duration,
    max_connections: usize,
}

impl From<&Http> for ServerLimits {
    fn from(settings: &Http) -> Self {
        Self {
            header_timeout: settings.header_timeout_ms.millis(),
            max_connections: settings.max_connections.count(),
        }
    }
}

/// Serves until `shutdown`, then lets requests in flight finish, for a bounded time.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ServerLimits,
    shutdown: CancellationToken,
) {
    let connections = TaskTracker::new();
    let cut_off = CancellationToken::new();
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(limits.max_connections));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_headers(MAX_HEADERS)
        .max_header_size(MAX_HEADER_BYTES)
        .max_buf_size(READ_BUFFER);

    loop {
        // A slot first: when all are taken, newcomers wait in the system's queue, which is bounded too.
        let slot = tokio::select! {
            () = shutdown.cancelled() => break,
            slot = Arc::clone(&slots).acquire_owned() => slot,
        };
        // The semaphore is never closed.
        let Ok(slot) = slot else { break };
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = accept(&listener) => accepted,
        };
        let stream = match accepted {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_SILENCE));
        let connection = http.serve_connection(
            TokioIo::new(Box::pin(stream)),
            TowerToHyperService::new(router.clone()),
        );
        let connection = graceful.watch(connection);
        let cut_off = cut_off.clone();
        connections.spawn(async move {
            tokio::select! {
                result = connection => {
                    if let Err(error) = result {
                        tracing::debug!(%error, "a connection ended early");
                    }
                }
                () = cut_off.cancelled() => {}
            }
            drop(slot);
        });
    }

    drop(listener);
    connections.close();
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "requests were cut off: they took longer than the drain"
        );
    }
    cut_off.cancel();
    connections.wait().await;
}

async fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let (stream, _) = listener.accept().await?;
    // Small answers leave at once. A socket that refuses serves as well.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}
