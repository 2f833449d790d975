//! Bodies that say on or off.

use wagate_plugin_api::{Body, Error, Request};

/// Whether there is nothing in the body at all, as some clients write a plain "do it".
pub(crate) fn is_bodyless(request: &Request) -> bool {
    match &request.body {
        Body::None => true,
        Body::Text(text) => text.trim().is_empty(),
        Body::Bytes(bytes) => bytes.trim_ascii().is_empty(),
    }
}

/// What the field says: on, when there is no body. A body without the field is a 400 in the contract's words.
pub(crate) fn wanted(request: &Request, field: &str, value: Option<bool>) -> Result<bool, Error> {
    match value {
        Some(on) => Ok(on),
        None if is_bodyless(request) => Ok(true),
        None => Err(Error::bad_request(format!("{field} (boolean) is required"))),
    }
}
