//! The control API: HTTP and JSON on loopback, for tests and for people. Documented in the crate's README.

mod answer;
mod devices;
mod events;
mod fields;
mod inbox;
mod link;
mod messages;
mod outbox;
mod overview;
mod phones;
mod read;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{delete, get, post};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::hub::Hub;
use answer::Failure;

/// The longest a request may wait for something to happen.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Serves the control API until the network stops.
pub(crate) async fn serve(hub: Arc<Hub>, listener: TcpListener, stop: CancellationToken) {
    let served = axum::serve(listener, router(hub)).with_graceful_shutdown({
        let stop = stop.clone();
        async move { stop.cancelled().await }
    });
    // Graceful shutdown waits for open requests, and a long poll may be one of them.
    let stopped = async {
        stop.cancelled().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    tokio::select! {
        served = served => {
            if let Err(error) = served {
                tracing::error!(%error, "the control API ended");
            }
        }
        () = stopped => {}
    }
}

fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/state", get(overview::get))
        .route("/events", get(events::get))
        .route("/phones", post(phones::create))
        .route("/phones/{number}/scan", post(link::scan))
        .route("/phones/{number}/link-code", post(link::code))
        .route("/phones/{number}/messages", post(messages::send))
        .route("/phones/{number}/inbox", get(inbox::get))
        .route("/phones/{number}/outbox", get(outbox::get))
        .route("/phones/{number}/read", post(read::mark))
        .route("/phones/{number}/devices/{id}", delete(devices::unlink))
        .fallback(|| async { Failure::not_found("there is no such route") })
        .method_not_allowed_fallback(|| async { Failure::new(405, "the route does not have this method") })
        .with_state(hub)
}
