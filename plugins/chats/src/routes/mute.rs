//! `PUT /api/chat/{sessionId}/{jid}/mute`

use serde::Deserialize;
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use crate::{Chats, switch};

/// Of a mute that names none.
const DEFAULT_SECONDS: u32 = 8 * 3600;
/// Ten years.
const MAX_SECONDS: u32 = 10 * 365 * 24 * 3600;

#[derive(Debug, Deserialize)]
struct Form {
    #[serde(default, deserialize_with = "lenient")]
    mute: Option<bool>,
    duration: Option<serde_json::Value>,
}

pub(crate) fn mute(_plugin: &Chats, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let on = switch::wanted(request, "mute", form.mute)?;
    let seconds = seconds(form.duration.as_ref())?;
    let until = on.then(|| host.now_ms() + i64::from(seconds) * 1000);
    host.chat_mute(&request.session()?.id, request.param("jid")?, until)?;
    Response::message(if on {
        "Chat muted successfully"
    } else {
        "Chat unmuted successfully"
    })
}

/// 0 is no duration, as in the contract.
fn seconds(duration: Option<&serde_json::Value>) -> Result<u32, Error> {
    let Some(written) = duration.filter(|written| !written.is_null()) else {
        return Ok(DEFAULT_SECONDS);
    };
    match written.as_u64().and_then(|seconds| u32::try_from(seconds).ok()) {
        Some(0) => Ok(DEFAULT_SECONDS),
        Some(seconds) if seconds <= MAX_SECONDS => Ok(seconds),
        _ => Err(Error::bad_request(format!(
            "duration: must be a whole number of seconds, at most {MAX_SECONDS}"
        ))),
    }
}
