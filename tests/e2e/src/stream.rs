//! A reader of the live stream, over plain HTTP.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

/// A block of the stream.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The cursor.
    pub id: Option<String>,
    /// The kind; empty for a sign of life.
    pub event: String,
    /// The payload; null without one.
    pub data: Value,
}

/// An open stream.
pub struct EventStream {
    response: Response,
    text: String,
    blocks: VecDeque<Block>,
    /// The newest cursor.
    pub cursor: Option<String>,
}

impl EventStream {
    /// Opens one. `after` goes into `Last-Event-ID`.
    pub async fn open(url: &str, key: &str, after: Option<&str>) -> Result<Self, u16> {
        let mut request = reqwest::Client::new().get(url).header("X-API-Key", key);
        if let Some(after) = after {
            request = request.header("Last-Event-ID", after);
        }
        let response = request.send().await.expect("the gateway answers");
        if response.status() != 200 {
            return Err(response.status().as_u16());
        }
        Ok(Self {
            response,
            text: String::new(),
            blocks: VecDeque::new(),
            cursor: after.map(str::to_owned),
        })
    }

    /// The next block that says something; none when the stream has ended, or says nothing within this time.
    pub async fn next(&mut self, within: Duration) -> Option<Block> {
        let next = async {
            loop {
                while let Some(block) = self.blocks.pop_front() {
                    self.cursor = block.id.clone().or(self.cursor.take());
                    if !block.event.is_empty() {
                        return Some(block);
                    }
                }
                let chunk = self.response.chunk().await.ok()??;
                self.text.push_str(&String::from_utf8_lossy(&chunk));
                while let Some((block, rest)) = self.text.split_once("\n\n") {
                    self.blocks.push_back(parse(block));
                    self.text = rest.to_owned();
                }
            }
        };
        tokio::time::timeout(within, next).await.ok().flatten()
    }

    /// Reads events (not what the stream says about itself) until there are so many.
    pub async fn events(&mut self, count: usize, within: Duration) -> Vec<Block> {
        let mut events = Vec::new();
        while events.len() < count {
            match self.next(within).await {
                Some(block) if block.event.starts_with("stream.") => {}
                Some(block) => events.push(block),
                None => break,
            }
        }
        events
    }
}

fn parse(block: &str) -> Block {
    let mut parsed = Block::default();
    for line in block.lines() {
        match line.split_once(": ") {
            Some(("id", id)) => parsed.id = Some(id.to_owned()),
            Some(("event", event)) => event.clone_into(&mut parsed.event),
            Some(("data", data)) => parsed.data = serde_json::from_str(data).expect("data is JSON"),
            _ => {}
        }
    }
    parsed
}
