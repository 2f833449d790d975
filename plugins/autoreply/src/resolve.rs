//! The session of a request whose path may name a rule instead.

use wagate_plugin_api::{Error, Request};

use crate::shelf::IDS;

pub(crate) fn session(request: &Request) -> Result<Option<String>, Error> {
    let segment = request.param("sessionId")?;
    Ok(Some(IDS.session_named(segment)))
}

/// The rule that the segment of a session names in the older form.
pub(crate) fn legacy_rule(request: &Request) -> Result<Option<&str>, Error> {
    let segment = request.param("sessionId")?;
    Ok(IDS.session_of(segment).map(|_| segment))
}
