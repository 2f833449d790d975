//! The calls of [`Host`](crate::Host) over whatever carries them: the imports of a component, or the table of a native build.

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
    ($visible:vis fn $($(#[$doc:meta])* $name:ident = $interface:ident::$function:ident($($arg:ident: $kind:ty),*) -> $answer:ty;)*) => {
        $($(#[$doc])*
        $visible fn $name(&self, $($arg: $kind),*) -> Result<$answer, HostError> {
            self.carrier().$name($($arg),*)
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

/// Every method of [`Host`](crate::Host), for a type that lends its [`Carrier`] by a method `carrier`. `$visible`: who sees
/// them, where no trait says so.
macro_rules! carried {
    ($visible:vis fn) => {
        $visible fn log(&self, level: Level, message: &str) {
            self.carrier().log(level, message);
        }

        $visible fn now_ms(&self) -> i64 {
            self.carrier().now_ms()
        }

        $visible fn unique_id(&self) -> String {
            self.carrier().unique_id()
        }

        $visible fn timezone(&self) -> String {
            self.carrier().timezone()
        }

        $visible fn store_get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
            self.carrier().store_get(key)
        }

        $visible fn store_put(&self, key: &str, value: &[u8]) -> Result<(), HostError> {
            self.carrier().store_put(key, value)
        }

        $visible fn store_delete(&self, key: &str) -> Result<(), HostError> {
            self.carrier().store_delete(key)
        }

        $visible fn store_scan(
            &self,
            prefix: &str,
            after: Option<&str>,
            limit: u32,
        ) -> Result<Vec<StoreEntry>, HostError> {
            let entries = self.carrier().store_scan(prefix, after, limit)?;
            Ok(entries
                .into_iter()
                .map(|entry| StoreEntry {
                    key: entry.key,
                    value: entry.value,
                })
                .collect())
        }

        $visible fn store_apply(&self, changes: Vec<StoreChange>) -> Result<(), HostError> {
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
            self.carrier().store_apply(&changes)
        }

        $visible fn store_compare_and_put(
            &self,
            key: &str,
            expected: Option<&[u8]>,
            value: &[u8],
        ) -> Result<bool, HostError> {
            self.carrier().store_compare_and_put(key, expected, value)
        }

        $visible fn document(&self, session: &str) -> Result<Option<String>, HostError> {
            self.carrier().document(session)
        }

        $visible fn put_document(&self, session: &str, json: &str) -> Result<(), HostError> {
            self.carrier().put_document(session, json)
        }

        $visible fn session(&self, session: &str) -> Result<SessionInfo, HostError> {
            self.carrier().session(session).map(convert::session_info)
        }

        $visible fn send_text(&self, session: &str, message: &OutgoingText) -> Result<Sent, HostError> {
            self.carrier()
                .send_text(session, &message.to, &message.text, &message.mentions)
                .map(convert::sent)
        }

        $visible fn chats(&self, session: &str, limit: u32) -> Result<Vec<Chat>, HostError> {
            let chats = self.carrier().chats(session, limit)?;
            Ok(chats.into_iter().map(convert::chat).collect())
        }

        $visible fn chats_page(
            &self,
            session: &str,
            archived: Option<bool>,
            offset: u32,
            limit: u32,
        ) -> Result<Vec<Chat>, HostError> {
            let chats = self.carrier().chats_page(session, archived, offset, limit)?;
            Ok(chats.into_iter().map(convert::chat).collect())
        }

        $visible fn messages(
            &self,
            session: &str,
            chat: &str,
            before: Option<&str>,
            limit: u32,
        ) -> Result<Vec<Message>, HostError> {
            let messages = self.carrier().messages(session, chat, before, limit)?;
            Ok(messages.into_iter().map(convert::message).collect())
        }

        $visible fn message(&self, session: &str, wa_id: &str) -> Result<Option<Message>, HostError> {
            Ok(self.carrier().message(session, wa_id)?.map(convert::message))
        }

        $visible fn message_by_row(&self, session: &str, id: &str) -> Result<Option<Message>, HostError> {
            Ok(self.carrier().message_by_row(session, id)?.map(convert::message))
        }

        plain_calls!(forward $visible fn);
    };
}

/// In a component the methods belong to the type `dyn Host` itself, and a call is a call of its import. Behind a vtable all of
/// them would be in every component: it would import what it never calls.
#[cfg(target_arch = "wasm32")]
#[expect(missing_docs, reason = "they are described where the trait has them")]
impl dyn Host + '_ {
    fn carrier(&self) -> &'static crate::wasm::Imports {
        &crate::wasm::Imports
    }

    carried!(pub fn);
}

/// A [`Carrier`] dressed as a [`Host`].
#[cfg(not(target_arch = "wasm32"))]
pub(crate) struct Carried<C>(pub(crate) C);

#[cfg(not(target_arch = "wasm32"))]
impl<C> Carried<C> {
    fn carrier(&self) -> &C {
        &self.0
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl<C: Carrier> Host for Carried<C> {
    carried!(fn);
}
