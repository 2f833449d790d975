//! A server on this machine that gets deliveries, and answers as a test wants.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// A POST as it came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) path: String,
    /// Lower-case names.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
    /// What it was answered with.
    pub(crate) status: u16,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The text of the message it tells.
    pub(crate) fn text(&self) -> String {
        self.json()["data"]["content"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// Status and further header lines (`retry-after: 5\r\n`).
pub(crate) type Reply = (u16, &'static str);
type Answer = Arc<Mutex<dyn FnMut(&Received) -> Reply + Send>>;

/// The server.
pub(crate) struct Receiver {
    port: u16,
    received: Arc<Mutex<Vec<Received>>>,
    answer: Arc<Mutex<Answer>>,
    waiting: Arc<Waiting>,
}

/// Who waits for an answer.
struct Waiting {
    /// Answers that may leave.
    answers: Semaphore,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Receiver {
    /// One that takes everything.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let all: Answer = Arc::new(Mutex::new(|_: &Received| (200, "")));
        let answer = Arc::new(Mutex::new(all));
        let waiting = Arc::new(Waiting {
            answers: Semaphore::new(Semaphore::MAX_PERMITS),
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let (log, answers, all_waiting) = (received.clone(), answer.clone(), waiting.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, log.clone(), answers.clone(), all_waiting.clone()));
            }
        });
        Self {
            port,
            received,
            answer,
            waiting,
        }
    }

    /// From now on nobody gets an answer.
    pub(crate) fn holds(&self) {
        self.waiting.answers.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// So many get theirs.
    pub(crate) fn lets_go(&self, answers: usize) {
        self.waiting.answers.add_permits(answers);
    }

    /// How many have waited at the same time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.waiting.most.load(Ordering::SeqCst)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// From now on.
    pub(crate) fn answers(&self, answer: impl FnMut(&Received) -> Reply + Send + 'static) {
        *self.answer.lock().unwrap() = Arc::new(Mutex::new(answer));
    }

    /// All so far.
    pub(crate) fn all(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Those it took.
    pub(crate) fn taken(&self, path: &str) -> Vec<Received> {
        let all = self.all().into_iter();
        all.filter(|received| received.path == path && received.status < 300)
            .collect()
    }

    /// Texts of those it took, in order.
    pub(crate) fn texts(&self, path: &str) -> Vec<String> {
        self.taken(path).iter().map(Received::text).collect()
    }
}

async fn serve(
    mut stream: TcpStream,
    log: Arc<Mutex<Vec<Received>>>,
    answers: Arc<Mutex<Answer>>,
    waiting: Arc<Waiting>,
) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let (head, body) = loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
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
                    break (head.to_owned(), rest[..length].to_owned());
                }
            }
            if stream.read_buf(&mut bytes).await? == 0 {
                return Ok(());
            }
        };
        bytes.drain(..head.len() + 4 + body.len());
        let mut received = Received {
            path: head.split(' ').nth(1).unwrap_or_default().to_owned(),
            headers: head
                .lines()
                .skip(1)
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            body,
            status: 0,
        };
        let answer = answers.lock().unwrap().clone();
        let (status, headers) = (answer.lock().unwrap())(&received);
        received.status = status;
        let now = waiting.now.fetch_add(1, Ordering::SeqCst) + 1;
        waiting.most.fetch_max(now, Ordering::SeqCst);
        log.lock().unwrap().push(received);
        waiting.answers.acquire().await.unwrap().forget();
        // Before it leaves: who has it may send the next.
        waiting.now.fetch_sub(1, Ordering::SeqCst);
        let reply = format!("HTTP/1.1 {status} X\r\n{headers}content-length: 2\r\n\r\nok");
        stream.write_all(reply.as_bytes()).await?;
    }
}
