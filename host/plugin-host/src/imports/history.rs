//! `history`: stored chats and messages.

use wagate_protocol::manifest::Right;
use wagate_storage::messages::{ChatRow, MessageRow};

use super::later::not_yet;
use crate::bindings::{error_to_wit, history, types};
use crate::services::storage_error;
use crate::state::State;

const MAX_CHATS: u32 = 1000;
const MAX_MESSAGES: u32 = 500;

impl history::Host for State {
    async fn chats(&mut self, session: String, limit: u32) -> Result<Vec<history::Chat>, types::Error> {
        let services = self
            .with_session(Right::History, &session)
            .await
            .map_err(error_to_wit)?;
        let rows = services
            .storage
            .chats(&session, i64::from(limit.min(MAX_CHATS)))
            .await;
        let rows = rows.map_err(|error| error_to_wit(storage_error(&error)))?;
        Ok(rows.into_iter().map(chat).collect())
    }

    async fn messages(
        &mut self,
        session: String,
        chat: String,
        before: Option<String>,
        limit: u32,
    ) -> Result<Vec<history::Message>, types::Error> {
        let services = self
            .with_session(Right::History, &session)
            .await
            .map_err(error_to_wit)?;
        let chat = services
            .canonical_chat(&session, &chat)
            .await
            .map_err(error_to_wit)?;
        let limit = i64::from(limit.min(MAX_MESSAGES));
        let rows = services
            .storage
            .chat_messages(&session, &chat, before.as_deref(), limit)
            .await;
        let rows = rows.map_err(|error| error_to_wit(storage_error(&error)))?;
        Ok(rows.into_iter().map(message).collect())
    }

    async fn message_by_id(
        &mut self,
        session: String,
        wa_id: String,
    ) -> Result<Option<history::Message>, types::Error> {
        let services = self
            .with_session(Right::History, &session)
            .await
            .map_err(error_to_wit)?;
        let row = services.storage.message_by_wa_id(&session, &wa_id).await;
        Ok(row
            .map_err(|error| error_to_wit(storage_error(&error)))?
            .map(message))
    }

    async fn search(
        &mut self,
        session: String,
        _query: history::SearchQuery,
    ) -> Result<Vec<history::Message>, types::Error> {
        self.with_session(Right::History, &session)
            .await
            .map_err(error_to_wit)?;
        Err(error_to_wit(not_yet("history.search")))
    }
}

fn chat(row: ChatRow) -> history::Chat {
    history::Chat {
        jid: row.jid,
        lid: row.lid,
        push_name: row.push_name,
        last: row.last.map(message),
        unread: u32::try_from(row.unread).unwrap_or(0),
        ext: Vec::new(),
    }
}

fn message(row: MessageRow) -> history::Message {
    history::Message {
        id: row.id,
        chat: row.chat,
        sender: row.sender,
        from_me: row.from_me,
        wa_id: row.wa_id,
        push_name: row.push_name,
        kind: row.kind,
        content: row.content,
        status: row.status.as_str().to_owned(),
        timestamp_ms: row.timestamp,
        quote_id: row.quote_id,
        ext: Vec::new(),
    }
}
