//! The sandbox's control API: what phones do, and what is to be seen on them.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The longest anything may take to be seen on a phone.
pub const SEEN_WITHIN: Duration = Duration::from_secs(6);
/// Between two looks at something that cannot tell by itself that it changed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The control API of a network.
#[derive(Debug, Clone)]
pub struct Control {
    base: String,
    http: reqwest::Client,
}

impl Control {
    /// The one at this URL.
    pub fn new(base: &str) -> Self {
        Self {
            base: base.to_owned(),
            http: reqwest::Client::new(),
        }
    }

    /// `GET`; null when the network refuses.
    pub async fn get(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}{path}", self.base)).send().await;
        read(answer).await
    }

    /// `POST`; the refusal in `error` when there is one.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.base)).json(&body);
        read(request.send().await).await
    }

    /// A phone sends something, see the sandbox's README; the id of the message.
    pub async fn sends(&self, number: &str, to: &str, content: Value) -> String {
        let body = json!({ "to": to, "content": content });
        let sent = self.post(&format!("/phones/{number}/messages"), body).await;
        sent["id"].as_str().unwrap_or("nothing").to_owned()
    }

    /// Everything a phone got.
    pub async fn inbox(&self, number: &str) -> Vec<Value> {
        let page = self.get(&format!("/phones/{number}/inbox?after=0")).await;
        page["messages"].as_array().cloned().unwrap_or_default()
    }

    /// What a phone's screen shows of its chats.
    pub async fn screen(&self, number: &str) -> Value {
        self.get(&format!("/phones/{number}/app-state")).await
    }

    /// What a phone shows of itself.
    pub async fn profile(&self, number: &str) -> Value {
        self.post(&format!("/phones/{number}/profile"), json!({})).await
    }

    /// What reached a phone besides messages.
    pub async fn signals(&self, number: &str) -> Vec<Value> {
        let page = self.get(&format!("/phones/{number}/signals?after=0")).await;
        page["signals"].as_array().cloned().unwrap_or_default()
    }

    /// A group as it is.
    pub async fn group(&self, jid: &str) -> Value {
        self.get(&format!("/groups/{jid}")).await
    }
}

async fn read(answer: reqwest::Result<reqwest::Response>) -> Value {
    match answer {
        Ok(answer) => answer.json().await.unwrap_or(Value::Null),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

/// Looks until `look` finds something, for as long as a phone may take.
pub async fn soon<T>(mut look: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + SEEN_WITHIN;
    loop {
        let found = look().await;
        if found.is_some() || Instant::now() > deadline {
            return found;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
