//! `wa_*` tables over SQLite: the statements more than one of them needs.

mod app_state;
mod device;
mod keys;
mod pending;
mod protocol;
mod secrets;
mod tokens;

use std::fmt::Write as _;

use serde::Serialize;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, Error, SqliteConnection};

/// Every table of the linked device. A new one belongs here, too.
const WIPE: [&str; 18] = [
    "DELETE FROM wa_device WHERE session_id = ?",
    "DELETE FROM wa_identities WHERE session_id = ?",
    "DELETE FROM wa_signal_sessions WHERE session_id = ?",
    "DELETE FROM wa_prekeys WHERE session_id = ?",
    "DELETE FROM wa_signed_prekeys WHERE session_id = ?",
    "DELETE FROM wa_sender_keys WHERE session_id = ?",
    "DELETE FROM wa_app_state_keys WHERE session_id = ?",
    "DELETE FROM wa_app_state_versions WHERE session_id = ?",
    "DELETE FROM wa_app_state_mutation_macs WHERE session_id = ?",
    "DELETE FROM wa_lid_pn_mapping WHERE session_id = ?",
    "DELETE FROM wa_base_keys WHERE session_id = ?",
    "DELETE FROM wa_device_registry WHERE session_id = ?",
    "DELETE FROM wa_sender_key_devices WHERE session_id = ?",
    "DELETE FROM wa_tc_tokens WHERE session_id = ?",
    "DELETE FROM wa_sent_messages WHERE session_id = ?",
    "DELETE FROM wa_msg_secrets WHERE session_id = ?",
    "DELETE FROM wa_group_metadata WHERE session_id = ?",
    "DELETE FROM wa_pending_inbound WHERE session_id = ?",
];

/// Deletes everything of the session's linked device: the next pairing starts from nothing.
pub(super) async fn wipe(c: &mut SqliteConnection, session: &str) -> Result<(), StorageError> {
    for statement in WIPE {
        db::query(statement).bind(session).execute(&mut *c).await?;
    }
    Ok(())
}

/// The one column of the row with this text key. Parameters: session, key.
async fn find_blob(
    storage: &SqliteStorage,
    sql: &'static str,
    session: &str,
    key: &str,
) -> Result<Option<Vec<u8>>, StorageError> {
    let found: Option<Vec<u8>> = db::query_scalar(sql)
        .bind(session)
        .bind(key)
        .fetch_optional(storage.near())
        .await?;
    Ok(found)
}

/// One statement about one text key. Parameters: session, key.
async fn execute_for_key(
    storage: &SqliteStorage,
    sql: &'static str,
    session: &str,
    key: &str,
) -> Result<(), StorageError> {
    let (session, key) = (session.to_owned(), key.to_owned());
    storage
        .write(move |c| {
            Box::pin(async move {
                db::query(sql).bind(session).bind(key).execute(c).await?;
                Ok(())
            })
        })
        .await
}

/// Inserts or replaces one blob under a text key. Parameters: session, key, blob.
async fn put_blob(
    storage: &SqliteStorage,
    sql: &'static str,
    session: &str,
    key: &str,
    blob: Vec<u8>,
) -> Result<(), StorageError> {
    let (session, key) = (session.to_owned(), key.to_owned());
    storage
        .write(move |c| {
            Box::pin(async move {
                db::query(sql)
                    .bind(session)
                    .bind(key)
                    .bind(blob)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
}

/// One DELETE by age. Parameters: session, cutoff. Returns how many rows went.
async fn prune(
    storage: &SqliteStorage,
    sql: &'static str,
    session: &str,
    cutoff: i64,
) -> Result<u64, StorageError> {
    let session = session.to_owned();
    storage
        .write(move |c| {
            Box::pin(async move {
                Ok(db::query(sql)
                    .bind(session)
                    .bind(cutoff)
                    .execute(c)
                    .await?
                    .rows_affected())
            })
        })
        .await
}

/// A list as one parameter, for `json_each`: the statement is the same whatever the length, and is prepared once.
fn json_list<T: Serialize>(values: &[T]) -> Result<String, StorageError> {
    serde_json::to_string(values).map_err(|error| StorageError::Database(Error::Encode(error)))
}

/// As [`json_list`], for bytes: JSON has none, so they travel as hexadecimal and come back through `unhex`.
fn hex_list(values: &[&[u8]]) -> Result<String, StorageError> {
    let texts: Vec<String> = values.iter().map(|bytes| hex(bytes)).collect();
    json_list(&texts)
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
