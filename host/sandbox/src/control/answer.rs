//! Errors of the control API: `{"error": "...", "field": "..."}`.

use std::borrow::Cow;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::accounts::AccountId;
use crate::groups::GroupError;
use crate::media::MediaError;
use crate::pairing::PairingError;
use crate::phone::PhoneError;
use crate::phone::content::spec::Wrong;
use crate::phone::media::Unprepared;
use crate::state::State;

/// Why a request was not served.
#[derive(Debug, Serialize)]
pub(super) struct Failure {
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<Cow<'static, str>>,
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
    pub(super) fn field(field: impl Into<Cow<'static, str>>, error: impl Into<String>) -> Self {
        let field = field.into();
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
        match error {
            PhoneError::Group(error) => error.into(),
            error => Self::new(500, format!("the phone failed: {error:?}")),
        }
    }
}

impl From<GroupError> for Failure {
    fn from(error: GroupError) -> Self {
        // "Not modified" is a success in HTTP, and here it is none.
        let status = match error {
            GroupError::AlreadyMember | GroupError::Full => 409,
            error => error.code(),
        };
        Self::new(status, format!("the group refused it: {}", error.text()))
    }
}

impl From<PairingError> for Failure {
    fn from(error: PairingError) -> Self {
        let (status, field) = match &error {
            PairingError::Malformed(_) => (400, Some("qr")),
            PairingError::NobodyWaits => (404, Some("qr")),
            PairingError::NoCode => (404, None),
            PairingError::WrongCode => (400, Some("code")),
            PairingError::PasskeyDemanded => (409, None),
            PairingError::Phone(_) => (500, None),
        };
        Self {
            error: error.to_string(),
            field: field.map(Cow::Borrowed),
            status,
        }
    }
}

impl From<Wrong> for Failure {
    fn from(wrong: Wrong) -> Self {
        Self::field(wrong.field, wrong.error)
    }
}

impl From<MediaError> for Failure {
    fn from(error: MediaError) -> Self {
        Self::new(error.status().as_u16(), error.to_string())
    }
}

impl From<Unprepared> for Failure {
    fn from(error: Unprepared) -> Self {
        match error {
            Unprepared::Wrong(wrong) => wrong.into(),
            Unprepared::Media(error) => error.into(),
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
