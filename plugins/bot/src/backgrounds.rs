//! Pictures without their background: remove.bg, with the session's own key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use wagate_plugin_api::http::Outgoing;
use wagate_plugin_api::{Error, Host};

const URL: &str = "https://api.remove.bg/v1.0/removebg";
/// In base64 it has to fit into one request.
const MAX_PICTURE: usize = 7 * 1024 * 1024;
const TIMEOUT_MS: u32 = 10_000;

/// A new handle. The text of a refusal is for the person who asked.
pub(crate) fn removed(host: &dyn Host, key: &str, handle: &str) -> Result<String, Error> {
    let picture = host.media_get(handle)?;
    if picture.len() > MAX_PICTURE {
        return Err(Error::bad_request("the picture is too large for remove.bg"));
    }
    let body = json!({ "image_file_b64": BASE64.encode(&picture), "size": "auto", "format": "png" });
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let answer = host.fetch(&Outgoing {
        method: "POST".to_owned(),
        url: URL.to_owned(),
        headers: vec![
            header("content-type", "application/json"),
            header("accept", "image/png"),
            header("x-api-key", key),
        ],
        body: body.to_string().into_bytes(),
        timeout_ms: Some(TIMEOUT_MS),
        ext: Vec::new(),
    })?;
    if answer.status != 200 {
        return Err(Error::bad_request(format!(
            "remove.bg answered {}",
            answer.status
        )));
    }
    Ok(host.media_put(&answer.body, "image/png", None)?.handle)
}
