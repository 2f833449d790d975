//! The smallest REST client that tells a story: every call bounded, every answer JSON.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;

/// Longer than the longest poll.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Talks to one server.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    api_key: Option<String>,
}

/// What came back.
pub(super) struct Reply {
    /// The request, for the error.
    what: String,
    pub(super) status: u16,
    pub(super) body: Value,
}

impl Client {
    /// For this base URL, with or without a key.
    pub(super) fn new(base: &str, api_key: Option<&str>) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(TIMEOUT)
            .build()
            .context("cannot make an HTTP client")?;
        Ok(Self {
            http,
            base: base.to_owned(),
            api_key: api_key.map(str::to_owned),
        })
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Reply> {
        self.send("GET", path, self.http.get(format!("{}{path}", self.base)))
            .await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Reply> {
        self.send(
            "POST",
            path,
            self.http.post(format!("{}{path}", self.base)).json(body),
        )
        .await
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        request: reqwest::RequestBuilder,
    ) -> anyhow::Result<Reply> {
        let what = format!("{method} {path}");
        let request = match &self.api_key {
            Some(api_key) => request.header("x-api-key", api_key),
            None => request,
        };
        let response = request.send().await.with_context(|| what.clone())?;
        let status = response.status().as_u16();
        let text = response.text().await.with_context(|| what.clone())?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Reply { what, status, body })
    }
}

impl Reply {
    /// Any 2xx.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Refuses anything else, with the server's own words.
    pub(super) fn expect_success(self) -> anyhow::Result<Self> {
        if self.is_success() {
            Ok(self)
        } else {
            bail!("{} answered {}: {}", self.what, self.status, self.body)
        }
    }

    /// The text at this JSON pointer.
    pub(super) fn text(&self, pointer: &str) -> Option<String> {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    }
}
