//! A network, its control API, and clients whose events can be waited for.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;
use wagate_sandbox::{MediaOptions, Network, NetworkOptions};
use whatsapp_rust::bot::{Bot, BotHandle};
use whatsapp_rust::pair_code::PairCodeOptions;
use whatsapp_rust::transport::TokioWebSocketTransportFactory;
use whatsapp_rust::wacore::store::{DevicePropsOverride, InMemoryBackend};
use whatsapp_rust::wacore::types::presence::ReceiptType;
use whatsapp_rust::{Jid, SendOptions, TokioRuntime};

pub(crate) mod http;
pub(crate) mod inbound;
pub(crate) mod seen;

use seen::Log;
pub(crate) use seen::Seen;

/// Nothing on loopback takes this long.
const LIMIT: Duration = Duration::from_secs(30);

pub(crate) const ANN: &str = "15550001001";
pub(crate) const BOB: &str = "15550001002";
pub(crate) const CAT: &str = "15550001003";

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
            media: MediaOptions::default(),
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
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
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

    /// Waits for a signal a phone has got: of that kind, and saying that.
    pub(crate) async fn signal(&self, number: &str, kind: &str, what: &str) -> Value {
        let waiting = async {
            let mut next = 0;
            loop {
                let path = format!("/phones/{number}/signals?after={next}&wait=10000");
                let page = self.get(&path).await;
                next = page["next"].as_u64().unwrap();
                let signals = page["signals"].as_array().unwrap();
                let found = signals
                    .iter()
                    .find(|signal| signal["kind"] == kind && signal["what"] == what);
                if let Some(signal) = found {
                    return signal.clone();
                }
            }
        };
        tokio::time::timeout(LIMIT, waiting)
            .await
            .unwrap_or_else(|_| panic!("the phone {number} heard of no {kind} {what}"))
    }

    /// A phone makes a group; gives back its jid.
    pub(crate) async fn group(&self, by: &str, subject: &str, members: &[&str]) -> Jid {
        let body = json!({ "subject": subject, "members": members });
        let (status, answer) = self.post(&format!("/phones/{by}/groups"), &body).await;
        assert_eq!(status, 201, "{answer}");
        answer["group"]["jid"].as_str().unwrap().parse().unwrap()
    }

    /// A phone does something with a group.
    pub(crate) async fn act(&self, by: &str, group: &Jid, action: &str, body: &Value) -> (u16, Value) {
        self.post(&format!("/phones/{by}/groups/{group}/{action}"), body)
            .await
    }

    /// Asks for a fault; gives back the answer.
    pub(crate) async fn fault(&self, fault: &Value) -> Value {
        let (status, answer) = self.post("/faults", fault).await;
        assert!((200..300).contains(&status), "{fault} -> {answer}");
        answer
    }

    /// Waits until a phone's outbox is as wanted.
    pub(crate) async fn outbox(&self, number: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let waiting = async {
            loop {
                let after = self.get("/state").await["lastEvent"].as_u64().unwrap();
                let outbox = self.get(&format!("/phones/{number}/outbox")).await;
                if wanted(&outbox) {
                    return outbox;
                }
                self.get(&format!("/events?after={after}&wait=1000")).await;
            }
        };
        tokio::time::timeout(LIMIT, waiting)
            .await
            .expect("the phone's outbox did not become as wanted")
    }

    /// Stops the network and resumes it at the same address.
    pub(crate) async fn stop_and_resume(self) -> Self {
        let listen = self.network.ws_url();
        let listen = listen
            .trim_start_matches("ws://")
            .trim_end_matches("/ws/chat")
            .parse()
            .unwrap();
        let stopped = self.network.stop().await;
        let options = NetworkOptions {
            listen,
            control: LOOPBACK,
            data_dir: None,
            media: MediaOptions::default(),
        };
        let network = Network::resume(options, stopped).await.unwrap();
        Self {
            network,
            http: self.http,
        }
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

    /// Waits until a phone's devices have its history and nothing is on its way to them.
    pub(crate) async fn settled(&self, number: &str) {
        let waiting = async {
            loop {
                let after = self.get("/state").await["lastEvent"].as_u64().unwrap();
                let history = self.get(&format!("/phones/{number}/history")).await;
                let devices = history["devices"].as_object().unwrap();
                if !devices.is_empty() && devices.values().all(|device| device["done"] == true) {
                    return;
                }
                self.get(&format!("/events?after={after}&wait=1000")).await;
            }
        };
        tokio::time::timeout(LIMIT, waiting)
            .await
            .expect("the phone did not send its history");
        self.state(|state| {
            let phones = state["phones"].as_array().unwrap();
            let phone = phones.iter().find(|phone| phone["number"] == number).unwrap();
            let devices = phone["devices"].as_array().unwrap();
            devices.iter().all(|device| device["queued"] == 0)
        })
        .await;
    }

    /// A client linked to a phone by QR code, connected.
    pub(crate) async fn linked(&self, number: &str) -> Client {
        self.linked_as(number, DevicePropsOverride::default()).await
    }

    /// A client that says something else about itself.
    pub(crate) async fn linked_as(&self, number: &str, props: DevicePropsOverride) -> Client {
        let client = Client::start_as(&self.network, Arc::new(InMemoryBackend::new()), None, props).await;
        let qr = client.qr().await;
        let (status, linked) = self
            .post(&format!("/phones/{number}/scan"), &json!({ "qr": qr }))
            .await;
        assert_eq!(status, 200, "{linked}");
        client.connected().await;
        client
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
        Self::start_as(network, backend, pair_code_for, DevicePropsOverride::default()).await
    }

    pub(crate) async fn start_as(
        network: &Network,
        backend: Arc<InMemoryBackend>,
        pair_code_for: Option<&str>,
        props: DevicePropsOverride,
    ) -> Self {
        let log = Log {
            seen: Arc::default(),
            messages: Arc::default(),
            history: Arc::default(),
            synced: Arc::default(),
            changes: watch::Sender::new(0),
        };
        let mut builder = Bot::builder()
            .with_backend_arc(backend.clone())
            .with_transport_factory(TokioWebSocketTransportFactory::new().with_url(network.ws_url()))
            .with_http_client(http::client(network))
            .with_runtime(TokioRuntime)
            .with_device_props(props)
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

    /// Waits for a QR code.
    pub(crate) async fn qr(&self) -> String {
        self.wait(|seen| {
            seen.iter().find_map(|one| match one {
                Seen::Qr(code) => Some(code.clone()),
                _ => None,
            })
        })
        .await
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
        self.send_to(Jid::pn(number), text).await
    }

    /// Sends a text to a person or a group; gives back the message id.
    pub(crate) async fn send_to(&self, to: Jid, text: &str) -> String {
        let message = waproto::whatsapp::Message {
            conversation: Some(text.to_owned()),
            ..Default::default()
        };
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
