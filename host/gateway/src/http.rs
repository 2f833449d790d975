//! The REST API: one table of the host's own routes, the layers around all routes, and the way to the plugins'.
//!
//! To add a host route: a file under `http/routes/`, a line in `http/table.rs`. The table builds the router, says what
//! each route needs of its caller, tells the plugin host which paths are taken, and names the operation in the documents.

pub(crate) mod access;
pub(crate) mod audit;
pub(crate) mod body;
pub(crate) mod carried;
pub(crate) mod cookies;
pub(crate) mod cors;
pub(crate) mod download;
pub(crate) mod envelope;
pub(crate) mod error;
pub(crate) mod extract;
pub(crate) mod gate;
pub(crate) mod idempotency;
pub(crate) mod limits;
pub(crate) mod observe;
pub(crate) mod origin;
mod plugin_answer;
pub(crate) mod plugin_route;
pub(crate) mod probe;
pub(crate) mod queueing;
pub(crate) mod routes;
pub(crate) mod security;
pub(crate) mod server;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod upload;

use std::any::Any;

use axum::Router;
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use error::ApiError;
use state::ApiState;
use table::table;

pub(crate) use table::{host_methods, host_routes};

/// Everything, layered. From the outside in: request id, where from, limits of addresses, error bodies, timeouts and
/// trace; panics; for each host route its gate; the routes.
pub(crate) fn router(state: ApiState) -> Router {
    let mut router = Router::new();
    for route in table() {
        let gate = (state.clone(), route.gate());
        let handler = route
            .handler
            .layer(middleware::from_fn_with_state(gate, gate::guard));
        router = router.route(route.path, handler);
    }
    #[cfg(feature = "sandbox")]
    let router = routes::sandbox::route(router, &state);
    router
        .fallback(plugin_route::dispatch)
        .method_not_allowed_fallback(plugin_route::dispatch)
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(middleware::from_fn_with_state(state.clone(), observe::observe))
        .with_state(state)
}

/// The listener for a Prometheus: the figures and nothing else. Whoever reaches it may read them.
pub(crate) fn figures(state: ApiState) -> Router {
    Router::new()
        .route("/metrics", get(routes::metrics::handle))
        .layer(CatchPanicLayer::custom(after_panic))
        .layer(middleware::from_fn_with_state(state.clone(), observe::observe))
        .with_state(state)
}

/// A panic is our bug: the client learns that something failed, the log what.
fn after_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic
            .downcast_ref::<&str>()
            .map_or_else(|| "no message".to_owned(), |text| (*text).to_owned()),
    };
    tracing::error!(panic = text, "a handler panicked");
    ApiError::internal().into_response()
}
