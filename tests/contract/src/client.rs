//! Somebody who asks, with a key or without, with JSON or with a form.

use reqwest::{Method, header};
use serde_json::Value;

use crate::call::{Body, Part};

/// Between the parts of a form. No file of a test has it inside.
const BOUNDARY: &str = "----contract-boundary-7f3a";

/// A caller.
#[derive(Debug, Clone)]
pub struct Client {
    base: String,
    key: Option<String>,
    http: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The media type.
    pub mime: String,
    /// As it came.
    pub bytes: Vec<u8>,
    /// As JSON; null when it is none.
    pub body: Value,
}

impl Client {
    /// Somebody with this key, or nobody.
    pub fn new(base: &str, key: Option<&str>) -> Self {
        Self {
            base: base.to_owned(),
            key: key.map(str::to_owned),
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .expect("a client"),
        }
    }

    /// The same, with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..self.clone()
        }
    }

    /// A request below `/api`. A gateway that is gone answers with status 0.
    pub async fn send(&self, method: &Method, path: &str, body: &Body) -> Answer {
        let mut request = self
            .http
            .request(method.clone(), format!("{}/api{path}", self.base));
        if let Some(key) = &self.key {
            request = request.header("x-api-key", key);
        }
        request = match body {
            Body::None => request,
            Body::Json(body) => request.json(body),
            Body::Form(parts) => request
                .header(
                    header::CONTENT_TYPE,
                    format!("multipart/form-data; boundary={BOUNDARY}"),
                )
                .body(form(parts)),
        };
        match request.send().await {
            Ok(answer) => Answer::read(answer).await,
            Err(error) => Answer {
                status: 0,
                mime: String::new(),
                bytes: error.to_string().into_bytes(),
                body: Value::Null,
            },
        }
    }
}

/// The body of a form.
pub(crate) fn form(parts: &[Part]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        let mut head = format!(
            "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{}\"",
            part.name
        );
        if let Some((file, mime)) = &part.file {
            head.push_str(&format!("; filename=\"{file}\"\r\ncontent-type: {mime}"));
        }
        bytes.extend_from_slice(head.as_bytes());
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(&part.bytes);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    bytes
}

impl Answer {
    async fn read(answer: reqwest::Response) -> Self {
        let status = answer.status().as_u16();
        let mime = answer.headers().get(header::CONTENT_TYPE);
        let mime = mime
            .and_then(|mime| mime.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let bytes = answer
            .bytes()
            .await
            .map(|bytes| bytes.to_vec())
            .unwrap_or_default();
        Self {
            status,
            mime,
            body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
            bytes,
        }
    }

    /// The text at a JSON pointer; `nothing` when there is none, so that what follows fails by itself.
    pub fn text(&self, pointer: &str) -> String {
        let found = self.body.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or("nothing").to_owned()
    }

    /// The list at a JSON pointer.
    pub fn list(&self, pointer: &str) -> Vec<Value> {
        let found = self.body.pointer(pointer).and_then(Value::as_array);
        found.cloned().unwrap_or_default()
    }

    /// The rows of a list route: bare, or in an envelope.
    pub fn rows(&self) -> Vec<Value> {
        let bare = self.body.as_array().cloned();
        bare.unwrap_or_else(|| self.list("/data"))
    }

    /// What a refusal complains about: some of the contract's have a general message, and say more in `error`.
    pub fn complaint(&self) -> String {
        format!("{} {}", self.text("/message"), self.text("/error")).to_lowercase()
    }

    /// Its beginning, for people.
    pub fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes);
        format!("{} {}", self.status, text.chars().take(220).collect::<String>())
    }
}
