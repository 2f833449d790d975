//! `nobg`: the background is taken away at remove.bg, with the session's own key.

use serde::Deserialize;
use wagate_plugin_api::http::{Answer, Outgoing};
use wagate_plugin_api::media::{Info, Recipe};
use wagate_plugin_api::{Error, Host};

const URL: &str = "https://api.remove.bg/v1.0/removebg";
/// The most a request may take.
const TIMEOUT_MS: u32 = 10_000;
/// What is larger is made smaller first: the request must have room for it.
const MAX_BYTES: u64 = 6 * 1024 * 1024;
const SMALLER: (u32, u8) = (1600, 90);
/// What remove.bg reads.
const FORMATS: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];
/// Longest text of theirs that is passed on, in characters.
const MAX_TITLE: usize = 200;

/// What they say when they refuse.
#[derive(Debug, Deserialize)]
struct Refusal {
    #[serde(default)]
    errors: Vec<Cause>,
}

#[derive(Debug, Deserialize)]
struct Cause {
    #[serde(default)]
    title: String,
}

/// The picture without its background, behind a new handle. What is made on the way goes into `handles`.
pub(crate) fn remove(
    host: &dyn Host,
    key: &str,
    picture: &Info,
    handles: &mut Vec<String>,
) -> Result<Info, Error> {
    let mut picture = picture.clone();
    if picture.bytes > MAX_BYTES || !FORMATS.contains(&picture.mime_type.as_str()) {
        picture = host.media_transcode(&picture.handle, &Recipe::Jpeg(SMALLER))?;
        handles.push(picture.handle.clone());
    }
    let content = host.media_get(&picture.handle)?;
    let boundary = format!("wagate{}", host.unique_id());
    let answer = host.fetch(&Outgoing {
        method: "POST".to_owned(),
        url: URL.to_owned(),
        headers: vec![
            ("x-api-key".to_owned(), key.to_owned()),
            ("accept".to_owned(), "image/png".to_owned()),
            (
                "content-type".to_owned(),
                format!("multipart/form-data; boundary={boundary}"),
            ),
        ],
        body: form(&boundary, &picture.mime_type, &content),
        timeout_ms: Some(TIMEOUT_MS),
        ext: Vec::new(),
    })?;
    if answer.status != 200 {
        return Err(refusal(&answer));
    }
    let made = host.media_put(&answer.body, "image/png", None)?;
    handles.push(made.handle.clone());
    Ok(made)
}

fn form(boundary: &str, mime_type: &str, content: &[u8]) -> Vec<u8> {
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"size\"\r\n\r\nauto\r\n\
         --{boundary}\r\ncontent-disposition: form-data; name=\"image_file\"; filename=\"picture\"\r\n\
         content-type: {mime_type}\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    [head.as_bytes(), content, tail.as_bytes()].concat()
}

/// The picture is theirs to refuse (422), the key and its credit are the session's (409), the rest may pass (503).
fn refusal(answer: &Answer) -> Error {
    let status = match answer.status {
        400 | 413 | 415 | 422 => 422,
        401..=403 => 409,
        _ => 503,
    };
    let said: Option<Refusal> = serde_json::from_slice(&answer.body).ok();
    let title = said
        .and_then(|said| said.errors.into_iter().next())
        .map(|cause| cause.title);
    let title: String = title.unwrap_or_default().chars().take(MAX_TITLE).collect();
    let colon = if title.is_empty() { "" } else { ": " };
    Error::Answer {
        status,
        message: format!("nobg: remove.bg answered {}{colon}{title}", answer.status),
    }
}
