//! POSTs of deliveries: any public server, private networks by the gateway's settings alone, no redirects, and no more
//! of the answer than people need to see.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use ipnet::IpNet;
use tokio::time::{Instant, timeout, timeout_at};
use url::{Host, Url};
use wagate_protocol::error::HostError;

use super::address::Reach;
use super::client::{Cause, Lookup, Policy, Pool, cause, pool};
use super::headers;
use super::patterns::{host_of, literal};
use super::target;

/// The setting that opens private networks, for refusals.
const SETTING: &str = "wagate.toml ([delivery] allow_private)";
/// Read of an answer; the rest is cut off with the connection.
const MAX_ANSWER: usize = 64 * 1024;
/// Kept of an answer.
const KEPT: usize = 1024;
/// Idle connections to one receiver.
const IDLE_PER_HOST: usize = 16;
/// How long a name may take when a URL is only checked. What cannot be resolved then is found out when it is used.
const CHECK_TIME: Duration = Duration::from_secs(3);
/// Ports below this belong to other protocols than HTTP, which a POST must not be able to speak to.
const FIRST_FREE_PORT: u16 = 1024;
const HTTP_PORTS: [u16; 2] = [80, 443];

/// One POST. No `Debug`: it holds secrets.
pub(crate) struct Post {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// For all of it.
    pub(crate) time: Duration,
}

/// An answer, whatever its status.
pub(crate) struct Posted {
    pub(crate) status: u16,
    /// The header, as it came.
    pub(crate) retry_after: Option<String>,
    /// The beginning of the body.
    pub(crate) beginning: String,
}

/// Why there is no whole answer. The texts name no address and no path.
pub(crate) enum PostError {
    /// The head came, the body did not.
    Status {
        /// The status.
        status: u16,
        /// What happened then.
        error: String,
    },
    /// Nothing came.
    NoAnswer(String),
}

/// The client.
#[derive(Clone)]
pub(super) struct Poster {
    pool: Pool,
    policy: Policy,
    lookup: Lookup,
}

/// A URL that may be asked, if its name leads to addresses that may be.
struct Receiver {
    url: Url,
    /// For error texts.
    name: String,
    /// None for a literal address, which is checked already.
    domain: Option<String>,
}

impl Poster {
    pub(super) fn new(lookup: &Lookup, networks: &[IpNet]) -> anyhow::Result<Self> {
        let policy = Policy::Networks(Arc::from(networks));
        Ok(Self {
            pool: pool(policy.clone(), lookup, IDLE_PER_HOST)?,
            policy,
            lookup: lookup.clone(),
        })
    }

    pub(super) async fn post(&self, post: Post) -> Result<Posted, PostError> {
        let no_answer = |error: HostError| PostError::NoAnswer(text_of(error));
        let receiver = self.receiver(&post.url).map_err(no_answer)?;
        let headers = headers::check(post.headers).map_err(no_answer)?;
        let until = Instant::now() + post.time;
        let mut request = Request::post(receiver.url.as_str())
            .body(Full::new(Bytes::from(post.body)))
            .map_err(|_| PostError::NoAnswer("url: the host is malformed".to_owned()))?;
        *request.headers_mut() = headers;
        let late = || {
            format!(
                "host \"{}\": no whole answer in {} ms",
                receiver.name,
                post.time.as_millis()
            )
        };
        let response = match timeout_at(until, self.pool.request(request)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                return Err(PostError::NoAnswer(explain(
                    &receiver.name,
                    error.is_connect(),
                    &error,
                )));
            }
            Err(_) => return Err(PostError::NoAnswer(late())),
        };
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers());
        let beginning = match timeout_at(until, read(response.into_body())).await {
            Ok(Ok(beginning)) => beginning,
            Ok(Err(error)) => {
                let error = explain(&receiver.name, false, &error);
                return Err(PostError::Status { status, error });
            }
            Err(_) => {
                return Err(PostError::Status {
                    status,
                    error: late(),
                });
            }
        };
        Ok(Posted {
            status,
            retry_after,
            beginning,
        })
    }

    /// Checks a URL before it is kept: what is certain is refused now, the rest when it is used.
    pub(super) async fn check(&self, url: &str) -> Result<(), HostError> {
        let receiver = self.receiver(url)?;
        let Some(domain) = receiver.domain else {
            return Ok(());
        };
        let Ok(Ok(found)) = timeout(CHECK_TIME, (self.lookup)(domain)).await else {
            return Ok(());
        };
        match found
            .iter()
            .filter_map(|address| self.policy.judge(*address).err())
            .max()
        {
            Some(worst) => Err(HostError::Invalid(closed(&receiver.name, worst))),
            None => Ok(()),
        }
    }

    fn receiver(&self, text: &str) -> Result<Receiver, HostError> {
        let mut url = target::parse(text)?;
        let invalid = |text: &str| HostError::Invalid(format!("url: {text}"));
        if !matches!(url.scheme(), "http" | "https") {
            return Err(invalid("only http and https"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("no user and password"));
        }
        if url.fragment().is_some() {
            return Err(invalid("no fragment"));
        }
        let host = host_of(&url).ok_or_else(|| invalid("the host is malformed"))?;
        let domain = match &host {
            Host::Domain(name) => {
                url.set_host(Some(name))
                    .map_err(|_| invalid("the host is malformed"))?;
                Some(name.clone())
            }
            Host::Ipv4(_) | Host::Ipv6(_) => None,
        };
        let name = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        let address: Option<IpAddr> = literal(&host);
        if let Some(address) = address
            && let Err(worst) = self.policy.judge(address)
        {
            return Err(HostError::Invalid(closed(&name, worst)));
        }
        let port = url.port_or_known_default().unwrap_or_default();
        if port < FIRST_FREE_PORT && !HTTP_PORTS.contains(&port) {
            return Err(invalid(&format!(
                "port {port} is closed: 80, 443 and those from {FIRST_FREE_PORT} on are open"
            )));
        }
        Ok(Receiver { url, name, domain })
    }
}

fn closed(name: &str, worst: Reach) -> String {
    match worst {
        Reach::Never => format!(
            "url: host \"{name}\" leads to a link-local, metadata or multicast address, which no setting opens"
        ),
        Reach::Private | Reach::Public => format!(
            "url: host \"{name}\" leads to a private address; an administrator can open its network in {SETTING}"
        ),
    }
}

fn explain(name: &str, connecting: bool, error: &(dyn std::error::Error + 'static)) -> String {
    match cause(connecting, error) {
        Cause::Closed(worst) => closed(name, worst),
        Cause::Reason(reason) => format!("host \"{name}\": {reason}"),
    }
}

fn text_of(error: HostError) -> String {
    match error {
        HostError::Invalid(text) | HostError::Denied(text) => text,
        other => other.to_string(),
    }
}

fn retry_after(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(header::RETRY_AFTER)?.to_str().ok()?.to_owned())
}

/// The beginning of a body. Up to [`MAX_ANSWER`] is read, so that the connection can be used again.
async fn read(mut body: Incoming) -> Result<String, hyper::Error> {
    let mut kept = Vec::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(chunk) = frame?.into_data() else { continue };
        let room = KEPT.saturating_sub(kept.len()).min(chunk.len());
        kept.extend_from_slice(chunk.get(..room).unwrap_or_default());
        length += chunk.len();
        if length > MAX_ANSWER {
            break;
        }
    }
    // A character that was cut in half is left out.
    let text = String::from_utf8_lossy(&kept);
    Ok(text.trim_end_matches('\u{FFFD}').to_owned())
}
