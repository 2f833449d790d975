//! `GET /api/system/info`: what the page needs before anybody is logged in, and a stranger may know.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::config::auth::Registration;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// Answers.
pub(crate) async fn handle(State(state): State<ApiState>) -> Result<Json<Envelope<Value>>, ApiError> {
    let settings = state.storage.system_settings().await?;
    let needs_setup = state.storage.count_users().await? == 0;
    let open = match (settings.enable_registration, state.config.get().auth.registration) {
        (Some(open), _) => open,
        (None, Registration::Open) => true,
        (None, Registration::First) => needs_setup,
        (None, Registration::Closed) => false,
    };
    Ok(Json(Envelope::new(
        "System info fetched",
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "sandbox": cfg!(feature = "sandbox"),
            "appName": settings.app_name,
            "logoUrl": settings.logo_url,
            "faviconUrl": settings.favicon_url,
            "registrationOpen": open,
            "needsSetup": needs_setup,
        }),
    )))
}
