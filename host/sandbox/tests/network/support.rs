//! A network, its control API, and clients whose events can be waited for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use wagate_sandbox::{Network, NetworkOptions};
use whatsapp_rust::async_trait;
use whatsapp_rust::bot::{Bot, BotHandle};
use whatsapp_rust::pair_code::PairCodeOptions;
use whatsapp_rust::transport::TokioWebSocketTransportFactory;
use whatsapp_rust::types::events::{Event, EventHandler};
use whatsapp_rust::wacore::net::{HttpClient, HttpRequest, HttpResponse};
use whatsapp_rust::wacore::store::InMemoryBackend;
use whatsapp_rust::wacore::types::presence::ReceiptType;
use whatsapp_rust::{Jid, SendOptions, TokioRuntime, anyhow};

/// Nothing on loopback takes this long.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) const ANN: &str = "15550001001";
pub(crate) const BOB: &str = "15550001002";

const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// A network with a control client.
pub(crate) struct TestNetwork {
    pub(crate) network: Network,
    http: reqwest::Client,
}

impl TestNetwork {
    pub(crate) async fn start() -> Self {
        Self::start_in(None).await
    }

    pub(crate) async fn start_in(dir: Option<&Path>) -> Self {
        Self::start_at(LOOPBACK, dir).await
    }

    pub(crate) async fn start_at(listen: SocketAddr, dir: Option<&Path>) -> Self {
        let options = NetworkOptions {
            listen,
            control: LOOPBACK,
            data_dir: dir.map(Path::to_path_buf),
        };
        let network = Network::start(options).await.unwrap();
        Self {
            network,
            http: reqwest::Client::new(),
        }
    }

    /// A network with two phones, Ann and Bob.
    pub(crate) async fn with_phones(addressing: &str) -> Self {
        let network = Self::start().await;
        network.phone(ANN, "Ann", addressing).await;
        network.phone(BOB, "Bob", addressing).await;
        network
    }

    pub(crate) async fn phone(&self, number: &str, name: &str, addressing: &str) -> Value {
        let body = json!({ "number": number, "name": name, "addressing": addressing });
        let (status, phone) = self.post("/phones", &body).await;
        assert_eq!(status, 201, "{phone}");
        phone
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.network.control_url());
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.network.control_url());
        let answer = self.http.post(url).json(body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) async fn delete(&self, path: &str) -> u16 {
        let url = format!("{}{path}", self.network.control_url());
        self.http.delete(url).send().await.unwrap().status().as_u16()
    }

    /// A phone writes; gives back the message id.
    pub(crate) async fn write(&self, from: &str, to: &str, text: &str) -> String {
        let (status, sent) = self
            .post(
                &format!("/phones/{from}/messages"),
                &json!({ "to": to, "text": text }),
            )
            .await;
        assert_eq!(status, 201, "{sent}");
        sent["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a phone has that many messages, and gives them back.
    pub(crate) async fn inbox(&self, number: &str, count: usize) -> Vec<Value> {
        let waiting = async {
            let mut messages: Vec<Value> = Vec::new();
            let mut next = 0;
            while messages.len() < count {
                let page = self
                    .get(&format!("/phones/{number}/inbox?after={next}&wait=10000"))
                    .await;
                next = page["next"].as_u64().unwrap();
                messages.extend(page["messages"].as_array().unwrap().iter().cloned());
            }
            messages
        };
        tokio::time::timeout(LIMIT, waiting)
            .await
            .expect("the messages did not arrive at the phone")
    }

    /// Waits until the network's state is as wanted.
    pub(crate) async fn state(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let state = self.get("/state").await;
                if wanted(&state) {
                    return state;
                }
                let after = state["lastEvent"].as_u64().unwrap();
                self.get(&format!("/events?after={after}&wait=20")).await;
            }
        };
        tokio::time::timeout(LIMIT, waiting)
            .await
            .expect("the network's state did not become as wanted")
    }

    /// A client linked to a phone by QR code, connected.
    pub(crate) async fn linked(&self, number: &str) -> Client {
        let client = Client::start(&self.network, Arc::new(InMemoryBackend::new()), None).await;
        let qr = client
            .wait(|seen| {
                seen.iter().find_map(|one| match one {
                    Seen::Qr(code) => Some(code.clone()),
                    _ => None,
                })
            })
            .await;
        let (status, linked) = self
            .post(&format!("/phones/{number}/scan"), &json!({ "qr": qr }))
            .await;
        assert_eq!(status, 200, "{linked}");
        client.connected().await;
        client
    }
}

/// What a client told, as far as the tests care.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    Qr(String),
    PairCode(String),
    Connected,
    LoggedOut,
    Replaced,
    PushName(String),
    Text {
        id: String,
        text: String,
        chat: String,
        from_me: bool,
        offline: bool,
    },
    Undecryptable(String),
    Receipt {
        ids: Vec<String>,
        kind: ReceiptType,
    },
    Ack(String),
}

#[derive(Clone)]
struct Log {
    seen: Arc<Mutex<Vec<Seen>>>,
    changes: watch::Sender<usize>,
}

impl EventHandler for Log {
    fn handle_event(&self, event: Arc<Event>) {
        let mut seen = self.seen.lock().unwrap();
        match &*event {
            Event::PairingQrCode(qr) => seen.push(Seen::Qr(qr.code.clone())),
            Event::PairingCode(code) => seen.push(Seen::PairCode(code.code.clone())),
            Event::Connected(_) => seen.push(Seen::Connected),
            Event::LoggedOut(_) => seen.push(Seen::LoggedOut),
            Event::StreamReplaced(_) => seen.push(Seen::Replaced),
            Event::SelfPushNameUpdated(name) => seen.push(Seen::PushName(name.new_name.clone())),
            Event::Messages(_) => {
                for inbound in event.messages() {
                    let message = &inbound.message;
                    let text = message.conversation.clone().or_else(|| {
                        message
                            .extended_text_message
                            .as_option()
                            .and_then(|text| text.text.clone())
                    });
                    if let Some(text) = text {
                        seen.push(Seen::Text {
                            id: inbound.info.id.clone(),
                            text,
                            chat: inbound.info.source.chat.to_string(),
                            from_me: inbound.info.source.is_from_me,
                            offline: inbound.info.is_offline,
                        });
                    }
                }
            }
            Event::UndecryptableMessage(message) => {
                seen.push(Seen::Undecryptable(message.info.id.clone()));
            }
            Event::Receipt(receipt) => seen.push(Seen::Receipt {
                ids: receipt.message_ids.iter().map(ToString::to_string).collect(),
                kind: receipt.r#type.clone(),
            }),
            Event::ServerAck(ack) if ack.class.as_deref() == Some("message") => {
                seen.push(Seen::Ack(ack.id.clone()));
            }
            _ => {}
        }
        self.changes.send_modify(|count| *count += 1);
    }
}

/// Media is not part of these tests.
struct NoHttp;

#[async_trait]
impl HttpClient for NoHttp {
    async fn execute(&self, _request: HttpRequest) -> anyhow::Result<HttpResponse> {
        anyhow::bail!("the tests fetch nothing")
    }
}

/// A client and what it has told so far.
pub(crate) struct Client {
    handle: BotHandle,
    pub(crate) backend: Arc<InMemoryBackend>,
    log: Log,
}

impl Client {
    pub(crate) async fn start(
        network: &Network,
        backend: Arc<InMemoryBackend>,
        pair_code_for: Option<&str>,
    ) -> Self {
        let log = Log {
            seen: Arc::default(),
            changes: watch::Sender::new(0),
        };
        let mut builder = Bot::builder()
            .with_backend_arc(backend.clone())
            .with_transport_factory(TokioWebSocketTransportFactory::new().with_url(network.ws_url()))
            .with_http_client(NoHttp)
            .with_runtime(TokioRuntime)
            .with_version((2, 3000, 1_027_934_701))
            .with_event_handler(log.clone());
        if let Some(number) = pair_code_for {
            builder = builder.with_pair_code(PairCodeOptions {
                phone_number: number.to_owned(),
                ..Default::default()
            });
        }
        let handle = builder.build().await.unwrap().spawn();
        Self { handle, backend, log }
    }

    /// Waits until `look` finds something in what was seen.
    pub(crate) async fn wait<T>(&self, mut look: impl FnMut(&[Seen]) -> Option<T>) -> T {
        let mut changes = self.log.changes.subscribe();
        let waiting = async {
            loop {
                changes.mark_unchanged();
                if let Some(found) = look(&self.log.seen.lock().unwrap()) {
                    return found;
                }
                changes.changed().await.unwrap();
            }
        };
        let found = tokio::time::timeout(LIMIT, waiting).await;
        found.unwrap_or_else(|_| panic!("not seen; seen so far: {:?}", self.seen()))
    }

    /// Waits for one exact thing.
    pub(crate) async fn saw(&self, wanted: &Seen) {
        self.wait(|seen| seen.contains(wanted).then_some(())).await;
    }

    pub(crate) async fn connected(&self) {
        self.saw(&Seen::Connected).await;
    }

    /// Waits for that many texts, and gives back their texts in order.
    pub(crate) async fn texts(&self, count: usize) -> Vec<String> {
        self.wait(|seen| {
            let texts: Vec<String> = seen
                .iter()
                .filter_map(|one| match one {
                    Seen::Text { text, .. } => Some(text.clone()),
                    _ => None,
                })
                .collect();
            (texts.len() >= count).then_some(texts)
        })
        .await
    }

    /// Waits for a receipt of that kind for a message.
    pub(crate) async fn receipt(&self, id: &str, wanted: &ReceiptType) {
        self.wait(|seen| {
            seen.iter()
                .any(|one| match one {
                    Seen::Receipt { ids, kind } => kind == wanted && ids.iter().any(|known| known == id),
                    _ => false,
                })
                .then_some(())
        })
        .await;
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.log.seen.lock().unwrap().clone()
    }

    /// Sends a text; gives back the message id.
    pub(crate) async fn send(&self, number: &str, text: &str) -> String {
        let message = waproto::whatsapp::Message {
            conversation: Some(text.to_owned()),
            ..Default::default()
        };
        let to = Jid::pn(number);
        let sent = self
            .handle
            .client()
            .send_message_with_options(to, message, SendOptions::default())
            .await
            .unwrap();
        sent.message_id.clone()
    }

    pub(crate) fn client(&self) -> Arc<whatsapp_rust::Client> {
        self.handle.client()
    }

    /// Stops the client in order; its store can be used again.
    pub(crate) async fn stop(self) -> Arc<InMemoryBackend> {
        self.handle.shutdown().await;
        self.backend
    }
}
