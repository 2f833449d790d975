//! Measured requests over loopback: plain keep-alive connections, one request at a time on each. On hyper's connection
//! and not on a client with a pool: what a client adds is added to both sides of a ratio and makes it look better.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::figures::Latencies;
use crate::gateway::API_KEY;

/// Requests on a new connection that are not counted.
const WARM_UP: usize = 50;

/// A route of a server.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    address: SocketAddr,
    method: Method,
    path: Arc<str>,
    body: Bytes,
    /// The address the first connection comes from; the next one has the next address.
    from: Option<Ipv4Addr>,
    /// One for each connection; without any the administrator's for all.
    keys: Arc<[String]>,
}

impl Target {
    /// `url` is the server's, without a path.
    pub(crate) fn new(url: &str, method: Method, path: &str) -> anyhow::Result<Self> {
        // What is not asked for is not sent.
        let body = if method == Method::GET { "" } else { "{}" };
        Ok(Self {
            address: address(url)?,
            method,
            path: path.into(),
            body: Bytes::from_static(body.as_bytes()),
            from: None,
            keys: Arc::default(),
        })
    }

    /// The same, its connections coming from this address of the loopback network and those after it.
    pub(crate) fn from(mut self, from: Ipv4Addr) -> Self {
        self.from = Some(from);
        self
    }

    /// The same, each connection with a key of its own, because a key may only ask so often.
    pub(crate) fn with_keys(mut self, keys: &[String]) -> Self {
        self.keys = keys.into();
        self
    }

    /// What the connection with this number is opened to.
    fn of(&self, number: usize) -> Self {
        let mut target = self.clone();
        let step = u32::try_from(number).unwrap_or(0);
        target.from = self.from.map(|from| Ipv4Addr::from_bits(from.to_bits() + step));
        target.keys = self.keys.get(number).cloned().into_iter().collect();
        target
    }
}

/// The address in a URL without a path.
pub(crate) fn address(url: &str) -> anyhow::Result<SocketAddr> {
    let address = url
        .strip_prefix("http://")
        .with_context(|| format!("not plain HTTP: {url}"))?;
    let address = address.trim_end_matches('/').parse();
    address.with_context(|| format!("no address: {url}"))
}

/// A connection that comes from this address of the loopback network.
pub(crate) async fn connect(to: SocketAddr, from: Ipv4Addr) -> anyhow::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
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

/// One connection, a request for each of the paths.
pub(crate) async fn each(target: &Target, paths: &[String]) -> anyhow::Result<Latencies> {
    let mut connection = Connection::open(target).await?;
    for path in paths.iter().take(WARM_UP) {
        connection.ask_for(path).await?;
    }
    let mut samples = Vec::with_capacity(paths.len());
    for path in paths {
        samples.push(connection.ask_for(path).await?);
    }
    Ok(Latencies::new(samples))
}

async fn open(target: &Target, connections: usize) -> anyhow::Result<Vec<Connection>> {
    let mut ready = Vec::with_capacity(connections);
    for number in 0..connections {
        let mut connection = Connection::open(&target.of(number)).await?;
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

/// A connection that is kept open.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    target: Target,
}

impl Connection {
    pub(crate) async fn open(target: &Target) -> anyhow::Result<Self> {
        let stream = connect(target.address, target.from.unwrap_or(Ipv4Addr::LOCALHOST)).await?;
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
        let (path, body) = (Arc::clone(&self.target.path), self.target.body.clone());
        let (status, took) = self.send(&path, body).await?;
        anyhow::ensure!(status == StatusCode::OK, "{path}: {status}");
        Ok(took)
    }

    /// The same for another path.
    async fn ask_for(&mut self, path: &str) -> anyhow::Result<Duration> {
        let body = self.target.body.clone();
        let (status, took) = self.send(path, body).await?;
        anyhow::ensure!(status == StatusCode::OK, "{path}: {status}");
        Ok(took)
    }

    /// The same with a body of its own, whatever the answer.
    pub(crate) async fn send(&mut self, path: &str, body: Bytes) -> anyhow::Result<(StatusCode, Duration)> {
        let request = Request::builder()
            .method(self.target.method.clone())
            .uri(path)
            .header("host", self.target.address.to_string())
            .header(
                "x-api-key",
                self.target.keys.first().map_or(API_KEY, String::as_str),
            )
            .body(Full::new(body))?;
        let started = Instant::now();
        self.sender.ready().await?;
        let answer = self.sender.send_request(request).await?;
        let status = answer.status();
        answer.into_body().collect().await?;
        Ok((status, started.elapsed()))
    }
}
