//! `GET` and `PUT /api/groups/{sessionId}/{jid}/invite`

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Groups, named, refusal};

/// What stands before the code in a link.
const INVITE_LINK: &str = "https://chat.whatsapp.com/";

pub(crate) fn read(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let code = code(host, request, false, "fetch invite code")?;
    Response::with_fields(&json!({
        "message": "Invite code retrieved successfully",
        "inviteCode": code,
        "inviteUrl": url_of(&code),
    }))
}

/// The old one leads nowhere from then on.
pub(crate) fn revoke(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let code = code(host, request, true, "revoke invite code")?;
    Response::with_fields(&json!({
        "message": "Invite code revoked successfully",
        "newInviteCode": code,
        "inviteUrl": url_of(&code),
    }))
}

pub(super) fn url_of(code: &str) -> String {
    format!("{INVITE_LINK}{code}")
}

fn code(host: &dyn Host, request: &Request, revoke: bool, deed: &str) -> Result<String, Error> {
    let group = named::group(request)?;
    refusal::as_admin(
        host.group_invite_code(&request.session()?.id, &group, revoke),
        deed,
    )
}
