//! Who abuses the gateway: a process of its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{Abuse, ROUTE};
use crate::gateway::API_KEY;
use crate::load;

/// The first address of who abuses.
const ABUSER: Ipv4Addr = Ipv4Addr::new(127, 0, 1, 1);
/// Who guesses passwords has many.
const GUESSERS: u32 = 64;
const TASKS: u32 = 8;
/// Between two of a task.
const BREATH: Duration = Duration::from_millis(1);
/// One more than an address may hold is closed.
const SLOW: u32 = 190;
const TELL_EVERY: Duration = Duration::from_millis(200);
/// Of a connection that is held.
const HOLD: Duration = Duration::from_secs(30);

/// Abuses the gateway at this URL until the process is killed, and keeps the tally in a file.
pub(crate) async fn run(url: &str, abuse: Abuse, tally: &Path) -> anyhow::Result<()> {
    let to = load::address(url)?;
    let done = Arc::new(AtomicUsize::new(0));
    let width = match abuse {
        Abuse::Logins => GUESSERS,
        Abuse::SlowHeads => SLOW,
        _ => TASKS,
    };
    for number in 0..width {
        let (done, url) = (Arc::clone(&done), url.to_owned());
        let many = matches!(abuse, Abuse::Logins);
        let from = Ipv4Addr::from_bits(ABUSER.to_bits() + if many { number } else { 0 });
        tokio::spawn(async move {
            let guesser = Guesser::new(&url, from, number);
            loop {
                let tried = match abuse {
                    Abuse::Logins => guesser.guess().await,
                    Abuse::Connections => hold(to, from).await,
                    Abuse::SlowHeads => slow_head(to, from, &done).await,
                    Abuse::BigBodies => send(to, from, &big_body()).await,
                    Abuse::DeepJson => send(to, from, &deep_json()).await,
                    Abuse::Headers => send(to, from, &headers()).await,
                };
                // Being cut off is what abuse gets.
                drop(tried);
                done.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(BREATH).await;
            }
        });
    }
    let mut is_told = false;
    loop {
        tokio::time::sleep(TELL_EVERY).await;
        let count = done.load(Ordering::Relaxed);
        let fresh = tally.with_extension("new");
        std::fs::write(&fresh, count.to_string())?;
        std::fs::rename(&fresh, tally)?;
        if count > 0 && !is_told {
            is_told = true;
            println!("{}", json!({ "event": "ready" }));
        }
    }
}

/// One address that guesses passwords of one account.
struct Guesser {
    http: Option<reqwest::Client>,
    url: String,
    email: String,
}

impl Guesser {
    fn new(url: &str, from: Ipv4Addr, number: u32) -> Self {
        Self {
            http: reqwest::Client::builder()
                .local_address(IpAddr::V4(from))
                .build()
                .ok(),
            url: url.to_owned(),
            email: format!("somebody{number}@example.test"),
        }
    }

    async fn guess(&self) -> anyhow::Result<()> {
        let Some(http) = &self.http else {
            anyhow::bail!("no client");
        };
        let answer = http.get(format!("{}/api/auth/csrf", self.url)).send().await?;
        let cookies = answer.headers().get_all("set-cookie").iter();
        let cookie = cookies
            .filter_map(|cookie| cookie.to_str().ok()?.split(';').next())
            .collect::<Vec<_>>()
            .join("; ");
        let body: Value = answer.json().await?;
        let guess = json!({ "email": self.email, "password": "a guess", "csrfToken": body["csrfToken"] });
        http.post(format!("{}/api/auth/callback/credentials", self.url))
            .header("cookie", cookie)
            .json(&guess)
            .send()
            .await?;
        Ok(())
    }
}

/// Opens a connection and says nothing, until it is closed.
async fn hold(to: SocketAddr, from: Ipv4Addr) -> anyhow::Result<()> {
    let stream = load::connect(to, from).await?;
    tokio::spawn(async move {
        let mut stream = stream;
        let _ = tokio::time::timeout(HOLD, stream.read(&mut [0; 16])).await;
    });
    Ok(())
}

async fn slow_head(to: SocketAddr, from: Ipv4Addr, done: &AtomicUsize) -> anyhow::Result<()> {
    let mut stream = load::connect(to, from).await?;
    stream
        .write_all(b"GET /api/versioned HTTP/1.1\r\nx-slow: ")
        .await?;
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        stream.write_all(b"y").await?;
        done.fetch_add(1, Ordering::Relaxed);
    }
}

/// Sends as much as is taken, and reads the answer.
async fn send(to: SocketAddr, from: Ipv4Addr, bytes: &[u8]) -> anyhow::Result<()> {
    let mut stream = load::connect(to, from).await?;
    let written = stream.write_all(bytes).await;
    let mut answer = [0; 1024];
    let read = tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer)).await;
    written?;
    read??;
    Ok(())
}

fn big_body() -> Vec<u8> {
    let head = format!(
        "POST /api/sessions HTTP/1.1\r\nhost: x\r\nx-api-key: {API_KEY}\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
    [head.into_bytes(), chunk.repeat(64)].concat()
}

fn deep_json() -> Vec<u8> {
    let body = format!("{{\"name\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let head = format!(
        "POST /api/sessions HTTP/1.1\r\nhost: x\r\nx-api-key: {API_KEY}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    format!("{head}{body}").into_bytes()
}

fn headers() -> Vec<u8> {
    let many: String = (0..2000).map(|number| format!("x-{number}: y\r\n")).collect();
    format!("GET {ROUTE} HTTP/1.1\r\nhost: x\r\n{many}\r\n").into_bytes()
}
