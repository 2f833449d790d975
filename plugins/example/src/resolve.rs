//! Finds the session of a request to a route with `session = "resolved"`. Runs without rights on any session: only the
//! plugin's own store can be asked.

use wagate_plugin_api::{Error, Host, Request};

use crate::reminders;

/// The session of the reminder in the path. The host then checks that the caller may use it.
pub(crate) fn resolve_session(host: &dyn Host, request: &Request) -> Result<Option<String>, Error> {
    reminders::owner(host, request.param("id")?)
}
