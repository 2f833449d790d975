//! For a plugin's own tests: a host that lives in memory and remembers. Not in components.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::json;
use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Manifest;

use crate::event::{Event, MESSAGE_RECEIVED};
use crate::host::{Chat, Host, Level, Message, OutgoingText, Sent, SessionInfo, StoreChange, StoreEntry};
use crate::plugin::Plugin;
use crate::request::{Body, Principal, Request, SessionRef};

/// The row id of the session that [`request`] and [`text_event`] speak of.
pub const SESSION_ID: &str = "0197a000-0000-7000-8000-000000000001";

/// A host in memory that grants everything.
#[derive(Default)]
pub struct FakeHost {
    store: RefCell<BTreeMap<String, Vec<u8>>>,
    documents: RefCell<BTreeMap<String, String>>,
    sent: RefCell<Vec<OutgoingText>>,
    lines: RefCell<Vec<String>>,
    ids: RefCell<u32>,
    /// What [`Host::chats`] answers.
    pub chats: Vec<Chat>,
    /// What [`Host::messages`] and [`Host::message`] look in.
    pub messages: Vec<Message>,
    /// When set, sends fail with it.
    pub send_error: RefCell<Option<HostError>>,
}

impl FakeHost {
    /// What was sent, in order.
    pub fn sent(&self) -> Vec<OutgoingText> {
        self.sent.borrow().clone()
    }

    /// What was logged, in order.
    pub fn lines(&self) -> Vec<String> {
        self.lines.borrow().clone()
    }
}

impl Host for FakeHost {
    fn log(&self, _level: Level, message: &str) {
        self.lines.borrow_mut().push(message.to_owned());
    }

    fn now_ms(&self) -> i64 {
        1_760_000_000_000
    }

    fn unique_id(&self) -> String {
        *self.ids.borrow_mut() += 1;
        format!("id-{:04}", self.ids.borrow())
    }

    fn store_get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        Ok(self.store.borrow().get(key).cloned())
    }

    fn store_put(&self, key: &str, value: &[u8]) -> Result<(), HostError> {
        self.store.borrow_mut().insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    fn store_delete(&self, key: &str) -> Result<(), HostError> {
        self.store.borrow_mut().remove(key);
        Ok(())
    }

    fn store_scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<StoreEntry>, HostError> {
        let store = self.store.borrow();
        let hits = store
            .iter()
            .filter(|(key, _)| key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after));
        let entries = hits.map(|(key, value)| StoreEntry {
            key: key.clone(),
            value: value.clone(),
        });
        Ok(entries.take(limit as usize).collect())
    }

    fn store_apply(&self, changes: Vec<StoreChange>) -> Result<(), HostError> {
        let mut store = self.store.borrow_mut();
        for change in changes {
            match change {
                StoreChange::Put(entry) => store.insert(entry.key, entry.value),
                StoreChange::Delete(key) => store.remove(&key),
            };
        }
        Ok(())
    }

    fn store_compare_and_put(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
    ) -> Result<bool, HostError> {
        let mut store = self.store.borrow_mut();
        let fits = store.get(key).map(Vec::as_slice) == expected;
        if fits {
            store.insert(key.to_owned(), value.to_owned());
        }
        Ok(fits)
    }

    fn document(&self, session: &str) -> Result<Option<String>, HostError> {
        Ok(self.documents.borrow().get(session).cloned())
    }

    fn put_document(&self, session: &str, json: &str) -> Result<(), HostError> {
        self.documents
            .borrow_mut()
            .insert(session.to_owned(), json.to_owned());
        Ok(())
    }

    fn session(&self, session: &str) -> Result<SessionInfo, HostError> {
        Ok(SessionInfo {
            id: session.to_owned(),
            slug: "shop".to_owned(),
            user_id: "user-1".to_owned(),
            name: "Shop".to_owned(),
            status: "CONNECTED".to_owned(),
            config: "{}".to_owned(),
            created_at_ms: self.now_ms(),
            updated_at_ms: self.now_ms(),
            ..SessionInfo::default()
        })
    }

    fn send_text(&self, _session: &str, message: &OutgoingText) -> Result<Sent, HostError> {
        if let Some(error) = self.send_error.borrow().clone() {
            return Err(error);
        }
        self.sent.borrow_mut().push(message.clone());
        Ok(Sent {
            id: format!("3EB0{:04}", self.sent.borrow().len()),
            chat: message.to.clone(),
            sender: "15550199@s.whatsapp.net".to_owned(),
            timestamp_ms: self.now_ms(),
            status: "SENT".to_owned(),
        })
    }

    fn chats(&self, _session: &str, limit: u32) -> Result<Vec<Chat>, HostError> {
        Ok(self.chats.iter().take(limit as usize).cloned().collect())
    }

    fn messages(
        &self,
        _session: &str,
        chat: &str,
        _before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Message>, HostError> {
        let of_chat: Vec<&Message> = self
            .messages
            .iter()
            .filter(|message| message.chat == chat)
            .collect();
        let skip = of_chat.len().saturating_sub(limit as usize);
        Ok(of_chat.into_iter().skip(skip).cloned().collect())
    }

    fn message(&self, _session: &str, wa_id: &str) -> Result<Option<Message>, HostError> {
        Ok(self
            .messages
            .iter()
            .find(|message| message.wa_id == wa_id)
            .cloned())
    }
}

/// A request to a route of the session [`SESSION_ID`], with parameters in order and an optional JSON body.
pub fn request(
    method: &str,
    route: &str,
    params: &[(&str, &str)],
    body: Option<&serde_json::Value>,
) -> Request {
    Request {
        method: method.to_owned(),
        route: route.to_owned(),
        path: route.to_owned(),
        params: params
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.map_or(Body::None, |json| Body::Text(json.to_string())),
        session: Some(SessionRef {
            id: SESSION_ID.to_owned(),
            slug: "shop".to_owned(),
        }),
        principal: Some(Principal {
            user_id: "user-1".to_owned(),
            role: "OWNER".to_owned(),
        }),
        ..Request::default()
    }
}

/// A `message.received` event: this text in this chat.
pub fn text_event(chat: &str, text: &str) -> Event {
    let data = json!({
        "key": { "remoteJid": chat, "fromMe": false, "id": "3AF0" },
        "chat": chat, "from": chat, "isGroup": chat.ends_with("@g.us"), "type": "TEXT", "content": text,
    });
    Event {
        id: "event-1".to_owned(),
        kind: MESSAGE_RECEIVED.to_owned(),
        session: SessionRef {
            id: SESSION_ID.to_owned(),
            slug: "shop".to_owned(),
        },
        sequence: 1,
        chat_sequence: Some(1),
        timestamp_ms: 1_760_000_000_000,
        schema: 1,
        data: data.to_string(),
    }
}

/// Fails when the manifest is not valid or the plugin's tables do not hold exactly what it declares.
///
/// # Panics
/// That is what a test wants.
#[expect(clippy::panic, reason = "this is an assertion for tests")]
pub fn check_tables<P: Plugin>() {
    let manifest = match Manifest::parse(P::MANIFEST) {
        Ok(manifest) => manifest,
        Err(error) => panic!("{error}"),
    };
    let mut declared: Vec<(&str, &str)> = manifest
        .routes
        .iter()
        .map(|route| (route.method.as_str(), route.path.as_str()))
        .collect();
    let mut tabled: Vec<(&str, &str)> = P::ROUTES.iter().map(|line| (line.method, line.path)).collect();
    declared.sort_unstable();
    tabled.sort_unstable();
    assert_eq!(
        declared, tabled,
        "routes: plugin.toml on the left, ROUTES on the right"
    );
    let mut declared: Vec<&str> = manifest.hooks.iter().map(String::as_str).collect();
    let mut tabled: Vec<&str> = P::HOOKS.iter().map(|line| line.kind).collect();
    declared.sort_unstable();
    tabled.sort_unstable();
    assert_eq!(
        declared, tabled,
        "hooks: plugin.toml on the left, HOOKS on the right"
    );
}
