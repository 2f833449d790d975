//! Refusals in the contract's words.

use wagate_plugin_api::{Error, HostError};

/// How the host's refusal begins when the account is no admin of the group.
const NOT_ADMIN: &str = "Bot must be admin";

/// What only an admin may do: without being one, a 403 that says `Bot must be admin to <deed>`.
pub(crate) fn as_admin<T>(done: Result<T, HostError>, deed: &str) -> Result<T, Error> {
    done.map_err(|error| match error {
        HostError::Conflict(text) if text.starts_with(NOT_ADMIN) => Error::Answer {
            status: 403,
            message: format!("{NOT_ADMIN} to {deed}"),
        },
        other => Error::Host(other),
    })
}
