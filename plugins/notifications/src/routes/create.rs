//! `POST /api/notifications`

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::notify::{Notification, Severity};
use wagate_plugin_api::{Error, Host, HostError, Request, Response};

use crate::Notifications;

/// In characters, but for `href`: bytes.
const MAX_TITLE: usize = 200;
const MAX_MESSAGE: usize = 4000;
const MAX_HREF: usize = 500;
const SUPERADMIN: &str = "SUPERADMIN";
/// The type of the gateway's own notifications.
const SYSTEM: &str = "SYSTEM";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Form {
    title: Option<String>,
    message: Option<String>,
    r#type: Option<String>,
    href: Option<String>,
    target_user_id: Option<String>,
    broadcast: Option<bool>,
}

/// To one user, or to all: `broadcast` wins where both are asked for.
pub(crate) fn create(_plugin: &Notifications, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    if request
        .principal
        .as_ref()
        .is_none_or(|caller| caller.role != SUPERADMIN)
    {
        return refusal(
            403,
            "Forbidden: Only Superadmin can send notifications",
            "Forbidden",
        );
    }
    let form: Form = request.json()?;
    let user = form.target_user_id.clone().filter(|user| !user.trim().is_empty());
    let is_broadcast = form.broadcast == Some(true);
    if user.is_none() && !is_broadcast {
        return refusal(400, "Invalid Request", "Provide targetUserId or broadcast=true");
    }
    let notification = form.notification()?;
    match user.filter(|_| !is_broadcast) {
        Some(user) => {
            host.notify_user(user.trim(), &notification)
                .map_err(|error| match error {
                    HostError::NotFound(_) => Error::not_found("targetUserId: there is no such user"),
                    error => error.into(),
                })?;
            answer("Notification sent successfully", 1)
        }
        None => answer(
            "Notifications broadcasted successfully",
            host.notify_all(&notification)?,
        ),
    }
}

/// The count where the reference has it, and where living clients look for it.
fn answer(message: &str, count: u32) -> Result<Response, Error> {
    Response::with_fields(&json!({ "message": message, "count": count, "data": { "count": count } }))
}

/// Here the contract has two different texts.
fn refusal(status: u16, message: &str, error: &str) -> Result<Response, Error> {
    let body = json!({ "status": false, "message": message, "error": error });
    Ok(Response::json(&body)?.status(status))
}

impl Form {
    fn notification(self) -> Result<Notification, Error> {
        let (severity, kind) = severity(self.r#type.as_deref())?;
        let href = self
            .href
            .map(|href| href.trim().to_owned())
            .filter(|href| !href.is_empty());
        let is_path =
            |href: &String| href.starts_with('/') && !href.starts_with("//") && href.len() <= MAX_HREF;
        if !href.as_ref().is_none_or(is_path) {
            return Err(Error::bad_request(format!(
                "href: must be a path within the dashboard that begins with one /, of at most {MAX_HREF} bytes"
            )));
        }
        Ok(Notification {
            title: text(self.title, "title", MAX_TITLE)?,
            message: text(self.message, "message", MAX_MESSAGE)?,
            severity,
            link: href,
            ext: kind
                .map(|kind| ("type".to_owned(), kind.to_owned()))
                .into_iter()
                .collect(),
        })
    }
}

fn text(text: Option<String>, field: &str, max: usize) -> Result<String, Error> {
    let text = text.filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| Error::bad_request(format!("{field} is required")))?;
    if text.chars().count() > max {
        return Err(Error::bad_request(format!("{field}: at most {max} characters")));
    }
    Ok(text)
}

/// And the type that is shown, where it is not the severity's own.
fn severity(written: Option<&str>) -> Result<(Severity, Option<&'static str>), Error> {
    match written.unwrap_or_default().trim().to_ascii_uppercase().as_str() {
        "" | "INFO" => Ok((Severity::Info, None)),
        "SUCCESS" => Ok((Severity::Success, None)),
        "WARNING" => Ok((Severity::Warning, None)),
        "ERROR" => Ok((Severity::Error, None)),
        SYSTEM => Ok((Severity::Info, Some(SYSTEM))),
        _ => Err(Error::bad_request(
            "type: must be INFO, SUCCESS, WARNING, ERROR or SYSTEM",
        )),
    }
}
