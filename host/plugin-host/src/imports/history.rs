//! `history`: stored chats and messages.

use std::collections::HashMap;

use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;
use wagate_storage::chats::{ChatQuery, ChatRow, FOREVER};
use wagate_storage::media::MediaRow;
use wagate_storage::messages::{MessageRow, MessageView};
use wagate_storage::search::{MAX_SEARCH_CHARS, SearchQuery};

use crate::bindings::{error_to_wit, history, types};
use crate::services::{Services, storage_error};
use crate::state::State;

const MAX_CHATS: u32 = 1000;
const MAX_MESSAGES: u32 = 500;
/// Longest name of a type of messages, in bytes.
const MAX_KIND: usize = 32;

type Ext = Vec<(String, String)>;

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

    async fn chats_page(
        &mut self,
        session: String,
        archived: Option<bool>,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<history::Chat>, types::Error> {
        let services = self
            .with_session(Right::History, &session)
            .await
            .map_err(error_to_wit)?;
        let query = ChatQuery {
            archived,
            offset: i64::from(offset),
            limit: i64::from(limit.min(MAX_CHATS)),
        };
        let rows = services.storage.chats_page(&session, &query).await;
        let rows = rows.map_err(|error| error_to_wit(storage_error(&error)))?;
        Ok(rows.into_iter().map(chat).collect())
    }

    async fn chat_address(&mut self, session: String, chat: String) -> Result<String, types::Error> {
        let services = self
            .with_session(Right::History, &session)
            .await
            .map_err(error_to_wit)?;
        let address = services.stored_address(&session, &chat).await;
        address.map_err(error_to_wit)
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
        let found = async {
            let chat = services.canonical_chat(&session, &chat).await?;
            let limit = i64::from(limit.min(MAX_MESSAGES));
            let rows = services
                .storage
                .chat_messages(&session, &chat, before.as_deref(), limit)
                .await;
            shown(&services, &session, rows.map_err(|error| storage_error(&error))?).await
        };
        found.await.map_err(error_to_wit)
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
        let found = async {
            let row = services.storage.message_by_wa_id(&session, &wa_id).await;
            let row = row.map_err(|error| storage_error(&error))?;
            shown(&services, &session, row.into_iter().collect()).await
        };
        Ok(found.await.map_err(error_to_wit)?.pop())
    }

    async fn message_by_row(
        &mut self,
        session: String,
        id: String,
    ) -> Result<Option<history::Message>, types::Error> {
        let services = self
            .with_session(Right::History, &session)
            .await
            .map_err(error_to_wit)?;
        let found = async {
            let row = services.storage.message_by_row(&session, &id).await;
            let row = row.map_err(|error| storage_error(&error))?;
            shown(&services, &session, row.into_iter().collect()).await
        };
        Ok(found.await.map_err(error_to_wit)?.pop())
    }

    async fn search(
        &mut self,
        session: String,
        query: history::SearchQuery,
    ) -> Result<Vec<history::Message>, types::Error> {
        let services = self
            .with_session(Right::History, &session)
            .await
            .map_err(error_to_wit)?;
        let found = async {
            let query = query_from_wit(&services, &session, query).await?;
            let rows = services.storage.search(&session, &query).await;
            shown(&services, &session, rows.map_err(|error| storage_error(&error))?).await
        };
        found.await.map_err(error_to_wit)
    }

    async fn count(&mut self, session: String, query: history::SearchQuery) -> Result<u64, types::Error> {
        let services = self
            .with_session(Right::History, &session)
            .await
            .map_err(error_to_wit)?;
        let found = async {
            let query = query_from_wit(&services, &session, query).await?;
            let count = services.storage.count_found(&session, &query).await;
            count.map_err(|error| storage_error(&error))
        };
        let count = found.await.map_err(error_to_wit)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    async fn message_json(&mut self, session: String, wa_id: String) -> Result<Option<String>, types::Error> {
        let services = self
            .with_session(Right::History, &session)
            .await
            .map_err(error_to_wit)?;
        let row = services.storage.message_by_wa_id(&session, &wa_id).await;
        let row = row.map_err(|error| error_to_wit(storage_error(&error)))?;
        Ok(row.map(|row| wagate_engine::message_json(&row).to_string()))
    }
}

async fn query_from_wit(
    services: &Services,
    session: &str,
    query: history::SearchQuery,
) -> Result<SearchQuery, HostError> {
    if query.text.chars().count() > MAX_SEARCH_CHARS {
        return Err(HostError::Invalid(format!(
            "text: at most {MAX_SEARCH_CHARS} characters"
        )));
    }
    if query.kind.as_ref().is_some_and(|kind| kind.len() > MAX_KIND) {
        return Err(HostError::Invalid(format!("kind: at most {MAX_KIND} bytes")));
    }
    let chat = match query.chat {
        Some(chat) => Some(services.canonical_chat(session, &chat).await?),
        None => None,
    };
    let moment = |name: &str| match query.ext.iter().find(|(found, _)| found == name) {
        None => Ok(None),
        Some((_, value)) => value
            .parse()
            .map(Some)
            .map_err(|_| HostError::Invalid(format!("{name}: milliseconds since 1970"))),
    };
    Ok(SearchQuery {
        since: moment("since")?,
        until: moment("until")?,
        text: query.text,
        chat,
        kind: query.kind.map(|kind| kind.to_ascii_uppercase()),
        from_me: query.from_me,
        offset: i64::from(query.offset),
        limit: i64::from(query.limit.min(MAX_MESSAGES)),
    })
}

/// Messages with what is known besides: names, quotes, reactions, files.
async fn shown(
    services: &Services,
    session: &str,
    rows: Vec<MessageRow>,
) -> Result<Vec<history::Message>, HostError> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let files = services.storage.media_of_messages(session, &ids).await;
    let files = files.map_err(|error| storage_error(&error))?;
    let mut files: HashMap<String, MediaRow> = files
        .into_iter()
        .map(|file| (file.message_id.clone(), file))
        .collect();
    let views = services.storage.view_messages(session, rows).await;
    let views = views.map_err(|error| storage_error(&error))?;
    let messages = views.into_iter().map(|view| {
        let file = files.remove(&view.row.id);
        let mut ext = said(&view, file.is_none());
        ext.extend(file.into_iter().flat_map(about));
        history::Message {
            ext,
            ..message(view.row)
        }
    });
    Ok(messages.collect())
}

/// What stands beside a message. The file's own row knows its type and name better than the sender.
fn said(view: &MessageView, without_file: bool) -> Ext {
    let row = &view.row;
    let mut ext = Ext::new();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            ext.push((name.to_owned(), value));
        }
    };
    add("senderName", view.sender_name.clone());
    add("quotedContent", view.quoted_content.clone());
    add("editedAt", row.edited_at.map(|at| at.to_string()));
    add("deletedAt", row.deleted_at.map(|at| at.to_string()));
    add("deletedBy", row.deleted_by.clone());
    add("starred", row.starred.then(|| "true".to_owned()));
    add("played", row.played.then(|| "true".to_owned()));
    if !view.reactions.is_empty() {
        let reactions = view.reactions.iter().map(|reaction| {
            serde_json::json!({
                "emoji": reaction.emoji, "sender": reaction.sender, "fromMe": reaction.from_me,
                "timestamp": reaction.timestamp,
            })
        });
        let reactions: serde_json::Value = reactions.collect();
        add("reactions", Some(reactions.to_string()));
    }
    if without_file {
        add("mimeType", row.mime_type.clone());
        add("fileName", row.file_name.clone());
        add("fileSize", row.file_size.map(|bytes| bytes.to_string()));
    }
    ext
}

/// What a file adds to its message.
fn about(file: MediaRow) -> Ext {
    let mut ext = vec![
        ("mediaUrl".to_owned(), format!("/api/media/{}", file.file_name)),
        ("mimeType".to_owned(), file.mime),
    ];
    ext.extend(file.title.map(|title| ("fileName".to_owned(), title)));
    ext.extend(file.bytes.map(|bytes| ("fileSize".to_owned(), bytes.to_string())));
    ext
}

fn chat(row: ChatRow) -> history::Chat {
    let state = row.state;
    let until = state
        .muted_until
        .map(|until| if until == FOREVER { 0 } else { until });
    let known = [
        ("name", row.name),
        ("archived", Some(state.archived.to_string())),
        ("pinned", Some(state.pinned_at.is_some().to_string())),
        ("mutedUntil", until.map(|until| until.to_string())),
        ("markedUnread", state.marked_unread.then(|| "true".to_owned())),
        (
            "ephemeralSeconds",
            Some(state.ephemeral_seconds)
                .filter(|seconds| *seconds > 0)
                .map(|seconds| seconds.to_string()),
        ),
        ("profilePic", row.picture_url),
        ("createdAt", Some(row.created_at.to_string())),
    ];
    history::Chat {
        jid: row.jid,
        lid: row.lid,
        push_name: row.push_name,
        last: row.last.map(message),
        unread: u32::try_from(row.unread).unwrap_or(0),
        ext: known
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect(),
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
