//! `GET /api/docs`: what there is to call, now. A plugin's operations come and go with it.

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use wagate_plugin_host::AuthNeed;

use crate::auth::need::Need;
use crate::http::error::ApiError;
use crate::http::state::ApiState;
use crate::http::table::table;
use crate::openapi::{Documented, document};

/// Answers: the bare document, as tools expect it.
pub(crate) async fn handle(State(state): State<ApiState>) -> Result<Json<Value>, ApiError> {
    let title = state.storage.system_settings().await?.app_name;
    Ok(Json(document(
        &title,
        env!("CARGO_PKG_VERSION"),
        &documented(&state),
    )))
}

fn documented(state: &ApiState) -> Vec<Documented> {
    let host = table()
        .into_iter()
        .filter(|route| !route.operation.is_empty())
        .map(|route| Documented {
            method: route.method.to_owned(),
            path: route.path.to_owned(),
            operation: Some(route.operation.to_owned()),
            own: None,
            plugin: None,
            is_public: route.need == Need::Public,
            action: route.need.action(),
        });
    let plugins = state.plugins.live_routes().into_iter().map(|live| Documented {
        method: live.route.method.as_str().to_owned(),
        action: (live.route.auth == AuthNeed::User).then(|| live.route.action()),
        is_public: live.route.auth == AuthNeed::Public,
        path: live.route.path,
        operation: live.route.operation,
        own: live.route.openapi,
        plugin: Some(live.plugin),
    });
    host.chain(plugins).collect()
}
