//! `PUT` and `DELETE /api/groups/{sessionId}/{jid}/picture`

use wagate_plugin_api::{Error, Host, Request, Response, picture};

use crate::{Groups, named, refusal};

/// The contract's field, and what clients call it otherwise.
const FIELDS: [&str; 2] = ["file", "image"];

/// A form with a file, or `url`: in the form, or in a JSON body.
pub(crate) fn update(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let group = named::group(request)?;
    let jpeg = picture::square_jpeg(host, request, &FIELDS, "file is required")?;
    let set = host.group_set_picture(&request.session()?.id, &group, Some(&jpeg));
    refusal::as_admin(set, "update group picture")?;
    Response::message("Group picture updated successfully")
}

pub(crate) fn remove(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let group = named::group(request)?;
    let set = host.group_set_picture(&request.session()?.id, &group, None);
    refusal::as_admin(set, "remove group picture")?;
    Response::message("Group picture removed successfully")
}
