//! `POST /api/plugins/{id}/{enable|disable|reload}`: edits the plugin's file as an administrator would, or takes its
//! files as new. The answer is the plugin as it is afterwards; that it was refused is in `lastError`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use wagate_plugin_host::{PluginState, PluginStatus, SwitchError};

use super::view::PluginView;
use super::{PluginName, plugin_not_found};
use crate::http::audit::About;
use crate::http::envelope::Envelope;
use crate::http::error::ApiError;
use crate::http::state::ApiState;

type Answer = Result<Response, ApiError>;

/// Switches it on.
pub(crate) async fn enable(PluginName(name): PluginName, State(state): State<ApiState>) -> Answer {
    let status = state.plugins.set_enabled(&name, true).await.map_err(refused)?;
    Ok(answer(success_of_enable(&status), status))
}

/// Switches it off; its routes are gone, and its hooks see nothing of what happens meanwhile.
pub(crate) async fn disable(PluginName(name): PluginName, State(state): State<ApiState>) -> Answer {
    let status = state.plugins.set_enabled(&name, false).await.map_err(refused)?;
    Ok(answer("Plugin disabled successfully", status))
}

/// New instances from its files as they are now; a suspension ends.
pub(crate) async fn reload(PluginName(name): PluginName, State(state): State<ApiState>) -> Answer {
    let status = state
        .plugins
        .reload_one(&name)
        .await
        .ok_or_else(plugin_not_found)?;
    Ok(answer(success_of_reload(&status), status))
}

fn answer(message: &'static str, status: PluginStatus) -> Response {
    let about = About::target(status.name.clone());
    about.on(Json(Envelope::new(message, PluginView::from(status))).into_response())
}

/// The file says so now; whether the plugin runs is another matter.
fn success_of_enable(status: &PluginStatus) -> &'static str {
    match (status.state, &status.last_error) {
        (PluginState::Refused, _) => "Plugin enabled, but refused: see lastError",
        (_, Some(_)) => "Plugin enabled, but its newest files were refused: see lastError",
        (_, None) => "Plugin enabled successfully",
    }
}

fn success_of_reload(status: &PluginStatus) -> &'static str {
    match (status.state, &status.last_error) {
        (PluginState::Disabled, None) => "Plugin is disabled: nothing to reload",
        (_, Some(_)) => "Plugin not reloaded: see lastError",
        (_, None) => "Plugin reloaded successfully",
    }
}

/// The plugin is as it was.
pub(super) fn refused(error: SwitchError) -> ApiError {
    match error {
        SwitchError::Unknown => plugin_not_found(),
        error => ApiError::new(StatusCode::CONFLICT, error.code(), error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use wagate_plugin_host::SwitchError;

    use super::refused;

    #[test]
    fn an_unknown_plugin_is_a_404() {
        assert_eq!(refused(SwitchError::Unknown).status(), 404);
    }
}
