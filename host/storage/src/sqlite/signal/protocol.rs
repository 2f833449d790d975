//! What the protocol remembers about others, over SQLite.

use async_trait::async_trait;

use super::{execute_for_key, find_blob, json_list, put_blob};
use crate::StorageError;
use crate::db;
use crate::signal::{BaseKey, DeviceListRow, LidMapping, Protocol, SenderKeyDevice};
use crate::sqlite::SqliteStorage;

/// The columns of a mapping, in the order in which the statements name them.
type MappingColumns = (String, String, i64, i64, String);

fn mapping_from((lid, phone_number, created_at, updated_at, learning_source): MappingColumns) -> LidMapping {
    LidMapping {
        lid,
        phone_number,
        created_at,
        updated_at,
        learning_source,
    }
}

#[async_trait]
impl Protocol for SqliteStorage {
    async fn sender_key_devices(
        &self,
        session: &str,
        group: &str,
    ) -> Result<Vec<SenderKeyDevice>, StorageError> {
        let rows: Vec<(String, bool)> = db::query_as(
            "SELECT device_jid, has_key FROM wa_sender_key_devices WHERE session_id = ? AND group_jid = ?",
        )
        .bind(session)
        .bind(group)
        .fetch_all(self.near())
        .await?;
        Ok(rows
            .into_iter()
            .map(|(device_jid, has_key)| SenderKeyDevice { device_jid, has_key })
            .collect())
    }

    async fn put_sender_key_devices(
        &self,
        session: &str,
        group: &str,
        devices: Vec<SenderKeyDevice>,
    ) -> Result<(), StorageError> {
        if devices.is_empty() {
            return Ok(());
        }
        let (session, group) = (session.to_owned(), group.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                for device in devices {
                    db::query(
                        "INSERT INTO wa_sender_key_devices (session_id, group_jid, device_jid, has_key) \
                         VALUES (?, ?, ?, ?) ON CONFLICT (session_id, group_jid, device_jid) \
                         DO UPDATE SET has_key = excluded.has_key",
                    )
                    .bind(session.as_str())
                    .bind(group.as_str())
                    .bind(device.device_jid)
                    .bind(device.has_key)
                    .execute(&mut *c)
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn clear_sender_key_devices(&self, session: &str, group: &str) -> Result<(), StorageError> {
        execute_for_key(
            self,
            "DELETE FROM wa_sender_key_devices WHERE session_id = ? AND group_jid = ?",
            session,
            group,
        )
        .await
    }

    async fn delete_sender_key_devices(&self, session: &str, devices: &[&str]) -> Result<(), StorageError> {
        if devices.is_empty() {
            return Ok(());
        }
        execute_for_key(
            self,
            "DELETE FROM wa_sender_key_devices \
             WHERE session_id = ? AND device_jid IN (SELECT value FROM json_each(?))",
            session,
            &json_list(devices)?,
        )
        .await
    }

    async fn clear_all_sender_key_devices(&self, session: &str) -> Result<(), StorageError> {
        let session = session.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                db::query("DELETE FROM wa_sender_key_devices WHERE session_id = ?")
                    .bind(session)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn lid_mapping(&self, session: &str, lid: &str) -> Result<Option<LidMapping>, StorageError> {
        let found: Option<MappingColumns> = db::query_as(
            "SELECT lid, phone_number, created_at, updated_at, learning_source FROM wa_lid_pn_mapping \
             WHERE session_id = ? AND lid = ?",
        )
        .bind(session)
        .bind(lid)
        .fetch_optional(self.near())
        .await?;
        Ok(found.map(mapping_from))
    }

    async fn pn_mapping(&self, session: &str, phone: &str) -> Result<Option<LidMapping>, StorageError> {
        let found: Option<MappingColumns> = db::query_as(
            "SELECT lid, phone_number, created_at, updated_at, learning_source FROM wa_lid_pn_mapping \
             WHERE session_id = ? AND phone_number = ? ORDER BY updated_at DESC, written DESC LIMIT 1",
        )
        .bind(session)
        .bind(phone)
        .fetch_optional(self.near())
        .await?;
        Ok(found.map(mapping_from))
    }

    async fn put_lid_mappings(&self, session: &str, mappings: Vec<LidMapping>) -> Result<(), StorageError> {
        if mappings.is_empty() {
            return Ok(());
        }
        let session = session.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                for mapping in mappings {
                    // REPLACE, so that the row gets a new `written`. `created_at` is replaced, too: the library
                    // ranks the mappings it loads by it, and an old time would hide that this one was relearned.
                    db::query(
                        "INSERT OR REPLACE INTO wa_lid_pn_mapping \
                         (session_id, lid, phone_number, created_at, updated_at, learning_source) \
                         VALUES (?, ?, ?, ?, ?, ?)",
                    )
                    .bind(session.as_str())
                    .bind(mapping.lid)
                    .bind(mapping.phone_number)
                    .bind(mapping.created_at)
                    .bind(mapping.updated_at)
                    .bind(mapping.learning_source)
                    .execute(&mut *c)
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn lid_mappings(&self, session: &str) -> Result<Vec<LidMapping>, StorageError> {
        // In the order of writing: the library loads them one after the other, and on equal times the last wins.
        let rows: Vec<MappingColumns> = db::query_as(
            "SELECT lid, phone_number, created_at, updated_at, learning_source FROM wa_lid_pn_mapping \
             WHERE session_id = ? ORDER BY written",
        )
        .bind(session)
        .fetch_all(self.readers())
        .await?;
        Ok(rows.into_iter().map(mapping_from).collect())
    }

    async fn put_base_key(&self, session: &str, key: BaseKey) -> Result<(), StorageError> {
        let session = session.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                db::query(
                    "INSERT INTO wa_base_keys (session_id, address, message_id, base_key) VALUES (?, ?, ?, ?) \
                     ON CONFLICT (session_id, address, message_id) DO UPDATE SET base_key = excluded.base_key",
                )
                .bind(session)
                .bind(key.address)
                .bind(key.message_id)
                .bind(key.base_key)
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn base_key(
        &self,
        session: &str,
        address: &str,
        message_id: &str,
    ) -> Result<Option<Vec<u8>>, StorageError> {
        let found: Option<Vec<u8>> = db::query_scalar(
            "SELECT base_key FROM wa_base_keys WHERE session_id = ? AND address = ? AND message_id = ?",
        )
        .bind(session)
        .bind(address)
        .bind(message_id)
        .fetch_optional(self.near())
        .await?;
        Ok(found)
    }

    async fn delete_base_key(
        &self,
        session: &str,
        address: &str,
        message_id: &str,
    ) -> Result<(), StorageError> {
        let (session, address, message_id) = (session.to_owned(), address.to_owned(), message_id.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                db::query("DELETE FROM wa_base_keys WHERE session_id = ? AND address = ? AND message_id = ?")
                    .bind(session)
                    .bind(address)
                    .bind(message_id)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    async fn put_device_lists(&self, session: &str, lists: Vec<DeviceListRow>) -> Result<(), StorageError> {
        if lists.is_empty() {
            return Ok(());
        }
        let session = session.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                for list in lists {
                    db::query(
                        "INSERT INTO wa_device_registry (session_id, user, devices, timestamp, phash, raw_id) \
                         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (session_id, user) DO UPDATE SET \
                         devices = excluded.devices, timestamp = excluded.timestamp, phash = excluded.phash, \
                         raw_id = excluded.raw_id",
                    )
                    .bind(session.as_str())
                    .bind(list.user)
                    .bind(list.devices)
                    .bind(list.timestamp)
                    .bind(list.phash)
                    .bind(list.raw_id)
                    .execute(&mut *c)
                    .await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn device_list(&self, session: &str, user: &str) -> Result<Option<DeviceListRow>, StorageError> {
        let found: Option<(String, Vec<u8>, i64, Option<String>, Option<u32>)> = db::query_as(
            "SELECT user, devices, timestamp, phash, raw_id FROM wa_device_registry \
             WHERE session_id = ? AND user = ?",
        )
        .bind(session)
        .bind(user)
        .fetch_optional(self.near())
        .await?;
        Ok(
            found.map(|(user, devices, timestamp, phash, raw_id)| DeviceListRow {
                user,
                devices,
                timestamp,
                phash,
                raw_id,
            }),
        )
    }

    async fn delete_device_list(&self, session: &str, user: &str) -> Result<(), StorageError> {
        execute_for_key(
            self,
            "DELETE FROM wa_device_registry WHERE session_id = ? AND user = ?",
            session,
            user,
        )
        .await
    }

    async fn group_metadata(&self, session: &str, group: &str) -> Result<Option<Vec<u8>>, StorageError> {
        find_blob(
            self,
            "SELECT metadata FROM wa_group_metadata WHERE session_id = ? AND group_jid = ?",
            session,
            group,
        )
        .await
    }

    async fn put_group_metadata(
        &self,
        session: &str,
        group: &str,
        metadata: Vec<u8>,
    ) -> Result<(), StorageError> {
        put_blob(
            self,
            "INSERT INTO wa_group_metadata (session_id, group_jid, metadata) VALUES (?, ?, ?) \
             ON CONFLICT (session_id, group_jid) DO UPDATE SET metadata = excluded.metadata",
            session,
            group,
            metadata,
        )
        .await
    }

    async fn delete_group_metadata(&self, session: &str, group: &str) -> Result<(), StorageError> {
        execute_for_key(
            self,
            "DELETE FROM wa_group_metadata WHERE session_id = ? AND group_jid = ?",
            session,
            group,
        )
        .await
    }
}
