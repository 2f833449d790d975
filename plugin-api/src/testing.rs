//! For a plugin's own tests: a host that lives in memory and remembers. Not in components.

mod account;
mod calls;
mod delivery;
mod host;
mod inbox;
mod memory;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use serde_json::json;
use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Manifest;

use crate::contacts::{Contact, PresenceOnWhatsapp};
use crate::event::{Event, Fire, MESSAGE_RECEIVED};
use crate::groups::Group;
use crate::history::SearchQuery;
use crate::host::{Chat, Host, Message, OutgoingText};
use crate::http::{Answer, Outgoing};
use crate::messages::{self, Content, SendOptions};
use crate::plugin::Plugin;
use crate::profile::Profile;
use crate::request::{Body, Principal, Request, SessionRef};

pub use account::SentContent;
pub use delivery::Deliveries;
pub use memory::{Emitted, Notified};

/// The row id of the session that [`request`] and [`text_event`] speak of.
pub const SESSION_ID: &str = "0197a000-0000-7000-8000-000000000001";

const SESSION_SLUG: &str = "shop";
const OWN_JID: &str = "15550199@s.whatsapp.net";
const USER_ID: &str = "user-1";
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
    account: account::Account,
    inbox: inbox::Inbox,
    /// Endpoints, and what was queued for them.
    pub deliveries: Deliveries,
    /// What [`Host::chats`] answers.
    pub chats: Vec<Chat>,
    /// What [`Host::messages`], [`Host::message`] and [`Host::search`] look in.
    pub messages: Vec<Message>,
    /// What [`Host::groups`], [`Host::group`] and their sisters answer.
    pub groups: Vec<Group>,
    /// What [`Host::contacts`] looks in.
    pub contacts: Vec<Contact>,
    /// What [`Host::contacts_blocked`] answers.
    pub blocked: Vec<String>,
    /// What [`Host::profile`] answers; one without a name when none.
    pub profile: Option<Profile>,
    /// What [`Host::timezone`] answers; `UTC` when none.
    pub timezone: Option<String>,
    /// Plugin and JSON text: what [`Host::document_of`] knows of any session.
    pub documents_of: Vec<(String, String)>,
    /// What [`Host::media_probe`] answers; a still picture when none.
    pub dimensions: Option<crate::media::Dimensions>,
    /// What [`Host::session`] says the state is; `CONNECTED` when none.
    pub session_status: Option<String>,
    /// Address and URL: what [`Host::contact_picture_url`] knows.
    pub pictures: Vec<(String, String)>,
    /// LID and phone JID of the same person: what [`Host::chat_address`] knows.
    pub addresses: Vec<(String, String)>,
    /// What [`Host::contacts_check`] knows; a number that is not here is not on WhatsApp.
    pub on_whatsapp: Vec<PresenceOnWhatsapp>,
    /// What [`Host::document_of`] answers for the plugin `bot`; none of any other.
    pub bot_config: Option<String>,
    /// When set, sends fail with it.
    pub send_error: RefCell<Option<HostError>>,
}

impl FakeHost {
    /// What was sent, in order.
    pub fn sent(&self) -> Vec<OutgoingText> {
        self.sent.borrow().clone()
    }

    /// What was sent, whatever it says, in order.
    pub fn contents(&self) -> Vec<SentContent> {
        self.account.contents.borrow().clone()
    }

    /// The calls that would have changed the account, in order, without their session:
    /// `chat_archive("15550100@s.whatsapp.net", true)`.
    pub fn calls(&self) -> Vec<String> {
        self.account.calls.borrow().clone()
    }

    /// From now on, calls of this name (`group_leave`) fail with this.
    pub fn refuse(&self, name: &str, error: HostError) {
        self.account.refusals.borrow_mut().insert(name.to_owned(), error);
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

    /// The files behind handles, by handle: a test sees which were given up.
    pub fn handles(&self) -> Vec<String> {
        self.account.handles()
    }

    /// What [`Host::media_fetch_url`] finds at this address.
    pub fn will_download(&self, url: &str, mime_type: &str, content: &[u8]) {
        self.account.put_download(url, mime_type, content);
    }

    /// What [`Host::media_of_message`] finds for the message with this id of WhatsApp's.
    pub fn put_message_file(&self, wa_id: &str, mime_type: &str, content: &[u8]) {
        self.account.put_download(wa_id, mime_type, content);
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

impl FakeHost {
    fn keep_sent(
        &self,
        session: &str,
        to: &str,
        content: &Content,
        options: &SendOptions,
    ) -> Result<messages::Sent, HostError> {
        if let Some(error) = self.send_error.borrow().clone() {
            return Err(error);
        }
        if let Content::Text(text) = content {
            self.sent.borrow_mut().push(OutgoingText {
                to: to.to_owned(),
                text: text.clone(),
                mentions: options.mentions.clone(),
            });
        }
        self.account.contents.borrow_mut().push(SentContent {
            session: session.to_owned(),
            to: to.to_owned(),
            content: content.clone(),
            options: options.clone(),
        });
        Ok(self.accepted(to, crate::ext(&options.ext, "messageId")))
    }

    /// What the host answers to a send.
    fn accepted(&self, to: &str, id: Option<&str>) -> messages::Sent {
        let count = self.account.contents.borrow().len();
        let id = id.map_or_else(|| format!("3EB0{count:04}"), str::to_owned);
        let json = json!({ "key": { "remoteJid": to, "fromMe": true, "id": id } });
        messages::Sent {
            id,
            chat: to.to_owned(),
            sender: OWN_JID.to_owned(),
            timestamp_ms: self.now_ms(),
            status: "SENT".to_owned(),
            ext: vec![("message".to_owned(), json.to_string())],
        }
    }

    /// The newest first.
    fn found(&self, query: &SearchQuery) -> Vec<&Message> {
        let text = query.text.to_lowercase();
        let fits = |message: &&Message| {
            let content = message.content.as_deref().unwrap_or_default().to_lowercase();
            content.contains(&text)
                && query.chat.as_ref().is_none_or(|chat| *chat == message.chat)
                && query.kind.as_ref().is_none_or(|kind| *kind == message.kind)
                && query.from_me.is_none_or(|from_me| from_me == message.from_me)
        };
        self.messages.iter().rev().filter(fits).collect()
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
            user_id: USER_ID.to_owned(),
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
        chat: Some(chat.to_owned()),
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
    use crate::notify::{Notification, Severity};
    use crate::timers::Schedule;

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

    #[test]
    fn what_would_change_the_account_is_written_down_or_refused() {
        let host = FakeHost::default();
        host.chat_archive(SESSION_ID, "15550100@s.whatsapp.net", true)
            .unwrap();
        host.group_create(SESSION_ID, "Team", &["15550100".to_owned()])
            .unwrap();
        host.refuse("group_leave", HostError::Conflict("not a member".to_owned()));
        assert!(matches!(
            host.group_leave(SESSION_ID, "1@g.us"),
            Err(HostError::Conflict(_))
        ));
        assert_eq!(
            host.calls(),
            [
                r#"chat_archive("15550100@s.whatsapp.net", true)"#,
                r#"group_create("Team", ["15550100"])"#
            ]
        );
    }

    #[test]
    fn contents_are_kept_with_their_options() {
        let host = FakeHost::default();
        let file = host.media_put(b"x", "image/png", None).unwrap();
        let options = SendOptions {
            quote: Some("3AF0".to_owned()),
            mentions: Vec::new(),
            view_once: true,
            ext: vec![("messageId".to_owned(), "MINE".to_owned())],
        };
        let image = Content::Image((file.handle.clone(), None));
        let sent = host.send(SESSION_ID, "15550100", &image, &options).unwrap();
        assert_eq!(sent.id, "MINE");
        host.send_text(SESSION_ID, &OutgoingText::new("15550100", "hi"))
            .unwrap();
        let contents = host.contents();
        assert_eq!((contents.len(), &contents[0].content), (2, &image));
        assert_eq!(host.sent()[0].text, "hi");
        assert_eq!(host.media_get(&file.handle).unwrap(), b"x");
    }

    #[test]
    fn notifications_are_read_and_removed() {
        let host = FakeHost::default();
        let note = Notification {
            title: "Title".to_owned(),
            message: "Message".to_owned(),
            severity: Severity::Warning,
            link: None,
            ext: Vec::new(),
        };
        let first = host.notify_user(USER_ID, &note).unwrap();
        host.notify_user("user-2", &note).unwrap();
        assert_eq!(host.inbox(USER_ID, 10).unwrap()[0].kind, "WARNING");
        assert_eq!(host.inbox_mark_read(USER_ID, &[]), Ok(1));
        assert_eq!(host.inbox_mark_read(USER_ID, &[]), Ok(0));
        assert_eq!(host.inbox_remove("user-2", &first), Ok(false));
        assert_eq!(host.inbox_remove(USER_ID, &first), Ok(true));
    }
}
