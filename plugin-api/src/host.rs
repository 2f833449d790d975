//! The handle to the host: everything a plugin can do. A trait, so that tests can stand in for it.

use serde::Serialize;
use serde::de::DeserializeOwned;
use wagate_protocol::error::HostError;

#[cfg(not(target_arch = "wasm32"))]
use crate::calls::plain_calls;

#[cfg(not(target_arch = "wasm32"))]
macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident = $interface:ident::$function:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)*) => {
        $($(#[$doc])*
        fn $name(&self, $($arg: $kind),*) -> Result<$answer, HostError> {
            // Only a host of tests leaves some out.
            let _ = ($($arg,)*);
            Err(HostError::unavailable(concat!("this host does not offer ", stringify!($name))))
        })*
    };
}

/// What the host offers. A method of an interface without the right answers [`HostError::Denied`]. Take it as `&dyn Host`: in a
/// component the methods belong to that type alone, and nobody else can implement them there.
#[cfg(not(target_arch = "wasm32"))]
pub trait Host {
    /// A line in the host's log. Never message texts, numbers, codes or keys.
    fn log(&self, level: Level, message: &str);
    /// Milliseconds since 1970, UTC.
    fn now_ms(&self) -> i64;
    /// A new unique id; later ones sort after earlier ones.
    fn unique_id(&self) -> String;
    /// The time zone dates for people are meant in, an IANA name.
    fn timezone(&self) -> String {
        "UTC".to_owned()
    }

    /// Right `store`: the value under a key.
    fn store_get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError>;
    /// Right `store`: sets a key.
    fn store_put(&self, key: &str, value: &[u8]) -> Result<(), HostError>;
    /// Right `store`: removes a key; no error when it is absent.
    fn store_delete(&self, key: &str) -> Result<(), HostError>;
    /// Right `store`: up to `limit` entries with this prefix that sort after `after`, by key.
    fn store_scan(&self, prefix: &str, after: Option<&str>, limit: u32)
    -> Result<Vec<StoreEntry>, HostError>;
    /// Right `store`: all changes, or none.
    fn store_apply(&self, changes: Vec<StoreChange>) -> Result<(), HostError>;
    /// Right `store`: sets the key only if it now holds `expected` (none: is absent); false when it does not.
    fn store_compare_and_put(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
    ) -> Result<bool, HostError>;

    /// Right `settings`: this plugin's document of a session, JSON text.
    fn document(&self, session: &str) -> Result<Option<String>, HostError>;
    /// Right `settings`: replaces it.
    fn put_document(&self, session: &str, json: &str) -> Result<(), HostError>;

    /// Right `sessions`: what the host knows about a session.
    fn session(&self, session: &str) -> Result<SessionInfo, HostError>;

    /// Right `whatsapp-messages`: sends, and returns once the server has accepted it.
    fn send_text(&self, session: &str, message: &OutgoingText) -> Result<Sent, HostError>;

    /// Right `history`: chats, newest first.
    fn chats(&self, session: &str, limit: u32) -> Result<Vec<Chat>, HostError>;
    /// Right `history`: chats, newest first, from the `offset`-th on; only those in the archive, or only those not.
    fn chats_page(
        &self,
        session: &str,
        archived: Option<bool>,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<Chat>, HostError>;
    /// Right `history`: the newest messages of a chat, oldest first.
    fn messages(
        &self,
        session: &str,
        chat: &str,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Message>, HostError>;
    /// Right `history`: one message by WhatsApp's id.
    fn message(&self, session: &str, wa_id: &str) -> Result<Option<Message>, HostError>;
    /// Right `history`: one message by its row id.
    fn message_by_row(&self, session: &str, id: &str) -> Result<Option<Message>, HostError>;

    plain_calls!(methods);
}

/// What the host offers. In a component, `dyn Host` itself has the methods (see `carrier`).
#[cfg(target_arch = "wasm32")]
pub trait Host {}

/// Comfort on top of a [`Host`].
pub trait HostExt {
    /// The value under a key, as a type.
    fn store_get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, HostError>;
    /// Sets a key to a value written as JSON.
    fn store_put_json<T: Serialize>(&self, key: &str, value: &T) -> Result<(), HostError>;
}

impl HostExt for dyn Host + '_ {
    fn store_get_json<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, HostError> {
        let Some(bytes) = self.store_get(key)? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| HostError::Internal(format!("stored value under {key} is unreadable: {error}")))
    }

    fn store_put_json<T: Serialize>(&self, key: &str, value: &T) -> Result<(), HostError> {
        let bytes = serde_json::to_vec(value).map_err(|error| HostError::Internal(error.to_string()))?;
        self.store_put(key, &bytes)
    }
}

/// How important a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Someone must act.
    Error,
    /// It recovered.
    Warn,
    /// What is being done.
    Info,
    /// Off in production.
    Debug,
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreEntry {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Vec<u8>,
}

/// One change of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreChange {
    /// Set a key.
    Put(StoreEntry),
    /// Remove a key.
    Delete(String),
}

/// A text to send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutgoingText {
    /// A phone number, or a person's or group's JID.
    pub to: String,
    /// The text.
    pub text: String,
    /// JIDs of the people named in it.
    pub mentions: Vec<String>,
}

impl OutgoingText {
    /// A text without mentions.
    pub fn new(to: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            to: to.into(),
            text: text.into(),
            mentions: Vec::new(),
        }
    }
}

/// A message that the server accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// WhatsApp's message id.
    pub id: String,
    /// The chat it went to, canonical.
    pub chat: String,
    /// The own address it was sent from.
    pub sender: String,
    /// When, milliseconds since 1970.
    pub timestamp_ms: i64,
    /// The contract's word: `SENT` ...
    pub status: String,
    /// `message`: the JSON REST clients know. Read it with [`ext`].
    pub ext: Vec<(String, String)>,
}

/// What the host knows about a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionInfo {
    /// Row id.
    pub id: String,
    /// What REST clients call it.
    pub slug: String,
    /// The owner's row id.
    pub user_id: String,
    /// Shown to people.
    pub name: String,
    /// The contract's word: `CONNECTED`, `STOPPED` ...
    pub status: String,
    /// The account's phone JID.
    pub pn: Option<String>,
    /// The account's LID.
    pub lid: Option<String>,
    /// The session's settings, a JSON object.
    pub config: String,
    /// Created, milliseconds since 1970.
    pub created_at_ms: i64,
    /// Last changed, milliseconds since 1970.
    pub updated_at_ms: i64,
    /// What else is known. Read it with [`ext`].
    pub ext: Vec<(String, String)>,
}

/// A stored message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// Row id.
    pub id: String,
    /// The chat, canonical.
    pub chat: String,
    /// Who wrote it, canonical.
    pub sender: String,
    /// Written by this account.
    pub from_me: bool,
    /// WhatsApp's id.
    pub wa_id: String,
    /// The sender's push name.
    pub push_name: Option<String>,
    /// `TEXT`, `IMAGE` ...
    pub kind: String,
    /// Text or caption.
    pub content: Option<String>,
    /// `PENDING`, `SENT`, `DELIVERED`, `READ`, `FAILED`.
    pub status: String,
    /// When, milliseconds since 1970.
    pub timestamp_ms: i64,
    /// WhatsApp's id of the quoted message.
    pub quote_id: Option<String>,
    /// What else is known: `mediaUrl`, `fileName` ... Read it with [`ext`].
    pub ext: Vec<(String, String)>,
}

impl From<crate::history::Message> for Message {
    fn from(message: crate::history::Message) -> Self {
        Self {
            id: message.id,
            chat: message.chat,
            sender: message.sender,
            from_me: message.from_me,
            wa_id: message.wa_id,
            push_name: message.push_name,
            kind: message.kind,
            content: message.content,
            status: message.status,
            timestamp_ms: message.timestamp_ms,
            quote_id: message.quote_id,
            ext: message.ext,
        }
    }
}

/// One line of a chat list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chat {
    /// The chat, canonical.
    pub jid: String,
    /// The other address of the same person.
    pub lid: Option<String>,
    /// The contact's push name.
    pub push_name: Option<String>,
    /// The newest message.
    pub last: Option<Message>,
    /// Not yet read.
    pub unread: u32,
    /// What else is known: `name`, `archived` ... Read it with [`ext`].
    pub ext: Vec<(String, String)>,
}

/// A value of an `ext` list.
pub fn ext<'a>(list: &'a [(String, String)], key: &str) -> Option<&'a str> {
    list.iter()
        .find(|(found, _)| found == key)
        .map(|(_, value)| value.as_str())
}
