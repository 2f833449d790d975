//! The session of a request whose path may name a label instead.

use wagate_plugin_api::{Error, Request};

use crate::shelf::IDS;

pub(crate) fn session(request: &Request) -> Result<Option<String>, Error> {
    if let Ok(label) = request.param("labelId") {
        let session = IDS.session_of(label);
        return session
            .map(Some)
            .ok_or_else(|| Error::not_found("Label not found"));
    }
    let segment = request.param("sessionId")?;
    Ok(Some(IDS.session_named(segment)))
}

/// The label that the segment of a session names in the older form.
pub(crate) fn legacy_label(request: &Request) -> Result<Option<&str>, Error> {
    let segment = request.param("sessionId")?;
    Ok(IDS.session_of(segment).map(|_| segment))
}
