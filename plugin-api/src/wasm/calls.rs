//! [`Host`] over the imports.

use wagate_protocol::error::HostError;

use super::bindings::wagate::plugin::{clock, history, log, sessions, settings, store, whatsapp_messages};
use super::convert;
use crate::host::{Chat, Host, Level, Message, OutgoingText, Sent, SessionInfo, StoreChange, StoreEntry};

pub(super) struct WasmHost;

impl Host for WasmHost {
    fn log(&self, level: Level, message: &str) {
        let level = match level {
            Level::Error => log::Level::Error,
            Level::Warn => log::Level::Warn,
            Level::Info => log::Level::Info,
            Level::Debug => log::Level::Debug,
        };
        log::write(level, message);
    }

    fn now_ms(&self) -> i64 {
        clock::now_ms()
    }

    fn unique_id(&self) -> String {
        clock::unique_id()
    }

    fn store_get(&self, key: &str) -> Result<Option<Vec<u8>>, HostError> {
        store::get(key).map_err(convert::error_from_wit)
    }

    fn store_put(&self, key: &str, value: &[u8]) -> Result<(), HostError> {
        store::put(key, value).map_err(convert::error_from_wit)
    }

    fn store_delete(&self, key: &str) -> Result<(), HostError> {
        store::delete(key).map_err(convert::error_from_wit)
    }

    fn store_scan(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<StoreEntry>, HostError> {
        let entries = store::scan(prefix, after, limit).map_err(convert::error_from_wit)?;
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
        store::apply(&changes).map_err(convert::error_from_wit)
    }

    fn store_compare_and_put(
        &self,
        key: &str,
        expected: Option<&[u8]>,
        value: &[u8],
    ) -> Result<bool, HostError> {
        store::compare_and_put(key, expected, value).map_err(convert::error_from_wit)
    }

    fn document(&self, session: &str) -> Result<Option<String>, HostError> {
        settings::document(session).map_err(convert::error_from_wit)
    }

    fn put_document(&self, session: &str, json: &str) -> Result<(), HostError> {
        settings::put_document(session, json).map_err(convert::error_from_wit)
    }

    fn session(&self, session: &str) -> Result<SessionInfo, HostError> {
        sessions::info(session)
            .map(convert::session_info)
            .map_err(convert::error_from_wit)
    }

    fn send_text(&self, session: &str, message: &OutgoingText) -> Result<Sent, HostError> {
        whatsapp_messages::send_text(session, &message.to, &message.text, &message.mentions)
            .map(convert::sent)
            .map_err(convert::error_from_wit)
    }

    fn chats(&self, session: &str, limit: u32) -> Result<Vec<Chat>, HostError> {
        let chats = history::chats(session, limit).map_err(convert::error_from_wit)?;
        Ok(chats.into_iter().map(convert::chat).collect())
    }

    fn messages(
        &self,
        session: &str,
        chat: &str,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Message>, HostError> {
        let messages = history::messages(session, chat, before, limit).map_err(convert::error_from_wit)?;
        Ok(messages.into_iter().map(convert::message).collect())
    }

    fn message(&self, session: &str, wa_id: &str) -> Result<Option<Message>, HostError> {
        let message = history::message_by_id(session, wa_id).map_err(convert::error_from_wit)?;
        Ok(message.map(convert::message))
    }
}
