//! Accepts connections and serves HTTP/1.1 on them, each with its bounds. Written on hyper, because a slow header has
//! to be cut off, and a connection has to be told when the end is near.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::util::MapRequest;

use super::origin::Peer;
use crate::config::http::Http;
use crate::config::live::Live;
use crate::metrics::Metrics;

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
    max_connections_per_address: usize,
}

impl From<&Http> for ServerLimits {
    fn from(settings: &Http) -> Self {
        Self {
            header_timeout: settings.header_timeout_ms.millis(),
            max_connections: settings.max_connections.count(),
            max_connections_per_address: settings.max_connections_per_address.count(),
        }
    }
}

/// Serves until `shutdown`, then lets requests in flight finish, for a bounded time.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ServerLimits,
    config: Live,
    metrics: Metrics,
    shutdown: CancellationToken,
) {
    let held = Held::default();
    let connections = TaskTracker::new();
    let cut_off = CancellationToken::new();
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
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Closed at once: an answer would cost what the limit is there to save.
        let trusted = config.get().http.trusted_proxies.contain(peer);
        let most = if trusted {
            usize::MAX
        } else {
            limits.max_connections_per_address
        };
        let Some(place) = held.take(peer, most) else {
            metrics.connection_refused();
            continue;
        };
        let open = metrics.connection_opened();
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_SILENCE));
        let service = MapRequest::new(router.clone(), move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            request
        });
        let connection =
            http.serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(service));
        // The connection of a WebSocket goes on by itself, and ends with its stream.
        let connection = connection.with_upgrades();
        let (ending, cut_off) = (shutdown.clone(), cut_off.clone());
        connections.spawn(async move {
            let mut connection = pin!(connection);
            let result = tokio::select! {
                result = &mut connection => Some(result),
                () = ending.cancelled() => None,
            };
            let result = match result {
                Some(result) => result,
                None => {
                    connection.as_mut().graceful_shutdown();
                    tokio::select! {
                        result = connection => result,
                        () = cut_off.cancelled() => Ok(()),
                    }
                }
            };
            if let Err(error) = result {
                tracing::debug!(%error, "a connection ended early");
            }
            drop((slot, place, open));
        });
    }

    drop(listener);
    connections.close();
    if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::warn!(
            connections = connections.len(),
            "requests were cut off: they took longer than the drain"
        );
    }
    cut_off.cancel();
    connections.wait().await;
}

async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, IpAddr)> {
    let (stream, peer) = listener.accept().await?;
    // Small answers leave at once. A socket that refuses serves as well.
    let _ = stream.set_nodelay(true);
    Ok((stream, peer.ip().to_canonical()))
}

/// How many connections each address holds; as many entries as there are connections at most.
#[derive(Clone, Default)]
struct Held(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One connection of an address, until it is dropped.
struct Place {
    held: Held,
    address: IpAddr,
}

impl Held {
    /// None when the address holds so many already.
    fn take(&self, address: IpAddr, most: usize) -> Option<Place> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(address).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Place {
            held: self.clone(),
            address,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.held.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Held;

    #[test]
    fn an_address_holds_a_number_of_connections_and_gives_them_back() {
        let held = Held::default();
        let (one, other) = ("192.0.2.1".parse().unwrap(), "192.0.2.2".parse().unwrap());
        let first = held.take(one, 2).unwrap();
        let _second = held.take(one, 2).unwrap();
        assert!(held.take(one, 2).is_none());
        assert!(held.take(other, 2).is_some());
        drop(first);
        assert!(held.take(one, 2).is_some());
        assert_eq!(
            held.0.lock().unwrap().len(),
            1,
            "addresses without connections are forgotten"
        );
    }
}
