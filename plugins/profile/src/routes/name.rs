//! `PUT /api/profile/{sessionId}/name`

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use crate::{Profile, refusal};

/// Longest name, in characters.
const MAX_NAME: usize = 25;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    #[serde(deserialize_with = "lenient")]
    name: Option<String>,
}

pub(crate) fn update(_plugin: &Profile, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let name = form
        .name
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Error::bad_request("Name is required"))?;
    if name.chars().count() > MAX_NAME {
        return Err(Error::bad_request(format!(
            "Name must be {MAX_NAME} characters or less"
        )));
    }
    refusal::of(host.profile_set_name(&request.session()?.id, &name))?;
    Response::data("Profile name updated", &json!({ "text": name }))
}
