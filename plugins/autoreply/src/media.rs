//! The file of a rule.

use serde::{Deserialize, Serialize};
use wagate_plugin_api::media::Info;
use wagate_plugin_api::messages::Content;
use wagate_plugin_api::{Error, Host};

/// Longest address of one.
const MAX_URL: usize = 2048;
const NAMELESS: &str = "file";

/// As what it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MediaType {
    Image,
    Video,
    Audio,
    Document,
}

/// Whether this can be the address of a file; whether the server may be asked is the host's affair.
pub(crate) fn check_url(url: &str) -> Result<(), String> {
    let has_host = |rest: &str| !rest.is_empty() && !rest.starts_with('/');
    let lower = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    let is_web = ["http://", "https://"]
        .into_iter()
        .any(|scheme| lower.starts_with(scheme) && url.get(scheme.len()..).is_some_and(has_host));
    if url.len() > MAX_URL || !is_web {
        return Err(format!(
            "must be an http or https address of at most {MAX_URL} bytes"
        ));
    }
    Ok(())
}

/// Downloads it: its handle, and the message it becomes.
pub(crate) fn content(
    host: &dyn Host,
    url: &str,
    wanted: Option<MediaType>,
    caption: Option<&str>,
) -> Result<(String, Content), Error> {
    let info = host.media_fetch_url(url)?;
    let caption = caption.map(str::to_owned);
    let handle = info.handle.clone();
    let content = match wanted.unwrap_or_else(|| type_of(&info.mime_type)) {
        MediaType::Image => Content::Image((handle, caption)),
        MediaType::Video => Content::Video((handle, caption)),
        MediaType::Audio => Content::Audio(handle),
        MediaType::Document => Content::Document((handle, file_name(&info, url), caption)),
    };
    Ok((info.handle, content))
}

fn type_of(mime_type: &str) -> MediaType {
    match mime_type.split('/').next() {
        Some("image") => MediaType::Image,
        Some("video") => MediaType::Video,
        Some("audio") => MediaType::Audio,
        _ => MediaType::Document,
    }
}

fn file_name(info: &Info, url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().filter(|name| name.contains('.'));
    let known = info.file_name.as_deref().or(last).unwrap_or(NAMELESS);
    known.to_owned()
}
