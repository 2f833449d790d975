//! `/api/plugins`: one file a route, and the shape they share. For superadmins alone.

pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod switch;
mod view;

use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;

use crate::http::error::ApiError;
use crate::http::extract::SuperAdmin;
use crate::http::state::ApiState;

/// The plugin named by the path parameter `id`, asked for by a superadmin. It need not exist.
#[derive(Debug)]
pub(crate) struct PluginName(String);

impl FromRequestParts<ApiState> for PluginName {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        SuperAdmin::from_request_parts(parts, state).await?;
        // A path that is not UTF-8 names no plugin.
        let named = Path::<String>::from_request_parts(parts, state).await;
        named.map(|Path(name)| Self(name)).map_err(|_| plugin_not_found())
    }
}

fn plugin_not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "plugin_not_found", "Plugin not found")
}
