//! What a list of messages shows beside them: names, quotes, reactions. Three queries for a page, not three a message.

use std::collections::HashMap;

use super::reactions::reaction_from;
use super::readers::Far;
use crate::StorageError;
use crate::db;
use crate::messages::{MessageRow, MessageView};
use crate::reactions::ReactionRow;

pub(super) async fn of(
    pool: &Far,
    session_id: &str,
    rows: Vec<MessageRow>,
) -> Result<Vec<MessageView>, StorageError> {
    let names = names(pool, session_id, &rows).await?;
    let quotes = quotes(pool, session_id, &rows).await?;
    let mut reactions = reactions(pool, session_id, &rows).await?;
    Ok(rows
        .into_iter()
        .map(|row| MessageView {
            sender_name: names.get(&row.sender).cloned(),
            quoted_content: row
                .quote_id
                .as_ref()
                .and_then(|id| quotes.get(&(row.chat.clone(), id.clone())).cloned()),
            reactions: reactions
                .remove(&(row.chat.clone(), row.wa_id.clone()))
                .unwrap_or_default(),
            row,
        })
        .collect())
}

fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    serde_json::Value::from(texts.collect::<Vec<_>>()).to_string()
}

async fn names(
    pool: &Far,
    session_id: &str,
    rows: &[MessageRow],
) -> Result<HashMap<String, String>, StorageError> {
    let found = db::query(
        "SELECT j.value AS jid, coalesce(p.name, l.name, p.verified_name, l.verified_name, p.push_name, l.push_name) AS best \
         FROM (SELECT DISTINCT value FROM json_each(?2)) j \
         LEFT JOIN contacts p ON p.session_id = ?1 AND p.pn = j.value \
         LEFT JOIN contacts l ON l.session_id = ?1 AND l.lid = j.value",
    )
    .bind(session_id)
    .bind(list(rows.iter().map(|row| row.sender.as_str())))
    .fetch_all(pool)
    .await?;
    let mut names = HashMap::new();
    for row in &found {
        if let Some(name) = row.try_get::<Option<String>, _>("best")? {
            names.insert(row.try_get("jid")?, name);
        }
    }
    Ok(names)
}

async fn quotes(
    pool: &Far,
    session_id: &str,
    rows: &[MessageRow],
) -> Result<HashMap<(String, String), String>, StorageError> {
    // CROSS JOIN: the other way round all messages of the session would be looked through.
    let found = db::query(
        "SELECT m.chat, m.wa_id, m.content FROM (SELECT DISTINCT value FROM json_each(?2)) j \
         CROSS JOIN messages m ON m.session_id = ?1 AND m.wa_id = j.value WHERE m.content IS NOT NULL",
    )
    .bind(session_id)
    .bind(list(rows.iter().filter_map(|row| row.quote_id.as_deref())))
    .fetch_all(pool)
    .await?;
    let mut quotes = HashMap::new();
    for row in &found {
        quotes.insert(
            (row.try_get("chat")?, row.try_get("wa_id")?),
            row.try_get("content")?,
        );
    }
    Ok(quotes)
}

async fn reactions(
    pool: &Far,
    session_id: &str,
    rows: &[MessageRow],
) -> Result<HashMap<(String, String), Vec<ReactionRow>>, StorageError> {
    let places: serde_json::Value = rows
        .iter()
        .map(|row| vec![row.chat.as_str(), row.wa_id.as_str()])
        .collect();
    let places = places.to_string();
    let found = db::query(
        "SELECT r.* FROM (SELECT DISTINCT value ->> 0 AS chat, value ->> 1 AS wa_id FROM json_each(?2)) j \
         CROSS JOIN reactions r ON r.session_id = ?1 AND r.chat = j.chat AND r.wa_id = j.wa_id \
         WHERE r.emoji IS NOT NULL ORDER BY r.timestamp, r.sender",
    )
    .bind(session_id)
    .bind(places)
    .fetch_all(pool)
    .await?;
    let mut reactions: HashMap<_, Vec<_>> = HashMap::new();
    for row in &found {
        reactions
            .entry((row.try_get("chat")?, row.try_get("wa_id")?))
            .or_default()
            .push(reaction_from(row)?);
    }
    Ok(reactions)
}
