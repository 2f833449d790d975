//! `/api/plugins`: one file a route, and the shape they share. For superadmins alone.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod parked;
pub(crate) mod settings;
pub(crate) mod switch;
mod view;

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;

use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// The plugin named by the path parameter `id`. It need not exist.
#[derive(Debug)]
pub(crate) struct PluginName(String);

impl FromRequestParts<ApiState> for PluginName {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        // A path that is not UTF-8 names no plugin.
        let Path(mut named) = Path::<HashMap<String, String>>::from_request_parts(parts, state)
            .await
            .map_err(|_| plugin_not_found())?;
        named.remove("id").map(Self).ok_or_else(plugin_not_found)
    }
}

fn plugin_not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "plugin_not_found", "Plugin not found")
}
