//! `PUT` and `DELETE /api/profile/{sessionId}/picture`

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response, picture};

use crate::{Profile, refusal};

/// What the field is called: by the contract's living server, and by its document.
const FIELDS: [&str; 2] = ["image", "file"];

const UPDATED: &str = "Profile picture updated";
const REMOVED: &str = "Profile picture removed";

/// A form with a file, or `url`: in the form, or in a JSON body.
pub(crate) fn update(_plugin: &Profile, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let jpeg = picture::square_jpeg(host, request, &FIELDS, "Image is required")?;
    refusal::of(host.profile_set_picture(&request.session()?.id, Some(&jpeg)))?;
    Response::data(UPDATED, &json!({ "text": UPDATED }))
}

pub(crate) fn remove(_plugin: &Profile, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    refusal::of(host.profile_set_picture(&request.session()?.id, None))?;
    Response::data(REMOVED, &json!({ "text": REMOVED }))
}
