//! A network, phones, and a session that is linked to the first of them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use wagate_engine::content::Content;
use wagate_engine::{
    Account, Engine, EngineError, EngineOptions, Network as Target, Outgoing, SendOptions, SentMessage,
    SessionStatus, SystemClock,
};
use wagate_sandbox::{MediaOptions, Network, NetworkOptions};
use wagate_storage::SharedStorage;
use wagate_storage::api_keys::ApiKeyRow;
use wagate_storage::sessions::{Desired, SessionRow};
use wagate_storage::sqlite::SqliteStorage;
use wagate_storage::users::{Role, UserRow};

/// Nothing on loopback takes this long.
const LIMIT: Duration = Duration::from_secs(60);
const LOOPBACK: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
pub(crate) const SESSION: &str = "0197a000-0000-7000-8000-000000000001";
/// Whose account the session is linked to.
pub(crate) const OWN: &str = "12025550101";
pub(crate) const BOB: &str = "12025550102";
pub(crate) const CARL: &str = "12025550103";

pub(crate) fn jid(number: &str) -> String {
    format!("{number}@s.whatsapp.net")
}

pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) storage: SharedStorage,
    network: Network,
    http: reqwest::Client,
    _dir: TempDir,
}

impl World {
    /// Three phones that address by phone number; the session is connected.
    pub(crate) async fn start() -> Self {
        Self::start_addressed("pn").await
    }

    pub(crate) async fn start_addressed(addressing: &str) -> Self {
        let network = Network::start(NetworkOptions {
            listen: LOOPBACK,
            control: LOOPBACK,
            data_dir: None,
            media: MediaOptions::default(),
        })
        .await
        .unwrap();
        let dir = tempfile::tempdir().unwrap();
        let storage: SharedStorage =
            Arc::new(SqliteStorage::open(&dir.path().join("wagate.db")).await.unwrap());
        insert_session(&storage).await;
        let target = Target::Sandbox {
            ws_url: network.ws_url(),
            media_ca: Some(network.media_ca_pem().to_owned()),
        };
        let options = EngineOptions {
            allow_raw_messages: true,
            ..EngineOptions::new(target, dir.path().join("media"))
        };
        let engine = Engine::open(storage.clone(), Arc::new(SystemClock), options)
            .await
            .unwrap();
        let world = Self {
            engine,
            storage,
            network,
            http: reqwest::Client::new(),
            _dir: dir,
        };
        for (number, name) in [(OWN, "Ann"), (BOB, "Bob"), (CARL, "Carl")] {
            let phone = json!({ "number": number, "name": name, "addressing": addressing });
            world.post("/phones", &phone).await;
        }
        world.link().await;
        world
    }

    async fn link(&self) {
        self.engine.start(SESSION).await.unwrap();
        let qr = self
            .eventually("a QR is shown", async || {
                self.engine.snapshot(SESSION).and_then(|session| session.qr)
            })
            .await;
        self.post(&format!("/phones/{OWN}/scan"), &json!({ "qr": qr }))
            .await;
        self.eventually("the session is connected", async || {
            let session = self.engine.snapshot(SESSION)?;
            (session.status == SessionStatus::Connected).then_some(())
        })
        .await;
    }

    pub(crate) fn account(&self) -> Account {
        self.engine.account(SESSION).unwrap()
    }

    /// Sends a content, as it is.
    pub(crate) async fn send(&self, to: &str, content: Content) -> Result<SentMessage, EngineError> {
        self.send_with(to, content, SendOptions::default()).await
    }

    pub(crate) async fn send_with(
        &self,
        to: &str,
        content: Content,
        options: SendOptions,
    ) -> Result<SentMessage, EngineError> {
        let message = Outgoing {
            to: to.to_owned(),
            content,
            options,
            key: None,
        };
        self.account().send(message).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.network.control_url());
        self.http.get(url).send().await.unwrap().json().await.unwrap()
    }

    /// Asks the network for something that it does.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.network.control_url());
        let answer = self.http.post(url).json(body).send().await.unwrap();
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {body}");
        serde_json::from_str(&body).unwrap_or(Value::Null)
    }

    /// A phone writes a text; the id.
    pub(crate) async fn write(&self, from: &str, to: &str, text: &str) -> String {
        let sent = self
            .post(
                &format!("/phones/{from}/messages"),
                &json!({ "to": to, "text": text }),
            )
            .await;
        sent["id"].as_str().unwrap().to_owned()
    }

    /// Waits for the message in a phone's inbox that is as wanted.
    pub(crate) async fn arrives(&self, number: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.listed(&format!("/phones/{number}/inbox"), "messages", wanted)
            .await
    }

    /// Waits for the message with this id in a phone's inbox.
    pub(crate) async fn arrives_as(&self, number: &str, id: &str) -> Value {
        self.arrives(number, |message| message["id"] == id).await
    }

    /// Waits for what a phone notices besides messages.
    pub(crate) async fn noticed(&self, number: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.listed(&format!("/phones/{number}/signals"), "signals", wanted)
            .await
    }

    async fn listed(&self, path: &str, field: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut after = 0;
        let mut seen = Vec::new();
        let waiting = async {
            loop {
                let page = self.get(&format!("{path}?after={after}&wait=5000")).await;
                after = page["next"].as_u64().unwrap();
                for item in page[field].as_array().unwrap() {
                    if wanted(item) {
                        return item.clone();
                    }
                    seen.push(item.clone());
                }
            }
        };
        match tokio::time::timeout(LIMIT, waiting).await {
            Ok(found) => found,
            Err(_) => panic!("{path}: waited in vain; there are {seen:#?}"),
        }
    }

    /// Waits until a message that somebody sent us is stored.
    pub(crate) async fn stored(&self, id: &str) -> wagate_storage::messages::MessageRow {
        self.eventually(&format!("{id} is stored"), async || {
            self.storage.message_by_wa_id(SESSION, id).await.unwrap()
        })
        .await
    }

    /// Asks, and again whenever the engine has told of something, until there is an answer.
    pub(crate) async fn eventually<T>(&self, what: &str, ask: impl AsyncFn() -> Option<T>) -> T {
        let mut told = self.engine.watch_events();
        within_limit(what, async {
            loop {
                told.mark_unchanged();
                if let Some(answer) = ask().await {
                    return answer;
                }
                told.changed().await.unwrap();
            }
        })
        .await
    }

    /// Asks, and again whenever something has happened on the network, until there is an answer.
    pub(crate) async fn eventually_on_the_network<T>(
        &self,
        what: &str,
        ask: impl AsyncFn() -> Option<T>,
    ) -> T {
        let mut after = 0;
        within_limit(what, async {
            loop {
                if let Some(answer) = ask().await {
                    return answer;
                }
                let page = self.get(&format!("/events?after={after}&wait=5000")).await;
                after = page["next"].as_u64().unwrap();
            }
        })
        .await
    }

    /// Ends what the engine runs.
    pub(crate) async fn stop(self) {
        self.engine.shutdown().await;
        self.network.shutdown().await;
    }
}

async fn insert_session(storage: &SharedStorage) {
    let user = UserRow {
        id: "user-1".to_owned(),
        email: "ann@example.org".to_owned(),
        name: None,
        password_hash: None,
        role: Role::Owner,
        disabled: false,
        created_at: 0,
        updated_at: 0,
    };
    let key = ApiKeyRow {
        id: "key-1".to_owned(),
        user_id: user.id.clone(),
        name: "test".to_owned(),
        hash: vec![0; 32],
        last4: "0000".to_owned(),
        expires_at: None,
        created_at: 0,
        ..ApiKeyRow::default()
    };
    assert!(storage.insert_first_user(user, key).await.unwrap());
    let session = SessionRow {
        id: SESSION.to_owned(),
        user_id: "user-1".to_owned(),
        slug: "shop".to_owned(),
        name: "Shop".to_owned(),
        desired: Desired::Stopped,
        status: "STOPPED".to_owned(),
        cause: None,
        pn: None,
        lid: None,
        push_name: None,
        config: "{}".to_owned(),
        created_at: 0,
        updated_at: 0,
    };
    storage.insert_session(session).await.unwrap();
}

pub(crate) async fn within_limit<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, waiting).await {
        Ok(answer) => answer,
        Err(_) => panic!("waited in vain: {what}"),
    }
}
