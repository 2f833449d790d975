//! Refusals in the contract's words.

use wagate_plugin_api::{Error, HostError};

/// The host's words for a session that is not connected, and the contract's on these routes.
const NOT_READY: &str = "Session not ready";
const NOT_CONNECTED: &str = "WhatsApp instance not connected";

/// The same answer, with the contract's text where it has one of its own.
pub(crate) fn of<T>(done: Result<T, HostError>) -> Result<T, Error> {
    done.map_err(|error| match error {
        HostError::Unavailable {
            message,
            retry_after_ms,
        } if message == NOT_READY => Error::Host(HostError::Unavailable {
            message: NOT_CONNECTED.to_owned(),
            retry_after_ms,
        }),
        other => Error::Host(other),
    })
}
