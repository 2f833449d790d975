//! The REST API: one table of the host's own routes, the layers around all routes, and the way to the plugins'.
//!
//! To add a host route: a file under `http/routes/`, a line in [`table`]. The table builds the router and tells the
//! plugin host which paths are taken.

pub(crate) mod access;
pub(crate) mod body;
pub(crate) mod envelope;
pub(crate) mod error;
pub(crate) mod extract;
pub(crate) mod observe;
pub(crate) mod plugin_route;
pub(crate) mod probe;
pub(crate) mod routes;
pub(crate) mod server;
pub(crate) mod state;

use std::any::Any;

use axum::Router;
use axum::middleware;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, delete, get, post};
use tower_http::catch_panic::CatchPanicLayer;

use error::ApiError;
use routes::{health, plugins, sessions};
use state::ApiState;

/// A route of the host: method, path template, handler.
type HostRoute = (&'static str, &'static str, MethodRouter<ApiState>);

/// All of them. The five actions are literals, so that `/api/sessions/{id}/<anything else>` is free for plugins.
fn table() -> Vec<HostRoute> {
    vec![
        ("GET", "/healthz", get(health::healthz)),
        ("GET", "/readyz", get(health::readyz)),
        ("GET", "/api/sessions", get(sessions::list::handle)),
        ("POST", "/api/sessions", post(sessions::create::handle)),
        ("GET", "/api/sessions/{id}", get(sessions::get::handle)),
        ("GET", "/api/sessions/{id}/qr", get(sessions::qr::handle)),
        ("POST", "/api/sessions/{id}/start", post(sessions::action::start)),
        ("POST", "/api/sessions/{id}/stop", post(sessions::action::stop)),
        (
            "POST",
            "/api/sessions/{id}/restart",
            post(sessions::action::restart),
        ),
        (
            "POST",
            "/api/sessions/{id}/logout",
            post(sessions::action::logout),
        ),
        ("POST", "/api/sessions/{id}/pair", post(sessions::action::pair)),
        (
            "DELETE",
            "/api/sessions/{id}/settings",
            delete(sessions::delete::handle),
        ),
        ("GET", "/api/plugins", get(plugins::list::handle)),
        ("GET", "/api/plugins/{id}", get(plugins::get::handle)),
        ("POST", "/api/plugins/{id}/enable", post(plugins::switch::enable)),
        (
            "POST",
            "/api/plugins/{id}/disable",
            post(plugins::switch::disable),
        ),
        ("POST", "/api/plugins/{id}/reload", post(plugins::switch::reload)),
    ]
}

/// Method and template of the host's own routes: no plugin may take one of them.
pub(crate) fn host_routes() -> Vec<(String, String)> {
    table()
        .into_iter()
        .map(|(method, path, _)| (method.to_owned(), path.to_owned()))
        .collect()
}

/// The methods the host itself serves on this template.
fn host_methods(template: &str) -> Vec<&'static str> {
    table()
        .into_iter()
        .filter(|(_, path, _)| *path == template)
        .map(|(method, ..)| method)
        .collect()
}

/// Everything, layered. From the outside in: request id, error bodies, timeouts and trace; panics; the routes.
pub(crate) fn router(state: ApiState) -> Router {
    let mut router = Router::new();
    for (_, path, handler) in table() {
        router = router.route(path, handler);
    }
    router
        .fallback(plugin_route::dispatch)
        .method_not_allowed_fallback(plugin_route::dispatch)
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

#[cfg(test)]
mod tests {
    use super::{host_methods, host_routes, table};
    use axum::Router;

    #[test]
    fn the_table_builds_without_conflicts() {
        let mut router = Router::new();
        for (_, path, handler) in table() {
            router = router.route(path, handler);
        }
        assert_eq!(host_routes().len(), table().len());
        drop(router);
    }

    #[test]
    fn methods_of_a_template_are_known() {
        assert_eq!(host_methods("/api/sessions"), ["GET", "POST"]);
        assert_eq!(host_methods("/api/sessions/{id}/settings"), ["DELETE"]);
        assert!(host_methods("/api/none").is_empty());
    }
}
