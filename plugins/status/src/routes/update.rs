//! `POST /api/status/{sessionId}/update`, `POST /api/status/update`

use serde_json::json;
use wagate_plugin_api::status::Post;
use wagate_plugin_api::{Error, Host, HostError, Request, Response};

use crate::Status;
use crate::form::{self, Shown, Source};

/// Answers once the server has accepted it.
pub(crate) fn update(_plugin: &Status, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let wanted = form::read(request)?;
    let session = &request.session()?.id;
    let text = match &wanted.shown {
        Shown::Text { text, .. } => text.clone(),
        Shown::Image(_, caption) | Shown::Video(_, caption) => caption.clone().unwrap_or_default(),
    };
    let post = match wanted.shown {
        Shown::Text {
            text,
            background,
            font,
        } => Post::Text((text, background, font)),
        Shown::Image(source, caption) => Post::Image((fetched(host, source, "image/")?, caption)),
        Shown::Video(source, caption) => Post::Video((fetched(host, source, "video/")?, caption)),
    };
    let sent = host.status_send(session, &post, &wanted.people);
    if let Post::Image((handle, _)) | Post::Video((handle, _)) = &post {
        // It would take room for a day; what was posted has a copy of its own.
        let _ = host.media_drop(handle);
    }
    Response::data("Operation successful", &json!({ "id": sent?, "text": text }))
}

/// A handle of a file of this kind.
fn fetched(host: &dyn Host, source: Source, kind: &str) -> Result<String, Error> {
    let url = match source {
        // The host makes sure that it is what it has to be.
        Source::Handle(handle) => return Ok(handle),
        Source::Url(url) => url,
    };
    let file = host.media_fetch_url(&url).map_err(|error| match error {
        HostError::NotFound(text) => Error::bad_request(format!("mediaUrl: {text}")),
        other => Error::Host(other),
    })?;
    if file.mime_type.starts_with(kind) {
        return Ok(file.handle);
    }
    let _ = host.media_drop(&file.handle);
    let wanted = kind.trim_end_matches('/');
    Err(Error::bad_request(format!(
        "mediaUrl: must lead to a file of type {wanted}, not {}",
        file.mime_type
    )))
}
