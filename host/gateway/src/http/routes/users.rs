//! `/api/users`: accounts, for superadmins; and `/api/user`: one's own. One file a route, and the shapes they share.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod myself;
pub(crate) mod name;
pub(crate) mod update;
mod view;

use axum::http::StatusCode;
use wagate_storage::StorageError;
use wagate_storage::users::{Role, UserRefusal};

use crate::http::error::ApiError;

fn user_not_found() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "user_not_found", "User not found")
}

fn refused(refusal: UserRefusal) -> ApiError {
    match refusal {
        UserRefusal::Unknown => user_not_found(),
        UserRefusal::LastSuperAdmin => ApiError::new(
            StatusCode::CONFLICT,
            "last_superadmin",
            "The last SUPERADMIN stays one: make another first",
        ),
    }
}

/// The contract's words for an address that is taken.
fn email_taken(error: StorageError) -> ApiError {
    match error {
        StorageError::Conflict("email") => {
            ApiError::new(StatusCode::BAD_REQUEST, "email_taken", "Email already exists")
        }
        error => error.into(),
    }
}

fn checked_role(given: &str) -> Result<Role, ApiError> {
    Role::parse(given).ok_or_else(|| ApiError::invalid("role must be SUPERADMIN, OWNER or STAFF"))
}
