//! [`Host`] over whatever carries the calls: the imports of a component, or the table of a native build.

use wagate_protocol::error::HostError;

use crate::bindings::wagate::plugin as wit;
use crate::bindings::wagate::plugin::store;
use crate::calls::{plain_calls, wrapped_calls};
use crate::convert;
use crate::host::{Chat, Host, Level, Message, OutgoingText, Sent, SessionInfo, StoreChange, StoreEntry};

macro_rules! declare {
    ($($(#[$doc:meta])* $name:ident = $interface:ident::$function:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&self, $($arg: $kind),*) -> Result<$answer, HostError>;)*
    };
}

macro_rules! forward {
    ($($(#[$doc:meta])* $name:ident = $interface:ident::$function:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&self, $($arg: $kind),*) -> Result<$answer, HostError> {
            self.0.$name($($arg),*)
        })*
    };
}

/// Carries calls to the host, in the generated types.
pub(crate) trait Carrier {
    fn log(&self, level: Level, message: &str);
    fn now_ms(&self) -> i64;
    fn unique_id(&self) -> String;
    fn timezone(&self) -> String;
    wrapped_calls!(declare);
    plain_calls!(declare);
}

/// A [`Carrier`] dressed as a [`Host`].
pub(crate) struct Carried<C>(pub(crate) C);

impl<C: Carrier> Host for Carried<C> {
    fn log(&self, level: Level, message: &str) {
        self.0.log(level, message);
    }

    fn now_ms(&self) -> i64 {
        self.0.now_ms()
    }

    fn unique_id(&self) -> String {
        self.0.unique_id()
    }

    fn timezone(&self) -> String {
        self.0.timezone()
    }

    fn store_get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        self.0.store_get(key)
    }

    fn store_put(&self, key: &str, value: &[u8]) -> Result<(), HostError> {
        self.0.store_put(key, value)
    }

    fn store_delete(&self, key: &str) -> Result<(), HostError> {
        self.0.store_delete(key)
    }

    fn store_scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<StoreEntry>, HostError> {
        let entries = self.0.store_scan(prefix, after, limit)?;
        Ok(entries
            .into_iter()
            .map(|entry| StoreEntry {
                key: entry.key,
                value: entry.value,
            })
            .collect())
    }

    fn store_apply(&self, changes: Vec<StoreChange>) -> Result<(), HostError> {
        let changes: Vec<store::Change> = changes
            .into_iter()
            .map(|change| match change {
                StoreChange::Put(entry) => store::Change::Put(store::Entry {
                    key: entry.key,
                    value: entry.value,
                }),
                StoreChange::Delete(key) => store::Change::Delete(key),
            })
            .collect();
        self.0.store_apply(&changes)
    }

    fn store_compare_and_put(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
    ) -> Result<bool, HostError> {
        self.0.store_compare_and_put(key, expected, value)
    }

    fn document(&self, session: &str) -> Result<Option<String>, HostError> {
        self.0.document(session)
    }

    fn put_document(&self, session: &str, json: &str) -> Result<(), HostError> {
        self.0.put_document(session, json)
    }

    fn session(&self, session: &str) -> Result<SessionInfo, HostError> {
        self.0.session(session).map(convert::session_info)
    }

    fn send_text(&self, session: &str, message: &OutgoingText) -> Result<Sent, HostError> {
        self.0
            .send_text(session, &message.to, &message.text, &message.mentions)
            .map(convert::sent)
    }

    fn chats(&self, session: &str, limit: u32) -> Result<Vec<Chat>, HostError> {
        let chats = self.0.chats(session, limit)?;
        Ok(chats.into_iter().map(convert::chat).collect())
    }

    fn chats_page(
        &self,
        session: &str,
        archived: Option<bool>,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<Chat>, HostError> {
        let chats = self.0.chats_page(session, archived, offset, limit)?;
        Ok(chats.into_iter().map(convert::chat).collect())
    }

    fn messages(
        &self,
        session: &str,
        chat: &str,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Message>, HostError> {
        let messages = self.0.messages(session, chat, before, limit)?;
        Ok(messages.into_iter().map(convert::message).collect())
    }

    fn message(&self, session: &str, wa_id: &str) -> Result<Option<Message>, HostError> {
        Ok(self.0.message(session, wa_id)?.map(convert::message))
    }

    fn message_by_row(&self, session: &str, id: &str) -> Result<Option<Message>, HostError> {
        Ok(self.0.message_by_row(session, id)?.map(convert::message))
    }

    plain_calls!(forward);
}
