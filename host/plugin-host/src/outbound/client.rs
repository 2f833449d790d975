//! The connection itself: resolve, check, connect to what was checked, ask once, read no more than allowed.

use std::error::Error;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue, LOCATION};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use ipnet::IpNet;
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tower::Service;
use wagate_protocol::error::HostError;

use super::address::{Reach, reach};
use super::hosts::Grant;
use super::target::{Target, check_reach};

/// The body of a request and that of an answer.
pub(super) const MAX_BODY: usize = 10 * 1024 * 1024;
const USER_AGENT: &str = concat!("wagate/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A kept connection goes to an address that was checked when it was opened: not for long.
const KEEP_IDLE: Duration = Duration::from_secs(30);
const MAX_IDLE_PER_HOST: usize = 8;

/// What a name leads to. The system's resolver, except in tests.
pub(super) type Lookup = Arc<dyn Fn(String) -> Found + Send + Sync>;
pub(super) type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

pub(super) type Response = http::Response<Incoming>;
pub(super) type Pool = legacy::Client<HttpsConnector<HttpConnector<CheckedResolver>>, Full<Bytes>>;

/// Two pools: a connection opened by a grant of `private_hosts` never serves a plugin without one.
#[derive(Clone)]
pub(super) struct Client {
    public: Pool,
    private: Pool,
}

/// One request, to one server.
#[derive(Debug, Clone)]
pub(super) struct Hop {
    pub(super) method: Method,
    pub(super) target: Target,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Client {
    pub(super) fn new(lookup: &Lookup) -> anyhow::Result<Self> {
        Ok(Self {
            public: pool(Policy::Public, lookup, MAX_IDLE_PER_HOST)?,
            private: pool(Policy::Private, lookup, MAX_IDLE_PER_HOST)?,
        })
    }

    /// The answer, its body unread.
    pub(super) async fn send(&self, hop: &Hop, file: &str) -> Result<Response, HostError> {
        let client = match hop.target.grant {
            Grant::Public => &self.public,
            Grant::Private => &self.private,
        };
        let mut request = Request::builder()
            .method(hop.method.clone())
            .uri(hop.target.url.as_str())
            .body(Full::new(hop.body.clone()))
            .map_err(|_| HostError::Invalid("url: the host is malformed".to_owned()))?;
        let headers = request.headers_mut();
        headers.clone_from(&hop.headers);
        headers
            .entry(header::USER_AGENT)
            .or_insert(HeaderValue::from_static(USER_AGENT));
        headers
            .entry(header::ACCEPT)
            .or_insert(HeaderValue::from_static("*/*"));
        client
            .request(request)
            .await
            .map_err(|error| explain(error.is_connect(), &error, &hop.target, file))
    }
}

/// Connections to addresses that this policy allows.
pub(super) fn pool(policy: Policy, lookup: &Lookup, idle_per_host: usize) -> anyhow::Result<Pool> {
    let mut tcp = HttpConnector::new_with_resolver(CheckedResolver {
        policy,
        lookup: lookup.clone(),
    });
    // The scheme is checked already; this connector serves https too.
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    tcp.set_nodelay(true);
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls()?)
        .https_or_http()
        .enable_http1()
        .wrap_connector(tcp);
    Ok(legacy::Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(KEEP_IDLE)
        .pool_max_idle_per_host(idle_per_host)
        .build(connector))
}

/// Certificates of the public authorities, as compiled in.
fn tls() -> anyhow::Result<ClientConfig> {
    let roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// Where a redirect leads to, as the server wrote it; none where the answer is not a redirect.
pub(super) fn redirects_to(response: &Response) -> Option<&[u8]> {
    let redirect = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = response.headers().get(LOCATION)?;
    redirect.then(|| location.as_bytes())
}

/// The body, as far as the limit.
pub(super) async fn read(response: Response, target: &Target, file: &str) -> Result<Vec<u8>, HostError> {
    let too_long = || {
        HostError::Invalid(format!(
            "the answer of host \"{}\" is longer than {MAX_BODY} bytes",
            target.host
        ))
    };
    let mut incoming = response.into_body();
    if usize::try_from(incoming.size_hint().lower()).map_or(true, |declared| declared > MAX_BODY) {
        return Err(too_long());
    }
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| explain(false, &error, target, file))?;
        let Ok(chunk) = frame.into_data() else {
            continue;
        };
        if chunk.len() > MAX_BODY - body.len() {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Resolves a name once. Connections are made only to what this returns: there is no second look to deceive.
#[derive(Clone)]
pub(super) struct CheckedResolver {
    pub(super) policy: Policy,
    pub(super) lookup: Lookup,
}

/// Which addresses may be connected to.
#[derive(Clone)]
pub(super) enum Policy {
    /// Public ones.
    Public,
    /// Private ones too.
    Private,
    /// Public ones and those in these networks.
    Networks(Arc<[IpNet]>),
}

impl Policy {
    /// The error is why it is closed.
    pub(super) fn judge(&self, address: IpAddr) -> Result<(), Reach> {
        match (reach(address), self) {
            (Reach::Public, _) | (Reach::Private, Self::Private) => Ok(()),
            (Reach::Private, Self::Networks(networks)) => {
                let address = address.to_canonical();
                if networks.iter().any(|network| network.contains(&address)) {
                    Ok(())
                } else {
                    Err(Reach::Private)
                }
            }
            (closed, _) => Err(closed),
        }
    }
}

#[derive(Debug, Error)]
pub(super) enum LookupError {
    #[error("the name cannot be resolved")]
    NotFound,
    #[error("the name leads to an address that is closed")]
    Closed(Reach),
}

impl Service<Name> for CheckedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = LookupError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, LookupError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), LookupError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let found = (self.lookup)(name.as_str().to_owned());
        let policy = self.policy.clone();
        Box::pin(async move {
            let found = found.await.map_err(|_| LookupError::NotFound)?;
            if found.is_empty() {
                return Err(LookupError::NotFound);
            }
            // One address that is closed closes the name: else it could be had by asking often enough.
            let closed = found.iter().filter_map(|address| policy.judge(*address).err());
            if let Some(worst) = closed.max() {
                return Err(LookupError::Closed(worst));
            }
            // Port 0 is replaced by that of the URL.
            let addresses = found.into_iter().map(|address| SocketAddr::new(address, 0));
            Ok(addresses.collect::<Vec<_>>().into_iter())
        })
    }
}

/// The resolver of the system.
pub(super) fn system_lookup() -> Lookup {
    Arc::new(|name| {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    })
}

/// What went wrong, in words that have neither the URL nor an address in them.
pub(super) fn explain(
    connecting: bool,
    error: &(dyn Error + 'static),
    target: &Target,
    file: &str,
) -> HostError {
    let host = &target.host;
    match cause(connecting, error) {
        Cause::Closed(worst) => check_reach(worst, Some(target.grant), host, file)
            .err()
            .unwrap_or_else(|| HostError::unavailable(format!("host \"{host}\": no connection"))),
        Cause::Reason(reason) => HostError::unavailable(format!("host \"{host}\": {reason}")),
    }
}

/// Why there is no answer.
pub(super) enum Cause {
    /// The name leads to an address that is not open.
    Closed(Reach),
    /// Anything else, in words for people.
    Reason(&'static str),
}

/// The cause in a chain of errors.
pub(super) fn cause(connecting: bool, error: &(dyn Error + 'static)) -> Cause {
    let mut reason = if connecting {
        "no connection"
    } else {
        "it broke off the connection"
    };
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(cause) = next {
        match cause.downcast_ref() {
            Some(LookupError::Closed(worst)) => return Cause::Closed(*worst),
            Some(LookupError::NotFound) => reason = "the name cannot be resolved",
            None => {}
        }
        if cause.is::<rustls::Error>() {
            reason = "its certificate or its TLS is not accepted";
        }
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            if io.kind() == io::ErrorKind::ConnectionRefused {
                reason = "the connection was refused";
            }
            // `source` of an `io::Error` skips the error it wraps.
            next = io.get_ref().map(|inner| inner as &(dyn Error + 'static));
        } else {
            next = cause.source();
        }
    }
    Cause::Reason(reason)
}
