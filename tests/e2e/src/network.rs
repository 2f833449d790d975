//! The sandbox network in a process of its own, and its phones, over the control API.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::Process;

/// The longest a message may take from one end to the other.
const ARRIVES_WITHIN: Duration = Duration::from_secs(30);

/// A running network.
pub struct Network {
    process: Process,
    http: reqwest::Client,
    data: TempDir,
}

impl Network {
    /// Starts one.
    pub fn start(binary: &str) -> Self {
        let data = tempfile::tempdir().expect("a temporary directory");
        let dir = data.path().to_str().expect("a printable path").to_owned();
        let process = Process::start(
            binary,
            &["sandbox", "--data", &dir],
            &[],
            &data.path().join("network.log"),
        );
        Self {
            process,
            http: reqwest::Client::new(),
            data,
        }
    }

    /// Where the control API is.
    pub fn control(&self) -> &str {
        self.process.ready["control"]
            .as_str()
            .expect("the ready line names the control API")
    }

    /// `GET /state`.
    pub async fn state(&self) -> Value {
        self.get("/state").await
    }

    /// A phone with this number.
    pub async fn phone(&self, number: &str, addressing: &str) -> Phone<'_> {
        let phone = json!({ "number": number, "name": format!("Phone {number}"), "addressing": addressing });
        let (status, made) = self.post("/phones", &phone).await;
        assert_eq!(status, 201, "{made}");
        Phone {
            network: self,
            number: number.to_owned(),
            jid: format!("{number}@s.whatsapp.net"),
        }
    }

    /// A `POST` to the control API, which has to succeed.
    pub async fn tell(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.post(path, body).await;
        assert!(status < 300, "POST {path}: {status} {answer}");
        answer
    }

    /// The same, which may be refused: status and body.
    pub async fn ask(&self, path: &str, body: &Value) -> (u16, Value) {
        self.post(path, body).await
    }

    /// A `PUT` to the control API, which has to succeed.
    pub async fn put(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.control());
        let answer = self
            .http
            .put(url)
            .json(body)
            .send()
            .await
            .expect("the network answers");
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.unwrap_or(Value::Null);
        assert!(status < 300, "PUT {path}: {status} {body}");
        body
    }

    /// Resident memory of the process, KiB.
    pub fn resident_kib(&self) -> u64 {
        self.process.resident_kib()
    }

    /// The most resident memory since [`Self::forget_peak`], KiB.
    pub fn peak_kib(&self) -> u64 {
        self.process.peak_kib()
    }

    /// The peak is counted from now on.
    pub fn forget_peak(&self) {
        self.process.forget_peak();
    }

    /// A `GET` from the control API, which has to succeed.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self
            .http
            .get(format!("{}{path}", self.control()))
            .send()
            .await
            .expect("the network answers");
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.expect("the network answers JSON");
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// A `POST` to the control API: status and body.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.control());
        let answer = self
            .http
            .post(url)
            .json(body)
            .send()
            .await
            .expect("the network answers");
        (
            answer.status().as_u16(),
            answer.json().await.unwrap_or(Value::Null),
        )
    }

    /// The file the network logs to, for a test that failed.
    pub fn log(&self) -> &Path {
        self.data.path()
    }
}

/// A simulated phone.
pub struct Phone<'a> {
    network: &'a Network,
    /// Digits.
    pub number: String,
    /// Phone JID.
    pub jid: String,
}

impl Phone<'_> {
    /// Scans a QR.
    pub async fn scan(&self, qr: &str) {
        let (status, body) = self.network.post(&self.path("scan"), &json!({ "qr": qr })).await;
        assert!(status < 300, "scan: {status} {body}");
    }

    /// Enters a pair code.
    pub async fn enter_code(&self, code: &str) {
        let (status, body) = self
            .network
            .post(&self.path("link-code"), &json!({ "code": code }))
            .await;
        assert!(status < 300, "link-code: {status} {body}");
    }

    /// Writes a message; returns its id.
    pub async fn write(&self, to: &str, text: &str) -> String {
        let message = json!({ "to": to, "text": text });
        let (status, body) = self.network.post(&self.path("messages"), &message).await;
        assert_eq!(status, 201, "{body}");
        body["id"].as_str().expect("an id").to_owned()
    }

    /// Sends anything, see the sandbox's README; returns the message's id.
    pub async fn send(&self, to: &str, content: Value, id: Option<&str>) -> String {
        let message = json!({ "to": to, "content": content, "id": id });
        let (status, body) = self.network.post(&self.path("messages"), &message).await;
        assert_eq!(status, 201, "{body}");
        body["id"].as_str().expect("an id").to_owned()
    }

    /// Reads everything it got.
    pub async fn read(&self) {
        let (status, body) = self.network.post(&self.path("read"), &json!({})).await;
        assert!(status < 300, "read: {status} {body}");
    }

    /// Unlinks a linked device.
    pub async fn unlink(&self, device: u64) {
        let url = format!(
            "{}{}",
            self.network.control(),
            self.path(&format!("devices/{device}"))
        );
        let answer = self
            .network
            .http
            .delete(url)
            .send()
            .await
            .expect("the network answers");
        assert!(answer.status().is_success(), "{}", answer.status());
    }

    /// Everything in the inbox after `after`, as it is now.
    pub async fn inbox(&self, after: u64) -> Vec<Value> {
        let body = self
            .network
            .get(&format!("{}?after={after}", self.path("inbox")))
            .await;
        body["messages"].as_array().expect("messages").clone()
    }

    /// Everything it sent, each with the receipts it got.
    pub async fn outbox(&self) -> Vec<Value> {
        let body = self.network.get(&self.path("outbox")).await;
        body["messages"].as_array().expect("messages").clone()
    }

    /// What comes into the inbox after `after` within a second.
    pub async fn next(&self, after: u64) -> Vec<Value> {
        let path = format!("{}?after={after}&wait=1000", self.path("inbox"));
        let body = self.network.get(&path).await;
        body["messages"].as_array().expect("messages").clone()
    }

    /// Waits until the inbox holds `count` messages that others wrote, and returns them. Patient for as long as some come.
    pub async fn received(&self, count: usize) -> Vec<Value> {
        let mut deadline = Instant::now() + ARRIVES_WITHIN;
        let (mut after, mut got) = (0, Vec::new());
        loop {
            for message in self.next(after).await {
                after = message["seq"].as_u64().expect("a position");
                if message["fromMe"] == false {
                    deadline = Instant::now() + ARRIVES_WITHIN;
                    got.push(message);
                }
            }
            if got.len() >= count {
                return got;
            }
            assert!(
                Instant::now() < deadline,
                "{} of {count} messages arrived: {got:?}",
                got.len()
            );
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/phones/{}/{rest}", self.number)
    }
}
