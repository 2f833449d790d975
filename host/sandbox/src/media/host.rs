//! The listener in front of the media files: TLS, then HTTP/1.1.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::store::MediaStore;
use super::{download, upload};

/// A client that opens a connection and does not shake hands is not kept.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(20);
/// Connections at a time; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 512;

/// One client's connection, as its requests know it.
#[derive(Clone, Default)]
pub(super) struct Line {
    /// Ends it without a word.
    pub(super) cut: CancellationToken,
}

/// Serves the media host until the network stops.
pub(crate) async fn serve(
    store: Arc<MediaStore>,
    listener: TcpListener,
    tls: Arc<ServerConfig>,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let acceptor = TlsAcceptor::from(tls);
    let service = router(store);
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = async {
                let place = Arc::clone(&room).acquire_owned().await;
                (place, listener.accept().await)
            } => accepted,
        };
        let (Ok(place), Ok((stream, _))) = accepted else {
            // Out of file handles, most likely: do not spin until one is free.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (acceptor, service, stop) = (acceptor.clone(), service.clone(), stop.clone());
        tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = connection(stream, acceptor, service) => {}
            }
            drop(place);
        });
    }
}

fn router(store: Arc<MediaStore>) -> Router {
    Router::new()
        .route("/mms/{kind}/{token}", post(upload::post))
        .route("/newsletter/{kind}/{token}", post(upload::post))
        .route("/product/{kind}/{token}", post(upload::post))
        .route("/v/{kind}/{file}", get(download::get))
        // Uploads are streamed to the disk, which has a limit of its own.
        .layer(DefaultBodyLimit::disable())
        .with_state(store)
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, service: Router) {
    let _ = stream.set_nodelay(true);
    let stream = match tokio::time::timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            tracing::debug!(%error, "a client does not trust the media host, or does not speak TLS");
            return;
        }
        Err(_) => return,
    };
    let line = Line::default();
    let service = service.layer(Extension(line.clone()));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let served = tokio::select! {
        () = line.cut.cancelled() => return,
        served = serving => served,
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the media host ended early");
    }
}
