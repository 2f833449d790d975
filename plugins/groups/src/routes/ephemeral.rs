//! `PUT /api/groups/{sessionId}/{jid}/ephemeral`

use serde::Deserialize;
use serde_json::{Value, json};
use wagate_plugin_api::groups::Setting;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Groups, named, refusal};

/// The timers there are: seconds, and what they are called.
const TIMERS: [(u32, &str); 4] = [
    (0, "off"),
    (86_400, "1 day"),
    (604_800, "7 days"),
    (7_776_000, "90 days"),
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    expiration: Option<Value>,
}

pub(crate) fn update(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let asked = form.expiration.filter(|asked| !asked.is_null());
    let asked = asked.ok_or_else(|| Error::bad_request("expiration is required"))?;
    let known = TIMERS
        .into_iter()
        .find(|(seconds, _)| asked.as_u64() == Some(u64::from(*seconds)));
    let (seconds, label) = known.ok_or_else(invalid)?;
    let group = named::group(request)?;
    let set = host.group_set(&request.session()?.id, &group, Setting::EphemeralSeconds(seconds));
    refusal::as_admin(set, "toggle ephemeral messages")?;
    let state = if seconds == 0 { "disabled" } else { "enabled" };
    Response::with_fields(&json!({
        "message": format!("Disappearing messages {state}"),
        "expiration": seconds,
        "expirationLabel": label,
    }))
}

fn invalid() -> Error {
    let choices: Vec<String> = TIMERS
        .iter()
        .map(|(seconds, label)| format!("{seconds} ({label})"))
        .collect();
    let (last, first) = choices
        .split_last()
        .map_or(("", &[][..]), |(last, first)| (last.as_str(), first));
    Error::bad_request(format!(
        "Invalid expiration. Must be {}, or {last}",
        first.join(", ")
    ))
}
