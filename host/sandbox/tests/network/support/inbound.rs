//! What a client was sent, whole.

use serde_json::{Value, json};
use waproto::whatsapp as wa;
use whatsapp_rust::types::events::{InboundMessage, LazyHistorySync};
use whatsapp_rust::{Jid, SendOptions};

use super::{Client, LIMIT, Log, TestNetwork};

/// A message as a client got it.
#[derive(Debug, Clone)]
pub(crate) struct Inbound {
    pub(crate) id: String,
    pub(crate) chat: Jid,
    pub(crate) sender: Jid,
    pub(crate) message: wa::Message,
}

impl From<&InboundMessage> for Inbound {
    fn from(inbound: &InboundMessage) -> Self {
        Self {
            id: inbound.info.id.clone(),
            chat: inbound.info.source.chat.clone(),
            sender: inbound.info.source.sender.clone(),
            message: wa::Message::clone(&inbound.message),
        }
    }
}

/// A file of history as a client got it.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) kind: i32,
    pub(crate) progress: Option<u32>,
    /// The request it answers.
    pub(crate) session: Option<String>,
    pub(crate) content: wa::HistorySync,
}

impl From<&LazyHistorySync> for History {
    fn from(file: &LazyHistorySync) -> Self {
        Self {
            kind: file.sync_type(),
            progress: file.progress(),
            session: file.peer_data_request_session_id().map(str::to_owned),
            content: file.get().unwrap().clone(),
        }
    }
}

impl Client {
    /// Waits for so many files of history.
    pub(crate) async fn history(&self, count: usize) -> Vec<History> {
        self.wait_in_log(|log| {
            let history = log.history.lock().unwrap();
            (history.len() >= count).then(|| history.clone())
        })
        .await
    }

    /// Waits for a change of the app state, as `app_state::told` says it.
    pub(crate) async fn synced(&self, wanted: &str) {
        self.wait_in_log(|log| {
            let synced = log.synced.lock().unwrap();
            synced.iter().any(|one| one == wanted).then_some(())
        })
        .await;
    }

    async fn wait_in_log<T>(&self, mut look: impl FnMut(&Log) -> Option<T>) -> T {
        let mut changes = self.log.changes.subscribe();
        let waiting = async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = look(&self.log) {
                    return found;
                }
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(LIMIT, waiting).await.unwrap_or_else(|_| {
            panic!(
                "not seen; app state so far: {:?}; files of history: {}",
                self.log.synced.lock().unwrap(),
                self.log.history.lock().unwrap().len()
            )
        })
    }

    /// Waits for a message by its id.
    pub(crate) async fn message(&self, id: &str) -> Inbound {
        self.wait_in_log(|log| {
            let messages = log.messages.lock().unwrap();
            messages.iter().find(|message| message.id == id).cloned()
        })
        .await
    }

    /// Sends any message; gives back its id.
    pub(crate) async fn send_message(&self, number: &str, message: wa::Message) -> String {
        let sent = self
            .client()
            .send_message_with_options(Jid::pn(number), message, SendOptions::default())
            .await
            .unwrap();
        sent.message_id.clone()
    }
}

impl TestNetwork {
    /// A person sends something; gives back what stands in their outbox.
    pub(crate) async fn say(&self, from: &str, to: &str, content: Value) -> Value {
        let (status, sent) = self
            .post(
                &format!("/phones/{from}/messages"),
                &json!({ "to": to, "content": content }),
            )
            .await;
        assert_eq!(status, 201, "{sent}");
        sent
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.network.control_url());
        let answer = self.http.put(url).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// The body of a route that does not answer JSON.
    pub(crate) async fn bytes(&self, path: &str) -> Vec<u8> {
        let url = format!("{}{path}", self.network.control_url());
        let answer = self.http.get(url).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        answer.bytes().await.unwrap().to_vec()
    }

    pub(crate) async fn text(&self, path: &str) -> String {
        String::from_utf8(self.bytes(path).await).unwrap()
    }

    /// Puts a picture on the media host.
    pub(crate) async fn picture(&self, bytes: Vec<u8>) -> Value {
        let url = format!("{}/media/pictures", self.network.control_url());
        let request = self
            .http
            .post(url)
            .header("content-type", "image/png")
            .body(bytes);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// Waits for one message in an inbox.
    pub(crate) async fn received(&self, number: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            let mut next = 0;
            loop {
                let page = self
                    .get(&format!("/phones/{number}/inbox?after={next}&wait=10000"))
                    .await;
                next = page["next"].as_u64().unwrap();
                let found = page["messages"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|one| wanted(one));
                if let Some(found) = found {
                    return found.clone();
                }
            }
        };
        tokio::time::timeout(LIMIT, waiting)
            .await
            .expect("the message did not arrive at the phone")
    }

    /// A message in a phone's inbox, as it is now.
    pub(crate) async fn in_inbox(&self, number: &str, id: &str) -> Value {
        self.received(number, |one| one["id"] == id).await
    }
}
