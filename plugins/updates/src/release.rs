//! The newest version, as the server that the administrator names has it.

use serde::Deserialize;
use wagate_plugin_api::http::Outgoing;
use wagate_plugin_api::{Error, Host, HostError};

use crate::version::Version;

const TIMEOUT_MS: u32 = 10_000;
/// The longest answer that is read.
const MAX_BYTES: usize = 1024 * 1024;
const MAX_TAG: usize = 64;
const MAX_URL: usize = 2048;

/// What is read of the answer: the release pages of code hosts say `tag_name` and `html_url`.
#[derive(Debug, Deserialize)]
pub(crate) struct Release {
    #[serde(alias = "version")]
    tag_name: String,
    #[serde(default, alias = "url")]
    html_url: Option<String>,
}

/// The newest version.
#[derive(Debug)]
pub(crate) struct Newest {
    pub(crate) tag: String,
    pub(crate) version: Version,
    /// Where people can read about it.
    pub(crate) page: Option<String>,
}

/// Asks for it.
pub(crate) fn newest(host: &dyn Host, url: &str) -> Result<Newest, Error> {
    let answer = host.fetch(&Outgoing {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: vec![("accept".to_owned(), "application/json".to_owned())],
        body: Vec::new(),
        timeout_ms: Some(TIMEOUT_MS),
        ext: Vec::new(),
    });
    let answer = answer.map_err(|error| match error {
        HostError::Unavailable { message, .. } | HostError::Timeout(message) => failed(&message),
        // A matter of the administrator's files, not of who asks.
        HostError::Denied(text) | HostError::Invalid(text) => {
            Error::conflict(format!("Could not fetch release: {text}"))
        }
        error => error.into(),
    })?;
    if answer.status != 200 {
        return Err(failed(&format!("the server answered {}", answer.status)));
    }
    if answer.body.len() > MAX_BYTES {
        return Err(failed(&format!("the answer has more than {MAX_BYTES} bytes")));
    }
    let release: Release = serde_json::from_slice(&answer.body)
        .map_err(|_| failed("the answer is no JSON object with tag_name or version"))?;
    let version = Version::parse(&release.tag_name).filter(|_| release.tag_name.len() <= MAX_TAG);
    let version = version.ok_or_else(|| failed("tag_name is no version such as 1.2.3"))?;
    let page = release
        .html_url
        .filter(|page| page.starts_with("https://") && page.len() <= MAX_URL);
    Ok(Newest {
        tag: release.tag_name.trim().to_owned(),
        version,
        page,
    })
}

fn failed(why: &str) -> Error {
    Error::Answer {
        status: 503,
        message: format!("Could not fetch release: {why}"),
    }
}
