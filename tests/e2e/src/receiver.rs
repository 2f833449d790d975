//! A server that gets webhooks, and misbehaves as receivers do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A POST that was answered with 2xx.
#[derive(Debug, Clone)]
pub struct Hook {
    /// The path it came to.
    pub path: String,
    /// Lower-case names.
    pub headers: HashMap<String, String>,
    /// As it was sent.
    pub body: String,
}

impl Hook {
    /// A header.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The body.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("a body is JSON")
    }
}

/// What becomes of a POST.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// 200.
    Take,
    /// 200, after this many milliseconds.
    TakeSlowly(u64),
    /// This status.
    Refuse(u16),
    /// The connection is closed without an answer.
    Drop,
    /// The same, with a reset.
    Reset,
}

type Decide = Arc<Mutex<dyn FnMut(&str) -> Act + Send>>;

/// The server.
pub struct Receiver {
    port: u16,
    taken: Arc<Mutex<Vec<Hook>>>,
    count: watch::Receiver<usize>,
    decide: Arc<Mutex<Decide>>,
}

impl Receiver {
    /// One that takes everything.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let taken: Arc<Mutex<Vec<Hook>>> = Arc::default();
        let take: Decide = Arc::new(Mutex::new(|_: &str| Act::Take));
        let decide = Arc::new(Mutex::new(take));
        let (counted, count) = watch::channel(0);
        let counted = Arc::new(counted);
        let (log, decisions) = (Arc::clone(&taken), Arc::clone(&decide));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let served = serve(
                    stream,
                    Arc::clone(&log),
                    Arc::clone(&decisions),
                    Arc::clone(&counted),
                );
                tokio::spawn(async move {
                    // A client that was killed breaks off; that is its affair.
                    let _ = served.await;
                });
            }
        });
        Self {
            port,
            taken,
            count,
            decide,
        }
    }

    /// Its URL.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// What becomes of POSTs (by path) from now on.
    pub fn decide(&self, decide: impl FnMut(&str) -> Act + Send + 'static) {
        *self.decide.lock().expect("nobody panics here") = Arc::new(Mutex::new(decide));
    }

    /// Everything it took, in order.
    pub fn taken(&self) -> Vec<Hook> {
        self.taken.lock().expect("nobody panics here").clone()
    }

    /// Waits until `ready` is content with what was taken.
    pub async fn wait(&self, what: &str, within: Duration, ready: impl Fn(&[Hook]) -> bool) -> Vec<Hook> {
        let mut count = self.count.clone();
        let waiting = async {
            loop {
                count.mark_unchanged();
                let taken = self.taken();
                if ready(&taken) {
                    return taken;
                }
                count.changed().await.expect("the receiver runs");
            }
        };
        match tokio::time::timeout(within, waiting).await {
            Ok(taken) => taken,
            Err(_) => panic!(
                "waited {within:?} in vain: {what}; {} were taken",
                self.taken().len()
            ),
        }
    }
}

async fn serve(
    mut stream: TcpStream,
    log: Arc<Mutex<Vec<Hook>>>,
    decisions: Arc<Mutex<Decide>>,
    counted: Arc<watch::Sender<usize>>,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let Some(hook) = read(&mut stream, &mut bytes).await? else {
            return Ok(());
        };
        let decide = Arc::clone(&decisions.lock().expect("nobody panics here"));
        let act = (decide.lock().expect("nobody panics here"))(&hook.path);
        let status = match act {
            Act::Take => 200,
            Act::TakeSlowly(ms) => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                200
            }
            Act::Refuse(status) => status,
            Act::Drop => return Ok(()),
            Act::Reset => {
                stream.set_zero_linger()?;
                return Ok(());
            }
        };
        // What was taken counts before the sender can know it.
        if status == 200 {
            let mut log = log.lock().expect("nobody panics here");
            log.push(hook);
            counted.send_replace(log.len());
        }
        let reply = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\nok");
        stream.write_all(reply.as_bytes()).await?;
    }
}

async fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> std::io::Result<Option<Hook>> {
    loop {
        let text = String::from_utf8_lossy(bytes).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if rest.len() >= length {
                let body = rest[..length].to_owned();
                let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
                let hook = Hook {
                    path: head.split(' ').nth(1).unwrap_or_default().to_owned(),
                    headers: headers
                        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                        .collect(),
                    body,
                };
                let used = head.len() + 4 + length;
                bytes.drain(..used);
                return Ok(Some(hook));
            }
        }
        if stream.read_buf(bytes).await? == 0 {
            return Ok(None);
        }
    }
}
