//! A session over a database of its own, without a client: for tests of what becomes of what arrives.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Semaphore, mpsc, watch};
use wacore::types::message::{MessageInfo, MessageSource};
use wacore_binary::JidExt as _;
use wagate_storage::SharedStorage;
use wagate_storage::api_keys::ApiKeyRow;
use wagate_storage::clock::{Clock, SharedClock};
use wagate_storage::session_config::SessionConfig;
use wagate_storage::sessions::{Desired, SessionRow};
use wagate_storage::sqlite::SqliteStorage;
use wagate_storage::users::{Role, UserRow};
use waproto::whatsapp as wa;
use whatsapp_rust::Jid;
use whatsapp_rust::types::durability_hook::InboundMessage;

use crate::chores::{Chore, Chores};
use crate::context::{SessionContext, Shared};
use crate::inbound;
use crate::media::{MediaDesk, MediaOptions};
use crate::normalise::Own;
use crate::options::{AddressPolicy, HistoryOptions, Network};
use crate::pace::PaceOptions;

pub(crate) const OWN: &str = "12025550100@s.whatsapp.net";
pub(crate) const OWN_LID: &str = "100000000000100@lid";
pub(crate) const ANN: &str = "12025550101@s.whatsapp.net";
pub(crate) const ANN_LID: &str = "100000000000101@lid";
pub(crate) const BOB: &str = "12025550102@s.whatsapp.net";
pub(crate) const GROUP: &str = "120363001122334455@g.us";
/// The time, ms.
pub(crate) const NOW: i64 = 1_700_000_000_000;

struct Still;

impl Clock for Still {
    fn now_ms(&self) -> i64 {
        NOW
    }
}

pub(crate) struct Fixture {
    pub(crate) context: Arc<SessionContext>,
    pub(crate) own: Own,
    pub(crate) chores: Chores,
    asked: mpsc::Receiver<Chore>,
    _directory: TempDir,
}

impl Fixture {
    pub(crate) async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let storage = SqliteStorage::open(&directory.path().join("wagate.db"))
            .await
            .unwrap();
        let storage: SharedStorage = Arc::new(storage);
        let row = insert_session(&storage).await;
        let clock: SharedClock = Arc::new(Still);
        let options = MediaOptions::in_dir(directory.path().join("media"));
        let media = MediaDesk::new(Arc::clone(&storage), Arc::clone(&clock), options);
        let shared = Shared {
            storage,
            clock,
            network: Network::WhatsApp,
            history: HistoryOptions::default(),
            presence_every: Duration::from_secs(5),
            history_turn: Arc::new(Semaphore::new(1)),
            allow_raw_messages: false,
            pacing: PaceOptions::free(),
            paced: PaceOptions::default(),
            checked: Arc::default(),
            media: Arc::new(media),
            proxies: AddressPolicy::default(),
            committed: watch::Sender::new(0),
        };
        let (chores, asked) = Chores::channel();
        Self {
            context: Arc::new(SessionContext::new(&row, shared)),
            own: Own {
                pn: OWN.to_owned(),
                lid: Some(OWN_LID.to_owned()),
            },
            chores,
            asked,
            _directory: directory,
        }
    }

    pub(crate) fn storage(&self) -> &SharedStorage {
        &self.context.shared.storage
    }

    pub(crate) fn configure(&self, document: &Value) {
        self.context
            .set_config(SessionConfig::parse(&document.to_string()));
    }

    /// As the library hands a batch to the hook.
    pub(crate) async fn arrive_all(&self, batch: Vec<(MessageInfo, wa::Message)>) {
        let batch: Vec<InboundMessage> = batch
            .into_iter()
            .map(|(info, message)| {
                InboundMessage::builder()
                    .message(Arc::new(message))
                    .info(Arc::new(info))
                    .build()
            })
            .collect();
        inbound::commit(&self.context, &self.own, &self.chores, &batch)
            .await
            .unwrap();
    }

    pub(crate) async fn arrive(&self, info: MessageInfo, message: wa::Message) {
        self.arrive_all(vec![(info, message)]).await;
    }

    /// Kind and data of every event.
    pub(crate) async fn events(&self) -> Vec<(String, Value)> {
        let rows = self.storage().events_after("session", 0, 10_000).await.unwrap();
        rows.into_iter()
            .map(|row| (row.event.kind, serde_json::from_str(&row.event.data).unwrap()))
            .collect()
    }

    /// The only event of this kind.
    pub(crate) async fn event(&self, kind: &str) -> Value {
        let found: Vec<Value> = self
            .events()
            .await
            .into_iter()
            .filter(|(other, _)| other == kind)
            .map(|(_, data)| data)
            .collect();
        assert_eq!(found.len(), 1, "{kind}: {}", json!(found));
        found.into_iter().next().unwrap()
    }

    /// What the session was asked to do by itself.
    pub(crate) fn asked(&mut self) -> Vec<Chore> {
        std::iter::from_fn(|| self.asked.try_recv().ok()).collect()
    }
}

async fn insert_session(storage: &SharedStorage) -> SessionRow {
    let user = UserRow {
        id: "user".to_owned(),
        email: "user@example.org".to_owned(),
        name: None,
        password_hash: None,
        role: Role::SuperAdmin,
        disabled: false,
        created_at: 0,
        updated_at: 0,
    };
    let key = ApiKeyRow {
        id: "key".to_owned(),
        user_id: "user".to_owned(),
        name: "test".to_owned(),
        hash: vec![0; 32],
        last4: "0000".to_owned(),
        expires_at: None,
        created_at: 0,
        ..ApiKeyRow::default()
    };
    assert!(storage.insert_first_user(user, key).await.unwrap());
    let session = SessionRow {
        id: "session".to_owned(),
        user_id: "user".to_owned(),
        slug: "shop".to_owned(),
        name: "Shop".to_owned(),
        desired: Desired::Running,
        status: "CONNECTED".to_owned(),
        cause: None,
        pn: Some(OWN.to_owned()),
        lid: Some(OWN_LID.to_owned()),
        push_name: None,
        config: "{}".to_owned(),
        created_at: 0,
        updated_at: 0,
    };
    storage.insert_session(session.clone()).await.unwrap();
    session
}

pub(crate) fn jid(text: &str) -> Jid {
    text.parse().unwrap()
}

/// A stanza from somebody in a chat, a second after the last.
pub(crate) fn from(id: &str, chat: &str, sender: &str) -> MessageInfo {
    MessageInfo {
        source: MessageSource {
            chat: jid(chat),
            sender: jid(sender),
            is_group: jid(chat).is_group(),
            is_from_me: sender == OWN || sender == OWN_LID,
            ..MessageSource::default()
        },
        id: id.to_owned(),
        push_name: if sender == OWN {
            String::new()
        } else {
            "annie".to_owned()
        },
        timestamp: chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
        ..MessageInfo::default()
    }
}

/// From Ann, in the direct chat.
pub(crate) fn from_ann(id: &str) -> MessageInfo {
    from(id, ANN, ANN)
}

/// From this account's phone to Ann.
pub(crate) fn from_own(id: &str) -> MessageInfo {
    from(id, ANN, OWN)
}

pub(crate) fn text(content: &str) -> wa::Message {
    wa::Message {
        conversation: Some(content.to_owned()),
        ..wa::Message::default()
    }
}
