//! The one error of the API. Its body is the contract's, with a stable `code` and the request's id beside it.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};
use wagate_engine::EngineError;
use wagate_plugin_host::PluginCallError;
use wagate_protocol::error::HostError;
use wagate_protocol::refusal;
use wagate_storage::StorageError;

/// What a client gets instead of what it asked for.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// Fields the contract has beside the usual ones.
    extra: Vec<(&'static str, Value)>,
    retry_after_ms: Option<u64>,
    allow: Option<String>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            extra: Vec::new(),
            retry_after_ms: None,
            allow: None,
        }
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "Unauthorized")
    }

    pub(crate) fn forbidden(message: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    pub(crate) fn session_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "session_not_found", "Session not found")
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found")
    }

    /// A route that a plugin would serve.
    pub(crate) fn plugin_off(plugin: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "plugin_off",
            format!(
                "Not found: the plugin \"{plugin}\" serves this, and it is switched off (plugins/{plugin}.toml)"
            ),
        )
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", message)
    }

    pub(crate) fn method_not_allowed(allow: String) -> Self {
        Self {
            allow: Some(allow),
            ..Self::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "Method not allowed",
            )
        }
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("The body is too large: the limit is {limit} bytes"),
        )
    }

    pub(crate) fn timeout(message: &str) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "timeout", message)
    }

    /// Nothing but the request's id: the cause is in the log.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Internal Server Error",
        )
    }

    fn unavailable() -> Self {
        Self {
            retry_after_ms: Some(1_000),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Service unavailable",
            )
        }
    }

    /// When it is worth another try.
    pub(crate) fn retry_after(mut self, ms: u64) -> Self {
        self.retry_after_ms = Some(ms);
        self
    }

    /// Adds a field to the body.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.extra.push((name, value.into()));
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The body as it is sent.
    fn body(&self, request_id: &str) -> Value {
        let mut body = Map::new();
        body.insert("status".to_owned(), Value::Bool(false));
        body.insert("message".to_owned(), Value::from(self.message.as_str()));
        body.insert("error".to_owned(), Value::from(self.message.as_str()));
        body.insert("code".to_owned(), Value::from(self.code));
        body.insert("requestId".to_owned(), Value::from(request_id));
        for (name, value) in &self.extra {
            body.insert((*name).to_owned(), value.clone());
        }
        Value::Object(body)
    }
}

/// The error travels as an extension; [`render`] writes the body where the request's id is known.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after_ms {
            headers.insert(
                header::RETRY_AFTER,
                HeaderValue::from(wait.div_ceil(1_000).max(1)),
            );
        }
        if let Some(allow) = self
            .allow
            .as_deref()
            .and_then(|allow| HeaderValue::from_str(allow).ok())
        {
            headers.insert(header::ALLOW, allow);
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// What an error without a code of its own is called, by its status.
pub(crate) fn code_of(status: u16) -> &'static str {
    match status {
        400 => "invalid",
        401 => "unauthorized",
        403 => "forbidden",
        404 => "not_found",
        409 => "conflict",
        413 => "too_large",
        429 => "rate_limited",
        503 => "unavailable",
        504 => "timeout",
        500..=599 => "failed",
        _ => "refused",
    }
}

/// Gives an error response its body; leaves any other response alone.
pub(crate) fn render(mut response: Response, request_id: &str) -> Response {
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(error.body(request_id).to_string());
    }
    response
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Conflict(field) => Self::new(
                StatusCode::CONFLICT,
                "conflict",
                format!("{field} is already taken"),
            ),
            StorageError::Full | StorageError::Closed => {
                tracing::error!(%error, "the storage refused");
                Self::unavailable()
            }
            StorageError::Open { .. }
            | StorageError::Migrate(_)
            | StorageError::Secret(_)
            | StorageError::Inconsistent { .. }
            | StorageError::Commit(_)
            | StorageError::Database(_) => {
                tracing::error!(error = chain(&error), "the storage failed");
                Self::internal()
            }
        }
    }
}

impl From<EngineError> for ApiError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::UnknownSession => Self::session_not_found(),
            EngineError::NotFound(message) => Self::new(StatusCode::NOT_FOUND, "not_found", message),
            EngineError::Unavailable {
                message,
                retry_after_ms,
            } => Self {
                retry_after_ms,
                ..Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
            },
            EngineError::Invalid { field, message } => Self::invalid(format!("{field}: {message}")),
            EngineError::NotConnected { .. } => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "session_not_ready",
                "Session not ready",
            ),
            EngineError::AlreadyLinked => Self::new(
                StatusCode::CONFLICT,
                "already_linked",
                "The session is already linked: log out first",
            ),
            EngineError::NotAdmin | EngineError::Conflict(_) => {
                Self::new(StatusCode::CONFLICT, "conflict", error.to_string())
            }
            EngineError::RateLimited { retry_after_ms } => Self {
                retry_after_ms: Some(retry_after_ms),
                ..Self::new(
                    StatusCode::TOO_MANY_REQUESTS,
                    "rate_limited",
                    "Too many requests: try again later",
                )
            },
            EngineError::Rejected { ref code } => {
                Self::new(StatusCode::BAD_GATEWAY, refusal::code(code), error.to_string())
            }
            EngineError::Timeout(what) => Self::timeout(&format!("Timed out waiting for {what}")),
            EngineError::Storage(error) => error.into(),
            EngineError::Internal(cause) => {
                tracing::error!(error = cause, "the engine failed");
                Self::internal()
            }
        }
    }
}

impl From<PluginCallError> for ApiError {
    fn from(error: PluginCallError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after_ms = error.retry_after_ms();
        let (code, message) = match &error {
            PluginCallError::Busy { .. } => ("plugin_busy", error.to_string()),
            PluginCallError::RateLimited { .. } => ("rate_limited", error.to_string()),
            PluginCallError::Suspended { .. } => ("plugin_suspended", error.to_string()),
            PluginCallError::Timeout => ("plugin_timeout", error.to_string()),
            PluginCallError::Trapped
            | PluginCallError::Memory
            | PluginCallError::Crowded
            | PluginCallError::TooLarge
            | PluginCallError::BadAnswer(_) => ("plugin_failed", error.to_string()),
            PluginCallError::Refused(refusal) => (refusal.code(), refusal_text(refusal)),
            PluginCallError::Internal(cause) => {
                tracing::error!(error = cause, "a plugin could not be called");
                ("internal", "Internal Server Error".to_owned())
            }
        };
        Self {
            retry_after_ms,
            ..Self::new(status, code, message)
        }
    }
}

/// A refusal in the words of whoever refused; its class is in `code`.
fn refusal_text(refusal: &HostError) -> String {
    match refusal {
        HostError::Denied(text)
        | HostError::NotFound(text)
        | HostError::Invalid(text)
        | HostError::Conflict(text)
        | HostError::Timeout(text) => text.clone(),
        HostError::Unavailable { message, .. } => message.clone(),
        HostError::RateLimited { .. } => "Too many requests".to_owned(),
        HostError::Internal(cause) => {
            tracing::error!(error = cause, "a plugin reports a failure of the host");
            "Internal Server Error".to_owned()
        }
    }
}

/// An error with its causes, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use axum::http::{StatusCode, header};
    use axum::response::IntoResponse as _;
    use serde_json::json;
    use wagate_engine::EngineError;
    use wagate_plugin_host::PluginCallError;
    use wagate_protocol::error::HostError;
    use wagate_storage::StorageError;

    use super::{ApiError, render};

    #[test]
    fn the_body_is_the_contracts_with_code_and_request_id() {
        assert_eq!(
            ApiError::unauthorized().body("r-1"),
            json!({
                "status": false, "message": "Unauthorized", "error": "Unauthorized",
                "code": "unauthorized", "requestId": "r-1",
            })
        );
        assert_eq!(
            ApiError::invalid("Already connected")
                .with("connected", true)
                .body("r")["connected"],
            json!(true)
        );
    }

    #[tokio::test]
    async fn render_writes_the_body_once_the_id_is_known() {
        let response = render(ApiError::session_not_found().into_response(), "r-2");
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
        let bytes = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(body["message"], "Session not found");
        assert_eq!(body["requestId"], "r-2");
    }

    #[test]
    fn waiting_times_round_up_to_seconds() {
        let response = ApiError::from(PluginCallError::Busy {
            retry_after_ms: 1_200,
        })
        .into_response();
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        let response = ApiError::method_not_allowed("GET, HEAD".to_owned()).into_response();
        assert_eq!(response.headers()[header::ALLOW], "GET, HEAD");
    }

    #[test]
    fn causes_map_to_their_status() {
        let status = |error: ApiError| error.status().as_u16();
        assert_eq!(status(StorageError::Conflict("sessionId").into()), 409);
        assert_eq!(status(StorageError::Full.into()), 503);
        assert_eq!(status(EngineError::UnknownSession.into()), 404);
        assert_eq!(status(EngineError::AlreadyLinked.into()), 409);
        assert_eq!(status(EngineError::Timeout("a pair code").into()), 504);
        assert_eq!(status(EngineError::Internal("x".to_owned()).into()), 500);
        assert_eq!(
            status(PluginCallError::Refused(HostError::Denied("no".to_owned())).into()),
            403
        );
        assert_eq!(status(PluginCallError::Trapped.into()), 502);
    }

    #[test]
    fn a_refusal_keeps_the_plugins_words_and_hides_ours() {
        let refused = |error| ApiError::from(PluginCallError::Refused(error)).body("r");
        assert_eq!(
            refused(HostError::Invalid("keyword is missing".to_owned()))["message"],
            "keyword is missing"
        );
        assert_eq!(
            refused(HostError::Internal("disk 7 burnt".to_owned()))["message"],
            "Internal Server Error"
        );
    }
}
