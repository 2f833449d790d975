//! `alwaysOnline`.

use wagate_plugin_api::chats::Presence;
use wagate_plugin_api::{Error, Host, HostError, Level};

/// The call wants a chat and does not look at it: being available is of the account.
const ANY_CHAT: &str = "12025550100@s.whatsapp.net";

/// Shows the account as available, or not any more.
pub(crate) fn show(host: &dyn Host, session: &str, on: bool) -> Result<(), Error> {
    let own = host.session(session)?.pn;
    let presence = if on {
        Presence::Available
    } else {
        Presence::Unavailable
    };
    match host.chat_set_presence(session, own.as_deref().unwrap_or(ANY_CHAT), presence) {
        // The session's own settings have the last word: it wants to be seen by nobody.
        Ok(()) | Err(HostError::Conflict(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// After the setting was changed. A session that is not connected shows it when it is.
pub(crate) fn show_now(host: &dyn Host, session: &str, on: bool) {
    if let Err(error) = show(host, session, on) {
        host.log(
            Level::Info,
            &format!("presence is shown with the next connection: {error}"),
        );
    }
}
