//! `GET /api/profile/{sessionId}`

use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response, ext};

use crate::{Profile, refusal};

/// `status` is the about text, as the contract's document has it; `data` is what its living server answers.
pub(crate) fn get(_plugin: &Profile, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let profile = refusal::of(host.profile(&request.session()?.id))?;
    let name = profile.name.unwrap_or_default();
    let about = profile.about.unwrap_or_default();
    Response::with_fields(&json!({
        "jid": profile.jid,
        "lid": ext(&profile.ext, "lid"),
        "status": { "text": about },
        "data": {
            "name": name,
            "pushname": name,
            "status": about,
            "pictureUrl": profile.picture_url.unwrap_or_default(),
        },
    }))
}
