//! Requests to other servers, for plugins: only where the administrator allows it, and only with bounds.
//!
//! A request is checked before anything is sent (`target`, `headers`); a name is resolved once, judged by all its
//! addresses (`address`), and connected to these alone (`client`). A redirect goes through the same checks again.
//! Module order: `address -> patterns -> hosts -> target, headers -> client -> redirect`.

mod address;
mod client;
mod headers;
mod hosts;
mod patterns;
mod redirect;
mod target;
#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use wagate_protocol::error::HostError;

use client::{Client, Hop, MAX_BODY};
pub(crate) use hosts::AllowedHosts;
pub(crate) use patterns::{HostPattern, PrivateHost};
use target::Target;

const MAX_REDIRECTS: usize = 5;
/// All hops together, with the body of the last answer. A request may ask for less.
const MAX_TIME_MS: u32 = 10_000;
const METHODS: [Method; 7] = [
    Method::DELETE,
    Method::GET,
    Method::HEAD,
    Method::OPTIONS,
    Method::PATCH,
    Method::POST,
    Method::PUT,
];

/// A request as a plugin wrote it. No `Debug`: it may hold secrets.
pub(crate) struct Outgoing {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// At most 10,000, which is also the default.
    pub(crate) timeout_ms: Option<u32>,
}

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Where the redirects ended.
    pub(crate) url: String,
}

/// The one client of the host; clones share its connections.
#[derive(Clone)]
pub(crate) struct Outbound {
    client: Client,
}

impl Outbound {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Self::with_lookup(&client::system_lookup())
    }

    fn with_lookup(lookup: &client::Lookup) -> anyhow::Result<Self> {
        let client = Client::new(lookup)?;
        Ok(Self { client })
    }

    /// Sends a request and follows its redirects. `file` is the administrator's, for refusals.
    pub(crate) async fn fetch(
        &self,
        allowed: &AllowedHosts,
        file: &str,
        request: Outgoing,
    ) -> Result<Answer, HostError> {
        let time_ms = request.timeout_ms.unwrap_or(MAX_TIME_MS);
        if !(1..=MAX_TIME_MS).contains(&time_ms) {
            return Err(HostError::Invalid(format!("timeout-ms: 1 to {MAX_TIME_MS}")));
        }
        let first = check(allowed, file, request)?;
        let host = first.target.host.clone();
        let time = Duration::from_millis(time_ms.into());
        let Ok(done) = tokio::time::timeout(time, self.follow(allowed, file, first)).await else {
            return Err(HostError::Timeout(format!(
                "host \"{host}\" gave no whole answer in {time_ms} ms: what was asked may have happened"
            )));
        };
        done
    }

    async fn follow(&self, allowed: &AllowedHosts, file: &str, first: Hop) -> Result<Answer, HostError> {
        let mut hop = first;
        for _ in 0..=MAX_REDIRECTS {
            let response = self.client.send(&hop, file).await?;
            let status = response.status();
            let Some(location) = client::redirects_to(&response) else {
                let headers = headers::of_answer(response.headers());
                let body = client::read(response, &hop.target, file).await?;
                return Ok(Answer {
                    status: status.as_u16(),
                    headers,
                    body,
                    url: hop.target.url.into(),
                });
            };
            let to = target::follow(&hop.target.url, location)
                .and_then(|url| Target::check(url, allowed, file))
                .map_err(|error| after_redirect(error, &hop.target.host))?;
            hop = redirect::next(hop, status, to)?;
        }
        Err(HostError::Invalid(format!(
            "more than {MAX_REDIRECTS} redirects, the last one to host \"{}\"",
            hop.target.host
        )))
    }
}

/// Checks all that can be checked before a name is resolved.
fn check(allowed: &AllowedHosts, file: &str, request: Outgoing) -> Result<Hop, HostError> {
    let method = METHODS
        .iter()
        .find(|method| request.method.eq_ignore_ascii_case(method.as_str()))
        .ok_or_else(|| {
            let known = METHODS.iter().map(Method::as_str).collect::<Vec<_>>();
            HostError::Invalid(format!("method: one of {}", known.join(", ")))
        })?;
    if request.body.len() > MAX_BODY {
        return Err(HostError::Invalid(format!("body: at most {MAX_BODY} bytes")));
    }
    let headers = headers::check(request.headers)?;
    let url = target::parse(&request.url)?;
    Ok(Hop {
        method: method.clone(),
        target: Target::check(url, allowed, file)?,
        headers,
        body: Bytes::from(request.body),
    })
}

/// A refusal that the plugin's own URL does not explain.
fn after_redirect(error: HostError, host: &str) -> HostError {
    let explained = |text| format!("host \"{host}\" redirects: {text}");
    match error {
        HostError::Denied(text) => HostError::Denied(explained(text)),
        HostError::Invalid(text) => HostError::Invalid(explained(text)),
        other => other,
    }
}
