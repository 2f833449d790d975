//! For a plugin's own tests: a host that lives in memory and remembers. Not in components.

mod memory;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use serde_json::json;
use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Manifest;

use crate::contacts::PresenceOnWhatsapp;
use crate::event::{Event, Fire, MESSAGE_RECEIVED};
use crate::groups::Group;
use crate::host::{Chat, Host, Level, Message, OutgoingText, Sent, SessionInfo, StoreChange, StoreEntry};
use crate::http::{Answer, Outgoing};
use crate::notify::Notification;
use crate::plugin::Plugin;
use crate::request::{Body, Principal, Request, SessionRef};
use crate::timers::{Schedule, Timer};

pub use memory::{Emitted, Notified};

/// The row id of the session that [`request`] and [`text_event`] speak of.
pub const SESSION_ID: &str = "0197a000-0000-7000-8000-000000000001";

const SESSION_SLUG: &str = "shop";
const START_MS: i64 = 1_760_000_000_000;

/// A host in memory that grants everything. What it has no memory for answers `unavailable`, as [`Host`]'s defaults do.
#[derive(Default)]
pub struct FakeHost {
    store: RefCell<BTreeMap<String, Vec<u8>>>,
    documents: RefCell<BTreeMap<String, String>>,
    sent: RefCell<Vec<OutgoingText>>,
    lines: RefCell<Vec<String>>,
    ids: Cell<u32>,
    passed_ms: Cell<i64>,
    memory: memory::Memory,
    /// What [`Host::chats`] answers.
    pub chats: Vec<Chat>,
    /// What [`Host::messages`] and [`Host::message`] look in.
    pub messages: Vec<Message>,
    /// What [`Host::groups`] and [`Host::group`] answer.
    pub groups: Vec<Group>,
    /// What [`Host::contacts_check`] knows; a number that is not here is not on WhatsApp.
    pub on_whatsapp: Vec<PresenceOnWhatsapp>,
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

    /// What was emitted, in order.
    pub fn emitted(&self) -> Vec<Emitted> {
        self.memory.emitted.borrow().clone()
    }

    /// The notifications that were sent, in order.
    pub fn notified(&self) -> Vec<Notified> {
        self.memory.notified.borrow().clone()
    }

    /// The requests that [`Host::fetch`] was given, in order.
    pub fn requests(&self) -> Vec<Outgoing> {
        self.memory.requests.borrow().clone()
    }

    /// What the next [`Host::fetch`] without an answer gets: once, in the order of these calls.
    pub fn will_answer(&self, answer: Result<Answer, HostError>) {
        self.memory.answers.borrow_mut().push_back(answer);
    }

    /// Lets time pass. Timers do not fire by themselves: see [`FakeHost::fire`].
    pub fn advance(&self, ms: i64) {
        self.passed_ms.set(self.passed_ms.get() + ms);
    }

    /// What [`Plugin::on_timer`] is given when this timer fires now. One that was to fire once is gone afterwards.
    ///
    /// # Panics
    /// When there is no such timer.
    #[expect(clippy::panic, reason = "this is an assertion for tests")]
    pub fn fire(&self, name: &str) -> Fire {
        match self.memory.fire(self.unique_id(), name) {
            Some(fire) => fire,
            None => panic!("there is no timer {name}"),
        }
    }
}

impl Host for FakeHost {
    fn log(&self, _level: Level, message: &str) {
        self.lines.borrow_mut().push(message.to_owned());
    }

    fn now_ms(&self) -> i64 {
        START_MS + self.passed_ms.get()
    }

    fn unique_id(&self) -> String {
        self.ids.set(self.ids.get() + 1);
        format!("id-{:04}", self.ids.get())
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
            slug: SESSION_SLUG.to_owned(),
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

    fn groups(&self, _session: &str) -> Result<Vec<Group>, HostError> {
        Ok(self.groups.clone())
    }

    fn group(&self, _session: &str, group: &str) -> Result<Group, HostError> {
        let found = self.groups.iter().find(|known| known.jid == group);
        found
            .cloned()
            .ok_or_else(|| HostError::NotFound(format!("group {group}")))
    }

    fn contacts_check(
        &self,
        _session: &str,
        numbers: &[String],
    ) -> Result<Vec<PresenceOnWhatsapp>, HostError> {
        let presence = |number: &String| {
            let known = self.on_whatsapp.iter().find(|known| known.number == *number);
            known.cloned().unwrap_or_else(|| PresenceOnWhatsapp {
                number: number.clone(),
                exists: false,
                jid: None,
                ext: Vec::new(),
            })
        };
        Ok(numbers.iter().map(presence).collect())
    }

    fn fetch(&self, request: &Outgoing) -> Result<Answer, HostError> {
        self.memory.fetch(request)
    }

    fn timer_set(
        &self,
        name: &str,
        session: Option<&str>,
        schedule: &Schedule,
        payload: &str,
    ) -> Result<i64, HostError> {
        self.memory
            .set_timer(self.now_ms(), name, session, schedule, payload)
    }

    fn timer_cancel(&self, name: &str) -> Result<(), HostError> {
        self.memory.timers.borrow_mut().remove(name);
        Ok(())
    }

    fn timer(&self, name: &str) -> Result<Option<Timer>, HostError> {
        Ok(self.memory.timers.borrow().get(name).cloned())
    }

    fn timers(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<Timer>, HostError> {
        Ok(self.memory.scan_timers(prefix, after, limit))
    }

    fn emit(&self, session: &str, kind: &str, data: &str) -> Result<String, HostError> {
        self.memory.emit(session, kind, data)?;
        Ok(self.unique_id())
    }

    fn notify(&self, session: &str, notification: &Notification) -> Result<String, HostError> {
        self.memory.notified.borrow_mut().push(Notified {
            session: session.to_owned(),
            notification: notification.clone(),
        });
        Ok(self.unique_id())
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
            slug: SESSION_SLUG.to_owned(),
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
            slug: SESSION_SLUG.to_owned(),
        },
        sequence: 1,
        chat_sequence: Some(1),
        timestamp_ms: START_MS,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_is_set_found_fired_and_gone() {
        let host = FakeHost::default();
        let due = host.now_ms() + 5000;
        assert_eq!(
            host.timer_set("a/1", Some(SESSION_ID), &Schedule::At(due), "one"),
            Ok(due)
        );
        host.timer_set("a/2", None, &Schedule::At(0), "two").unwrap();
        assert!(matches!(
            host.timer_set("", None, &Schedule::At(0), ""),
            Err(HostError::Invalid(_))
        ));
        let names = |prefix, after| -> Vec<String> {
            let timers = host.timers(prefix, after, 10).unwrap();
            timers.into_iter().map(|timer| timer.name).collect()
        };
        assert_eq!(names("a/", None), ["a/1", "a/2"]);
        assert_eq!(names("a/", Some("a/1")), ["a/2"]);

        let fire = host.fire("a/1");
        assert_eq!((fire.payload.as_str(), fire.due_ms), ("one", due));
        assert_eq!(
            fire.session.map(|session| session.id).as_deref(),
            Some(SESSION_ID)
        );
        assert_eq!(host.timer("a/1"), Ok(None));
        host.timer_cancel("a/2").unwrap();
        assert_eq!(names("", None), [""; 0]);
    }

    #[test]
    fn what_leaves_is_remembered() {
        let host = FakeHost::default();
        host.emit(SESSION_ID, "greeter.greeted", "{}").unwrap();
        assert!(host.emit(SESSION_ID, "greeter.greeted", "[]").is_err());
        assert_eq!(host.emitted()[0].kind, "greeter.greeted");

        let request = Outgoing {
            method: "GET".to_owned(),
            url: "https://example.com/".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout_ms: None,
            ext: Vec::new(),
        };
        host.will_answer(Err(HostError::Timeout("example.com".to_owned())));
        assert!(matches!(host.fetch(&request), Err(HostError::Timeout(_))));
        assert!(matches!(host.fetch(&request), Err(HostError::Unavailable { .. })));
        assert_eq!(host.requests().len(), 2);
    }

    #[test]
    fn numbers_are_answered_in_order() {
        let host = FakeHost {
            on_whatsapp: vec![PresenceOnWhatsapp {
                number: "15550100".to_owned(),
                exists: true,
                jid: Some("15550100@s.whatsapp.net".to_owned()),
                ext: Vec::new(),
            }],
            ..FakeHost::default()
        };
        let numbers = ["15550199".to_owned(), "15550100".to_owned()];
        let found: Vec<bool> = host
            .contacts_check(SESSION_ID, &numbers)
            .unwrap()
            .into_iter()
            .map(|presence| presence.exists)
            .collect();
        assert_eq!(found, [false, true]);
    }
}
