//! `PUT /api/groups/{sessionId}/{jid}/description`

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Groups, named, refusal};

/// Longest description of the contract, in characters.
const MAX_DESCRIPTION: usize = 512;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    /// Not lenient: what is no text must not remove the description.
    description: Option<String>,
}

/// An empty one, or none, removes it.
pub(crate) fn update(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let description = form.description.filter(|text| !text.is_empty());
    if description
        .as_ref()
        .is_some_and(|text| text.chars().count() > MAX_DESCRIPTION)
    {
        return Err(Error::bad_request(format!(
            "Description must be {MAX_DESCRIPTION} characters or less"
        )));
    }
    let group = named::group(request)?;
    let set = host.group_set_description(&request.session()?.id, &group, description.as_deref());
    refusal::as_admin(set, "update group description")?;
    let message = match description {
        Some(_) => "Group description updated successfully",
        None => "Group description removed",
    };
    Response::with_fields(&json!({ "message": message, "description": description }))
}
