//! `message_receipts` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use super::journal::origin_of;
use super::messages::{message_from, rises};
use crate::StorageError;
use crate::db::{self, SqliteConnection};
use crate::messages::{MessageRow, MessageStatus};
use crate::receipts::{NewReceipt, ReceiptCounts, ReceiptKind, ReceiptRow, Receipts, Risen, TellReceipt};

/// Notes one receipt. What it changed about its message, if anything.
async fn record(c: &mut SqliteConnection, receipt: NewReceipt) -> Result<Option<Risen>, StorageError> {
    let found = db::query("SELECT * FROM messages WHERE session_id = ? AND wa_id = ? AND from_me")
        .bind(&receipt.session_id)
        .bind(&receipt.wa_id)
        .fetch_optional(&mut *c)
        .await?;
    // Receipts of reactions and edits carry their ids; those are no messages.
    let Some(found) = found else { return Ok(None) };
    let row = message_from(&found)?;
    note(c, &receipt).await?;
    let counts = count(c, &row).await?;
    rise(c, row, receipt.kind, counts).await
}

async fn note(c: &mut SqliteConnection, receipt: &NewReceipt) -> Result<(), StorageError> {
    // Who read has it; who played has read.
    let (delivered, read, played) = match receipt.kind {
        ReceiptKind::Delivered => (Some(receipt.at), None, None),
        ReceiptKind::Read => (Some(receipt.at), Some(receipt.at), None),
        ReceiptKind::Played => (Some(receipt.at), Some(receipt.at), Some(receipt.at)),
    };
    db::query(
        "INSERT INTO message_receipts (session_id, wa_id, participant, delivered_at, read_at, played_at) \
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (session_id, wa_id, participant) DO UPDATE SET \
           delivered_at = coalesce(delivered_at, excluded.delivered_at), \
           read_at = coalesce(read_at, excluded.read_at), played_at = coalesce(played_at, excluded.played_at)",
    )
    .bind(&receipt.session_id)
    .bind(&receipt.wa_id)
    .bind(&receipt.participant)
    .bind(delivered)
    .bind(read)
    .bind(played)
    .execute(c)
    .await?;
    Ok(())
}

async fn count(c: &mut SqliteConnection, row: &MessageRow) -> Result<ReceiptCounts, StorageError> {
    let counted = db::query(
        "SELECT count(delivered_at) AS delivered, count(read_at) AS read, count(played_at) AS played, \
           (SELECT size - 1 FROM groups WHERE session_id = ?1 AND jid = ?3 AND size > 1) AS recipients \
         FROM message_receipts WHERE session_id = ?1 AND wa_id = ?2",
    )
    .bind(&row.session_id)
    .bind(&row.wa_id)
    .bind(&row.chat)
    .fetch_one(c)
    .await?;
    let is_direct = row.chat.ends_with("@s.whatsapp.net") || row.chat.ends_with("@lid");
    Ok(ReceiptCounts {
        recipients: if is_direct {
            Some(1)
        } else {
            counted.try_get("recipients")?
        },
        delivered: counted.try_get("delivered")?,
        read: counted.try_get("read")?,
        played: counted.try_get("played")?,
    })
}

/// The whole message is as far as its slowest recipient; where nobody knows how many there are, as its first.
async fn rise(
    c: &mut SqliteConnection,
    mut row: MessageRow,
    kind: ReceiptKind,
    counts: ReceiptCounts,
) -> Result<Option<Risen>, StorageError> {
    let needed = counts.recipients.unwrap_or(1);
    let status = if counts.read >= needed {
        MessageStatus::Read
    } else if counts.delivered >= needed {
        MessageStatus::Delivered
    } else {
        // It is on somebody's device, so the server has accepted it.
        MessageStatus::Sent
    };
    let before = row.status;
    let newly_played = kind == ReceiptKind::Played && counts.played >= needed && !row.played;
    if !rises(before, status) && !newly_played {
        return Ok(None);
    }
    if rises(before, status) {
        row.status = status;
    }
    row.played |= newly_played;
    db::query("UPDATE messages SET status = ?, played = ? WHERE id = ?")
        .bind(row.status as i64)
        .bind(row.played)
        .bind(&row.id)
        .execute(&mut *c)
        .await?;
    let origin = match before {
        MessageStatus::Pending | MessageStatus::Failed => origin_of(c, &row.session_id, &row.wa_id).await?,
        _ => None,
    };
    Ok(Some(Risen {
        row,
        before,
        origin,
        counts,
    }))
}

#[async_trait]
impl Receipts for SqliteStorage {
    async fn record_receipts(
        &self,
        receipts: Vec<NewReceipt>,
        tell: TellReceipt,
    ) -> Result<bool, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let mut has_told = false;
                for receipt in receipts {
                    let Some(risen) = record(c, receipt).await? else {
                        continue;
                    };
                    for event in tell(&risen) {
                        super::events::append(c, event).await?;
                        has_told = true;
                    }
                }
                Ok(has_told)
            })
        })
        .await
    }

    async fn receipts(&self, session_id: &str, wa_id: &str) -> Result<Vec<ReceiptRow>, StorageError> {
        let rows = db::query(
            "SELECT * FROM message_receipts WHERE session_id = ? AND wa_id = ? ORDER BY participant",
        )
        .bind(session_id)
        .bind(wa_id)
        .fetch_all(self.near())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(ReceiptRow {
                    participant: row.try_get("participant")?,
                    delivered_at: row.try_get("delivered_at")?,
                    read_at: row.try_get("read_at")?,
                    played_at: row.try_get("played_at")?,
                })
            })
            .collect()
    }
}
