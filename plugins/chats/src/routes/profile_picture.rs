//! `POST /api/chat/{sessionId}/{jid}/profile-picture`

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response, jid};

use crate::Chats;

pub(crate) fn profile_picture(
    _plugin: &Chats,
    host: &dyn Host,
    request: &Request,
) -> Result<Response, Error> {
    let chat = jid::recipient(request.param("jid")?, "jid")?;
    let url = host.contact_picture_url(&request.session()?.id, &chat, false)?;
    let message = match &url {
        Some(_) => "Profile picture found",
        None => "No profile picture found",
    };
    Response::with_fields(&json!({ "message": message, "jid": chat, "profilePicUrl": url }))
}
