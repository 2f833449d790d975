//! `POST /api/settings/system`: what is not sent stays as it is; above all, registration is not opened by the way.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use url::Url;
use wagate_storage::system::SystemChange;

use super::view::SystemView;
use crate::http::audit::About;
use crate::http::envelope::merged;
use crate::http::error::ApiError;
use crate::http::extract::Json;
use crate::http::state::ApiState;

const MAX_NAME: usize = 60;
const MAX_URL: usize = 2_000;

/// A picture that is left alone, taken away, or replaced.
#[derive(Debug, Default)]
enum Picture {
    #[default]
    AsItIs,
    None,
    At(String),
}

impl<'de> Deserialize<'de> for Picture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(text.filter(|text| !text.is_empty()).map_or(Self::None, Self::At))
    }
}

/// What a client sends. Null or the empty text takes a picture away.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Body {
    app_name: Option<String>,
    logo_url: Picture,
    favicon_url: Picture,
    timezone: Option<String>,
    enable_registration: Option<bool>,
}

/// Answers.
pub(crate) async fn handle(
    State(state): State<ApiState>,
    Json(body): Json<Body>,
) -> Result<Response, ApiError> {
    let change = checked(body)?;
    let about = About::target("system").with(json!({
        "appName": change.app_name, "timezone": change.timezone, "enableRegistration": change.enable_registration,
        "logoUrl": change.logo_url.is_some(), "faviconUrl": change.favicon_url.is_some(),
    }));
    let saved = state
        .storage
        .save_system_settings(change, state.clock.now_ms())
        .await?;
    let body = merged("System settings updated", &SystemView::new(&state, saved))?;
    Ok(about.on(body.into_response()))
}

fn checked(body: Body) -> Result<SystemChange, ApiError> {
    Ok(SystemChange {
        app_name: body.app_name.map(checked_name).transpose()?,
        logo_url: checked_picture("logoUrl", body.logo_url)?,
        favicon_url: checked_picture("faviconUrl", body.favicon_url)?,
        timezone: body.timezone.map(checked_timezone).transpose()?,
        enable_registration: body.enable_registration,
    })
}

fn checked_name(name: String) -> Result<String, ApiError> {
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.contains(char::is_control) {
        return Err(ApiError::invalid(format!(
            "appName must have 1 to {MAX_NAME} characters, and no control characters"
        )));
    }
    Ok(name)
}

fn checked_timezone(name: String) -> Result<String, ApiError> {
    match name.parse::<Tz>() {
        Ok(zone) => Ok(zone.name().to_owned()),
        Err(_) => Err(ApiError::invalid(
            "timezone must be an IANA name such as Europe/Berlin or Etc/UTC",
        )),
    }
}

/// A place of ours, or a web address; nothing a page would run.
#[expect(
    clippy::option_option,
    reason = "nothing, and the picture taken away, are two things"
)]
fn checked_picture(field: &str, given: Picture) -> Result<Option<Option<String>>, ApiError> {
    let text = match given {
        Picture::AsItIs => return Ok(None),
        Picture::None => return Ok(Some(None)),
        Picture::At(text) => text,
    };
    let is_ours = text.starts_with('/') && !text.starts_with("//") && !text.contains(['\\', '"', '<', '>']);
    let is_web = Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if text.len() > MAX_URL || text.contains(char::is_control) || !(is_ours || is_web) {
        return Err(ApiError::invalid(format!(
            "{field} must be a path such as /logo.png or an http(s) URL, at most {MAX_URL} bytes"
        )));
    }
    Ok(Some(Some(text)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wagate_storage::system::SystemChange;

    use super::{Body, checked};

    fn change(body: Value) -> Result<SystemChange, u16> {
        let body: Body = serde_json::from_value(body).unwrap();
        checked(body).map_err(|error| error.status().as_u16())
    }

    #[test]
    fn what_is_not_sent_stays_as_it_is() {
        assert_eq!(change(json!({})), Ok(SystemChange::default()));
        let taken_away = change(json!({ "logoUrl": null, "faviconUrl": "" })).unwrap();
        assert_eq!(
            (taken_away.logo_url, taken_away.favicon_url),
            (Some(None), Some(None))
        );
    }

    #[test]
    fn values_are_checked() {
        for good in ["Europe/Berlin", "Asia/Jakarta", "Etc/UTC", "Etc/GMT+5", "UTC"] {
            assert!(change(json!({ "timezone": good })).is_ok(), "{good}");
        }
        for good in ["/logo.png", "https://example.test/logo.png"] {
            assert!(change(json!({ "logoUrl": good })).is_ok(), "{good}");
        }
        for bad in [
            json!({ "timezone": "Mars/Olympus" }),
            json!({ "timezone": "" }),
            json!({ "appName": " " }),
            json!({ "appName": "x".repeat(61) }),
            json!({ "logoUrl": "javascript:alert(1)" }),
            json!({ "logoUrl": "//evil.example/x" }),
            json!({ "faviconUrl": "data:text/html,x" }),
        ] {
            assert_eq!(change(bad.clone()), Err(400), "{bad}");
        }
    }
}
