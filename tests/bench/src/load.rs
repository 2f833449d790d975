//! Measured requests over loopback: plain keep-alive connections, one request at a time on each. On hyper's connection
//! and not on a client with a pool: what a client adds is added to both sides of a ratio and makes it look better.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::figures::Latencies;
use crate::gateway::API_KEY;

/// Requests on a new connection that are not counted.
const WARM_UP: usize = 50;

/// A route of a server.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    address: String,
    method: Method,
    path: &'static str,
}

impl Target {
    /// `url` is the server's, without a path.
    pub(crate) fn new(url: &str, method: Method, path: &'static str) -> anyhow::Result<Self> {
        let address = url
            .strip_prefix("http://")
            .with_context(|| format!("not plain HTTP: {url}"))?;
        Ok(Self {
            address: address.trim_end_matches('/').to_owned(),
            method,
            path,
        })
    }
}

/// What a batch of requests came to.
pub(crate) struct Batch {
    pub(crate) latencies: Latencies,
    pub(crate) elapsed: Duration,
}

/// `connections` at once, on each `requests`, as fast as they are answered.
pub(crate) async fn batch(target: &Target, connections: usize, requests: usize) -> anyhow::Result<Batch> {
    let ready = open(target, connections).await?;
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for mut connection in ready {
        tasks.spawn(async move {
            let mut samples = Vec::with_capacity(requests);
            for _ in 0..requests {
                samples.push(connection.ask().await?);
            }
            anyhow::Ok(samples)
        });
    }
    let latencies = gather(tasks).await?;
    Ok(Batch {
        latencies,
        elapsed: started.elapsed(),
    })
}

/// `connections` at once, on each a request, a pause, a request, for as long as `lasting`.
pub(crate) async fn paced(
    target: &Target,
    connections: usize,
    pause: Duration,
    lasting: Duration,
) -> anyhow::Result<Latencies> {
    let ready = open(target, connections).await?;
    let end = Instant::now() + lasting;
    let mut tasks = JoinSet::new();
    for mut connection in ready {
        tasks.spawn(async move {
            let mut samples = Vec::new();
            while Instant::now() < end {
                samples.push(connection.ask().await?);
                tokio::time::sleep(pause).await;
            }
            anyhow::Ok(samples)
        });
    }
    gather(tasks).await
}

async fn open(target: &Target, connections: usize) -> anyhow::Result<Vec<Connection>> {
    let mut ready = Vec::with_capacity(connections);
    for _ in 0..connections {
        let mut connection = Connection::open(target).await?;
        for _ in 0..WARM_UP {
            connection.ask().await?;
        }
        ready.push(connection);
    }
    Ok(ready)
}

async fn gather(mut tasks: JoinSet<anyhow::Result<Vec<Duration>>>) -> anyhow::Result<Latencies> {
    let mut samples = Vec::new();
    while let Some(done) = tasks.join_next().await {
        samples.extend(done??);
    }
    Ok(Latencies::new(samples))
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    target: Target,
}

impl Connection {
    async fn open(target: &Target) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(&target.address).await?;
        stream.set_nodelay(true)?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
        // Ends with the sender; what goes wrong on the way is told to the request.
        tokio::spawn(driver);
        Ok(Self {
            sender,
            target: target.clone(),
        })
    }

    /// From the request to the last byte of the answer, which has to be a 200.
    async fn ask(&mut self) -> anyhow::Result<Duration> {
        let body = if self.target.method == Method::GET {
            ""
        } else {
            "{}"
        };
        let request = Request::builder()
            .method(self.target.method.clone())
            .uri(self.target.path)
            .header("host", &self.target.address)
            .header("x-api-key", API_KEY)
            .body(Full::new(Bytes::from_static(body.as_bytes())))?;
        let started = Instant::now();
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        let took = started.elapsed();
        anyhow::ensure!(
            status == StatusCode::OK,
            "{}: {status} {}",
            self.target.path,
            String::from_utf8_lossy(&body)
        );
        Ok(took)
    }
}
