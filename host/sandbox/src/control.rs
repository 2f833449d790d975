//! The control API: HTTP and JSON on loopback, for tests and for people. Documented in the crate's README.

mod answer;
mod app_state;
mod body;
mod calls;
mod clock;
mod devices;
mod events;
mod faults;
mod fields;
mod groups;
mod history;
mod inbox;
mod joining;
mod link;
mod media;
mod message_media;
mod messages;
mod newsletters;
mod outbox;
mod overview;
mod phones;
mod pictures;
mod presence;
mod profile;
mod read;
mod signals;
mod status;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post, put};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::hub::Hub;
use answer::Failure;

/// The longest a request may wait for something to happen.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The largest request: files travel in base64.
const MAX_BODY: usize = 96 * 1024 * 1024;

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

/// The routes, for a listener or for a scenario in this process.
pub(crate) fn router(hub: Arc<Hub>) -> Router {
    Router::new()
        .route("/state", get(overview::get))
        .route("/events", get(events::get))
        .route("/phones", post(phones::create))
        .route("/phones/{number}/scan", post(link::scan))
        .route("/phones/{number}/link-code", post(link::code))
        .route("/phones/{number}/messages", post(messages::send))
        .route("/phones/{number}/messages/{id}/media", get(message_media::get))
        .route(
            "/phones/{number}/app-state",
            get(app_state::get).post(app_state::change),
        )
        .route("/phones/{number}/history", get(history::get).put(history::put))
        .route("/phones/{number}/inbox", get(inbox::get))
        .route("/phones/{number}/outbox", get(outbox::get))
        .route("/phones/{number}/read", post(read::mark))
        .route("/phones/{number}/devices/{id}", delete(devices::unlink))
        .route("/clock", get(clock::get).post(clock::change))
        .route("/media", get(media::get))
        .route("/media/ca.pem", get(media::ca))
        .route("/media/faults", put(media::faults))
        .route("/media/expire", post(media::expire))
        .route("/media/pictures", post(media::picture))
        .route("/phones/{number}/profile", post(profile::change))
        .route("/phones/{number}/presence", post(presence::set))
        .route("/phones/{number}/typing", post(presence::typing))
        .route("/phones/{number}/signals", get(signals::get))
        .route("/phones/{number}/status", post(status::post))
        .route("/phones/{number}/calls", post(calls::offer))
        .route("/phones/{number}/calls/{id}/{action}", post(calls::act))
        .route("/phones/{number}/groups", post(groups::create))
        .route("/phones/{number}/groups/{id}/{action}", post(groups::act))
        .route("/phones/{number}/join", post(joining::join))
        .route("/phones/{number}/newsletters", post(newsletters::create))
        .route(
            "/phones/{number}/newsletters/{id}/{action}",
            post(newsletters::act),
        )
        .route("/groups", get(groups::list))
        .route("/groups/{id}", get(groups::get))
        .route("/pictures/{file}", get(pictures::get))
        .route(
            "/faults",
            get(faults::list).post(faults::add).delete(faults::clear),
        )
        .route("/faults/{id}", delete(faults::remove))
        .route("/restart", post(faults::restart))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .fallback(|| async { Failure::not_found("there is no such route") })
        .method_not_allowed_fallback(|| async { Failure::new(405, "the route does not have this method") })
        .with_state(hub)
}
