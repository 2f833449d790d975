//! Errors of the control API: `{"error": "...", "field": "..."}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::accounts::AccountId;
use crate::pairing::PairingError;
use crate::phone::PhoneError;
use crate::state::State;

/// Why a request was not served.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(skip)]
    status: u16,
}

impl Failure {
    pub(super) fn new(status: u16, error: impl Into<String>) -> Self {
        Self {
            error: error.into(),
            field: None,
            status,
        }
    }

    /// A field of the request is wrong.
    pub(super) fn field(field: &'static str, error: impl Into<String>) -> Self {
        Self {
            error: format!("{field}: {}", error.into()),
            field: Some(field),
            status: 400,
        }
    }

    pub(super) fn not_found(error: impl Into<String>) -> Self {
        Self::new(404, error)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self)).into_response()
    }
}

impl From<PhoneError> for Failure {
    fn from(error: PhoneError) -> Self {
        Self::new(500, format!("the phone failed: {error:?}"))
    }
}

impl From<PairingError> for Failure {
    fn from(error: PairingError) -> Self {
        let (status, field) = match &error {
            PairingError::Malformed(_) => (400, Some("qr")),
            PairingError::NobodyWaits => (404, Some("qr")),
            PairingError::NoCode => (404, None),
            PairingError::WrongCode => (400, Some("code")),
            PairingError::Phone(_) => (500, None),
        };
        Self {
            error: error.to_string(),
            field,
            status,
        }
    }
}

/// The phone a path names.
pub(super) fn phone(state: &State, number: &str) -> Result<AccountId, Failure> {
    state
        .accounts
        .by_number(number)
        .ok_or_else(|| Failure::not_found(format!("there is no phone {number}")))
}
