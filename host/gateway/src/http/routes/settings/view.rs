//! The settings as the contract shows them.

use serde::Serialize;
use wagate_storage::clock::iso8601;
use wagate_storage::system::SystemSettings;

use crate::config::auth::Registration;
use crate::http::state::ApiState;

/// The one row.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SystemView {
    id: &'static str,
    app_name: String,
    logo_url: Option<String>,
    favicon_url: String,
    timezone: String,
    /// Whether anybody may register now.
    enable_registration: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<String>,
}

impl SystemView {
    /// As they are now.
    pub(super) fn new(state: &ApiState, settings: SystemSettings) -> Self {
        Self {
            id: "default",
            app_name: settings.app_name,
            logo_url: settings.logo_url,
            favicon_url: settings.favicon_url.unwrap_or_else(|| "/favicon.ico".to_owned()),
            timezone: settings.timezone,
            enable_registration: settings
                .enable_registration
                .unwrap_or(state.config.get().auth.registration == Registration::Open),
            updated_at: settings.updated_at.map(iso8601),
        }
    }
}
