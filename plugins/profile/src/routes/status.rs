//! `PUT /api/profile/{sessionId}/status`

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use crate::{Profile, refusal};

/// Longest about text, in characters.
const MAX_STATUS: usize = 139;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    #[serde(deserialize_with = "lenient")]
    status: Option<String>,
}

/// An empty one removes it.
pub(crate) fn update(_plugin: &Profile, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let about = form
        .status
        .ok_or_else(|| Error::bad_request("Status text is required"))?;
    if about.chars().count() > MAX_STATUS {
        return Err(Error::bad_request(format!(
            "Status text must be {MAX_STATUS} characters or less"
        )));
    }
    refusal::of(host.profile_set_about(&request.session()?.id, &about))?;
    Response::data("Profile status updated", &json!({ "text": about }))
}
