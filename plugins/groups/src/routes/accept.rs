//! `POST /api/groups/{sessionId}/invite/accept`

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::{Error, Host, HostError, Request, Response, lenient};

use crate::Groups;

/// Longest code or link, in bytes.
const MAX_CODE: usize = 256;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Form {
    #[serde(deserialize_with = "lenient")]
    invite_code: Option<String>,
    /// What the n8n node calls it.
    #[serde(deserialize_with = "lenient")]
    code: Option<String>,
}

/// By code or link.
pub(crate) fn accept(_plugin: &Groups, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let code = form.invite_code.or(form.code).map(|code| code.trim().to_owned());
    let code = code.filter(|code| !code.is_empty());
    let code = code.ok_or_else(|| Error::bad_request("inviteCode is required"))?;
    if code.len() > MAX_CODE {
        return Err(Error::bad_request(format!(
            "inviteCode: at most {MAX_CODE} bytes"
        )));
    }
    let joined = host.group_accept_invite(&request.session()?.id, &code);
    let group = joined.map_err(|error| match error {
        HostError::NotFound(_) => Error::bad_request("Invalid or expired invite code"),
        other => Error::Host(other),
    })?;
    Response::with_fields(&json!({
        "message": "Group invite accepted successfully",
        "data": { "groupJid": group },
        "groupJid": group,
    }))
}
