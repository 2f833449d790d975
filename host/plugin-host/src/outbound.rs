//! Requests to other servers, for plugins: only where the administrator allows it, and only with bounds.
//!
//! A request is checked before anything is sent (`target`, `headers`); a name is resolved once, judged by all its
//! addresses (`address`), and connected to these alone (`client`). A redirect goes through the same checks again.
//! POSTs of deliveries go another way (`post`): to any public server, and to the private networks the gateway's settings
//! open; without redirects.
//! Module order: `address -> patterns -> hosts -> target, headers -> client -> redirect, post -> download`.

mod address;
mod client;
mod download;
mod headers;
mod hosts;
mod patterns;
mod post;
mod redirect;
mod target;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use ipnet::IpNet;
use wagate_protocol::error::HostError;

use client::{Client, Hop, MAX_BODY};
pub(crate) use download::MAX_TIME as MAX_DOWNLOAD;
pub(crate) use hosts::AllowedHosts;
pub(crate) use patterns::{HostPattern, PrivateHost};
use post::Poster;
pub(crate) use post::{Post, PostError, Posted};
use target::Target;

const MAX_REDIRECTS: usize = 5;
/// All hops together, with the body of the last answer. A request may ask for less.
pub(crate) const MAX_TIME_MS: u32 = 10_000;
const METHODS: [Method; 7] = [
    Method::DELETE,
    Method::GET,
    Method::HEAD,
    Method::OPTIONS,
    Method::PATCH,
    Method::POST,
    Method::PUT,
];

/// Whether an address is of the public internet, for others in the host who dial what users name.
pub fn is_public(address: IpAddr) -> bool {
    address::reach(address) == address::Reach::Public
}

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
    poster: Poster,
}

impl Outbound {
    /// `networks`: private ones that deliveries may reach.
    pub(crate) fn new(networks: &[IpNet]) -> anyhow::Result<Self> {
        Self::with_lookup(&client::system_lookup(), networks)
    }

    fn with_lookup(lookup: &client::Lookup, networks: &[IpNet]) -> anyhow::Result<Self> {
        Ok(Self {
            client: Client::new(lookup)?,
            poster: Poster::new(lookup, networks)?,
        })
    }

    /// POSTs once to a receiver of deliveries.
    pub(crate) async fn post(&self, post: Post) -> Result<Posted, PostError> {
        self.poster.post(post).await
    }

    /// Whether deliveries may go to this URL, as far as can be said now.
    pub(crate) async fn check_post(&self, url: &str) -> Result<(), HostError> {
        self.poster.check(url).await
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
        let work = async {
            let (response, target) = self.follow(allowed, file, first, MAX_REDIRECTS).await?;
            let status = response.status().as_u16();
            let headers = headers::of_answer(response.headers());
            let body = client::read(response, &target, file).await?;
            Ok(Answer {
                status,
                headers,
                body,
                url: target.url.into(),
            })
        };
        let Ok(done) = tokio::time::timeout(time, work).await else {
            return Err(HostError::Timeout(format!(
                "host \"{host}\" gave no whole answer in {time_ms} ms: what was asked may have happened"
            )));
        };
        done
    }

    /// The answer at the end of all redirects, its body unread, and where it came from.
    async fn follow(
        &self,
        allowed: &AllowedHosts,
        file: &str,
        first: Hop,
        max_redirects: usize,
    ) -> Result<(client::Response, Target), HostError> {
        let mut hop = first;
        for _ in 0..=max_redirects {
            let response = self.client.send(&hop, file).await?;
            let status = response.status();
            let Some(location) = client::redirects_to(&response) else {
                return Ok((response, hop.target));
            };
            let to = target::follow(&hop.target.url, location)
                .and_then(|url| Target::check(url, allowed, file))
                .map_err(|error| after_redirect(error, &hop.target.host))?;
            hop = redirect::next(hop, status, to)?;
        }
        Err(HostError::Invalid(format!(
            "more than {max_redirects} redirects, the last one to host \"{}\"",
            hop.target.host
        )))
    }
}

/// Whether these can be headers of a request.
pub(crate) fn check_headers(headers: Vec<(String, String)>) -> Result<(), HostError> {
    headers::check(headers).map(drop)
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
