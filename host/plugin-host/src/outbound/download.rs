//! Downloads: the same checks as any request, more time, and the body goes into a file piece by piece.

use std::time::Duration;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use url::Url;
use wagate_protocol::error::HostError;

use super::client::{self, Response};
use super::hosts::AllowedHosts;
use super::target::Target;
use super::{Outbound, Outgoing, check};
use crate::shelf::ShelfWriter;

/// All hops together, with the body. Longer than a request: files are large.
pub(crate) const MAX_TIME: Duration = Duration::from_mins(1);
const MAX_REDIRECTS: usize = 3;

/// What the server says about the file.
pub(crate) struct Downloaded {
    pub(crate) mime: Option<String>,
    /// The last part of the URL, when it looks like a file's name.
    pub(crate) name: Option<String>,
}

impl Outbound {
    /// Downloads what is behind a URL, within `time`. `file` is the administrator's, for refusals.
    pub(crate) async fn download(
        &self,
        allowed: &AllowedHosts,
        file: &str,
        url: &str,
        into: &mut ShelfWriter,
        time: Duration,
    ) -> Result<Downloaded, HostError> {
        let request = Outgoing {
            method: "GET".to_owned(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout_ms: None,
        };
        let first = check(allowed, file, request)?;
        let host = first.target.host.clone();
        let work = async {
            let (response, target) = self.follow(allowed, file, first, MAX_REDIRECTS).await?;
            let status = response.status();
            if !status.is_success() {
                let text = format!("url: host \"{}\" answered with {status}", target.host);
                return Err(if status.is_client_error() {
                    HostError::Invalid(text)
                } else {
                    HostError::unavailable(text)
                });
            }
            let found = Downloaded {
                mime: mime_of(response.headers()),
                name: name_of(&target.url),
            };
            fill(response, &target, file, into).await?;
            Ok(found)
        };
        tokio::time::timeout(time, work).await.unwrap_or_else(|_| {
            Err(HostError::Timeout(format!(
                "url: host \"{host}\" did not send the whole file in {} s",
                time.as_secs()
            )))
        })
    }
}

async fn fill(
    response: Response,
    target: &Target,
    file: &str,
    into: &mut ShelfWriter,
) -> Result<(), HostError> {
    let mut incoming = response.into_body();
    // Who announces too much is not read at all.
    into.check_size(incoming.size_hint().lower())?;
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| client::explain(false, &error, target, file))?;
        if let Ok(chunk) = frame.into_data() {
            into.write(&chunk).await?;
        }
    }
    Ok(())
}

fn mime_of(headers: &HeaderMap) -> Option<String> {
    headers.get(CONTENT_TYPE)?.to_str().ok().map(str::to_owned)
}

fn name_of(url: &Url) -> Option<String> {
    let last = url.path_segments()?.next_back()?;
    let name = percent_decode(last);
    name.contains('.').then_some(name)
}

/// A name for people: what is no UTF-8 is left as it is.
fn percent_decode(text: &str) -> String {
    let query = format!("x={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(query.as_bytes())
        .next()
        .map_or_else(|| text.to_owned(), |(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn the_name_is_the_last_part_of_the_path() {
        for (url, name) in [
            ("https://a.example/x/photo%20one.jpg?y=1", Some("photo one.jpg")),
            ("https://a.example/a%2Fb.png", Some("a/b.png")),
            ("https://a.example/image?id=1", None),
            ("https://a.example/", None),
        ] {
            assert_eq!(name_of(&url.parse().unwrap()).as_deref(), name, "{url}");
        }
    }
}
