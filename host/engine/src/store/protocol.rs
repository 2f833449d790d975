//! Devices, addresses, groups, tokens, and copies of messages under way.

use std::sync::Arc;

use async_trait::async_trait;
use wacore::store::error::Result;
use wacore::store::traits::{
    DeviceListRecord, LidPnMappingEntry, PendingInboundKey, PendingInboundRow, ProtocolStore, TcTokenEntry,
};
use wagate_storage::StorageError;
use wagate_storage::signal::{
    BaseKey, DeviceListRow, LidMapping, PendingKey, PendingMessage, SenderKeyDevice, TcToken, Written,
};

use super::{SessionStore, count, from_json, stop, store_error, to_json};
use crate::abort::{self, Point};

#[async_trait]
impl ProtocolStore for SessionStore {
    async fn get_sender_key_devices(&self, group_jid: &str) -> Result<Vec<(String, bool)>> {
        let found = self
            .storage
            .sender_key_devices(&self.session, group_jid)
            .await
            .map_err(store_error)?;
        Ok(found
            .into_iter()
            .map(|device| (device.device_jid, device.has_key))
            .collect())
    }

    async fn set_sender_key_status(&self, group_jid: &str, entries: &[(&str, bool)]) -> Result<()> {
        let devices = entries
            .iter()
            .map(|(device, has_key)| SenderKeyDevice {
                device_jid: (*device).to_owned(),
                has_key: *has_key,
            })
            .collect();
        self.write(
            self.storage
                .put_sender_key_devices(&self.session, group_jid, devices),
        )
        .await
    }

    async fn clear_sender_key_devices(&self, group_jid: &str) -> Result<()> {
        self.write(self.storage.clear_sender_key_devices(&self.session, group_jid))
            .await
    }

    async fn delete_sender_key_device_rows(&self, device_jids: &[&str]) -> Result<()> {
        self.write(self.storage.delete_sender_key_devices(&self.session, device_jids))
            .await
    }

    async fn clear_all_sender_key_devices(&self) -> Result<()> {
        self.write(self.storage.clear_all_sender_key_devices(&self.session))
            .await
    }

    async fn get_lid_mapping(&self, lid: &str) -> Result<Option<LidPnMappingEntry>> {
        let found = self
            .storage
            .lid_mapping(&self.session, lid)
            .await
            .map_err(store_error)?;
        Ok(found.map(entry_from_mapping))
    }

    async fn get_pn_mapping(&self, phone: &str) -> Result<Option<LidPnMappingEntry>> {
        let found = self
            .storage
            .pn_mapping(&self.session, phone)
            .await
            .map_err(store_error)?;
        Ok(found.map(entry_from_mapping))
    }

    async fn put_lid_mapping(&self, entry: &LidPnMappingEntry) -> Result<()> {
        self.put_lid_mappings(std::slice::from_ref(entry)).await
    }

    async fn put_lid_mappings(&self, entries: &[LidPnMappingEntry]) -> Result<()> {
        let mappings = entries.iter().map(mapping_from_entry).collect();
        self.write(self.storage.put_lid_mappings(&self.session, mappings))
            .await?;
        if let Some(tell) = &self.on_addresses {
            let pair = |entry: &LidPnMappingEntry| {
                (
                    format!("{}@s.whatsapp.net", entry.phone_number),
                    format!("{}@lid", entry.lid),
                )
            };
            tell(entries.iter().map(pair).collect());
        }
        Ok(())
    }

    async fn get_all_lid_mappings(&self) -> Result<Vec<LidPnMappingEntry>> {
        let found = self
            .storage
            .lid_mappings(&self.session)
            .await
            .map_err(store_error)?;
        Ok(found.into_iter().map(entry_from_mapping).collect())
    }

    async fn save_base_key(&self, address: &str, message_id: &str, base_key: &[u8]) -> Result<()> {
        let key = BaseKey {
            address: address.to_owned(),
            message_id: message_id.to_owned(),
            base_key: base_key.to_vec(),
        };
        self.write(self.storage.put_base_key(&self.session, key)).await
    }

    async fn has_same_base_key(
        &self,
        address: &str,
        message_id: &str,
        current_base_key: &[u8],
    ) -> Result<bool> {
        let saved = self
            .storage
            .base_key(&self.session, address, message_id)
            .await
            .map_err(store_error)?;
        Ok(saved.is_some_and(|saved| saved == current_base_key))
    }

    async fn delete_base_key(&self, address: &str, message_id: &str) -> Result<()> {
        self.write(self.storage.delete_base_key(&self.session, address, message_id))
            .await
    }

    async fn update_device_list(&self, record: DeviceListRecord) -> Result<()> {
        self.update_device_lists(vec![record]).await
    }

    async fn update_device_lists(&self, records: Vec<DeviceListRecord>) -> Result<()> {
        let lists = records
            .into_iter()
            .map(row_from_device_list)
            .collect::<Result<Vec<_>>>()?;
        self.write(self.storage.put_device_lists(&self.session, lists))
            .await
    }

    async fn get_devices(&self, user: &str) -> Result<Option<DeviceListRecord>> {
        let found = self
            .storage
            .device_list(&self.session, user)
            .await
            .map_err(store_error)?;
        found.map(device_list_from_row).transpose()
    }

    async fn delete_devices(&self, user: &str) -> Result<()> {
        self.write(self.storage.delete_device_list(&self.session, user))
            .await
    }

    async fn get_group_metadata(&self, group_jid: &str) -> Result<Option<Vec<u8>>> {
        self.storage
            .group_metadata(&self.session, group_jid)
            .await
            .map_err(store_error)
    }

    async fn put_group_metadata(&self, group_jid: &str, blob: &[u8]) -> Result<()> {
        self.write(
            self.storage
                .put_group_metadata(&self.session, group_jid, blob.to_vec()),
        )
        .await
    }

    async fn delete_group_metadata(&self, group_jid: &str) -> Result<()> {
        self.write(self.storage.delete_group_metadata(&self.session, group_jid))
            .await
    }

    async fn get_tc_token(&self, jid: &str) -> Result<Option<TcTokenEntry>> {
        let found = self
            .storage
            .tc_token(&self.session, jid)
            .await
            .map_err(store_error)?;
        Ok(found.map(
            |TcToken {
                 token,
                 token_timestamp,
                 sender_timestamp,
             }| TcTokenEntry {
                token,
                token_timestamp,
                sender_timestamp,
            },
        ))
    }

    async fn put_tc_token(&self, jid: &str, entry: &TcTokenEntry) -> Result<()> {
        let token = TcToken {
            token: entry.token.clone(),
            token_timestamp: entry.token_timestamp,
            sender_timestamp: entry.sender_timestamp,
        };
        self.write(self.storage.put_tc_token(&self.session, jid, token))
            .await
    }

    async fn delete_tc_token(&self, jid: &str) -> Result<()> {
        self.write(self.storage.delete_tc_token(&self.session, jid)).await
    }

    async fn get_all_tc_token_jids(&self) -> Result<Vec<String>> {
        self.storage
            .tc_token_jids(&self.session)
            .await
            .map_err(store_error)
    }

    async fn delete_expired_tc_tokens(&self, token_cutoff: i64, sender_cutoff: i64) -> Result<u32> {
        self.write(
            self.storage
                .prune_tc_tokens(&self.session, token_cutoff, sender_cutoff),
        )
        .await
        .map(count)
    }

    async fn touch_tc_token_sender_timestamp(&self, jid: &str, sender_timestamp: i64) -> Result<()> {
        self.write(self.storage.touch_tc_token(&self.session, jid, sender_timestamp))
            .await
    }

    async fn store_received_tc_token(&self, jid: &str, token: &[u8], token_timestamp: i64) -> Result<()> {
        self.write(
            self.storage
                .receive_tc_token(&self.session, jid, token.to_vec(), token_timestamp),
        )
        .await
    }

    async fn store_sent_message(&self, chat_jid: &str, message_id: &str, payload: &[u8]) -> Result<()> {
        let (payload, now) = (payload.to_vec(), self.now_seconds());
        self.write(
            self.storage
                .put_sent_message(&self.session, chat_jid, message_id, payload, now),
        )
        .await
    }

    async fn take_sent_message(&self, chat_jid: &str, message_id: &str) -> Result<Option<Vec<u8>>> {
        self.write(
            self.storage
                .take_sent_message(&self.session, chat_jid, message_id),
        )
        .await
    }

    async fn delete_expired_sent_messages(&self, cutoff_timestamp: i64) -> Result<u32> {
        self.write(self.storage.prune_sent_messages(&self.session, cutoff_timestamp))
            .await
            .map(count)
    }

    async fn store_pending_inbound(&self, chat: &str, sender: &str, id: &str, message: &[u8]) -> Result<()> {
        self.store_pending_inbound_batch(&[PendingInboundRow {
            chat,
            sender,
            id,
            message,
        }])
        .await
    }

    async fn get_pending_inbound(&self, chat: &str, sender: &str, id: &str) -> Result<Option<Vec<u8>>> {
        self.storage
            .pending_inbound(&self.session, pending_key(chat, sender, id))
            .await
            .map_err(store_error)
    }

    async fn delete_pending_inbound(&self, chat: &str, sender: &str, id: &str) -> Result<()> {
        self.delete_pending_inbound_batch(&[PendingInboundKey { chat, sender, id }])
            .await
    }

    async fn delete_expired_pending_inbound(&self, cutoff_timestamp: i64) -> Result<u32> {
        self.write(
            self.storage
                .prune_pending_inbound(&self.session, cutoff_timestamp),
        )
        .await
        .map(count)
    }

    async fn store_pending_inbound_batch(&self, rows: &[PendingInboundRow<'_>]) -> Result<()> {
        let messages = rows
            .iter()
            .map(|row| PendingMessage {
                key: pending_key(row.chat, row.sender, row.id),
                message: row.message.to_vec(),
            })
            .collect();
        abort::stall().await;
        // Until it is on the disk, nothing moves the Signal state past these messages. They themselves go on: their commit
        // comes after this row.
        let under_way = Arc::clone(&self.in_flight).read_owned().await;
        let (health, session) = (Arc::clone(&self.health), Arc::clone(&self.session));
        let done: Written = Box::new(move |written| {
            if let Err(error) = written {
                stop(&health, &session, &error);
            }
            drop(under_way);
        });
        if abort::fails(Point::W6) {
            done(Err(StorageError::Full));
            return Ok(());
        }
        let now = self.now_seconds();
        let put = self
            .storage
            .put_pending_inbound(&self.session, messages, now, done);
        self.guarded(put).await?;
        if abort::fails(Point::W2) {
            self.guarded(self.storage.write_pending_now()).await?;
            abort::now();
        }
        Ok(())
    }

    async fn delete_pending_inbound_batch(&self, keys: &[PendingInboundKey<'_>]) -> Result<()> {
        let keys = keys
            .iter()
            .map(|key| pending_key(key.chat, key.sender, key.id))
            .collect();
        abort::acknowledged();
        self.write(self.storage.delete_pending_inbound(&self.session, keys))
            .await
    }
}

fn pending_key(chat: &str, sender: &str, id: &str) -> PendingKey {
    PendingKey {
        chat: chat.to_owned(),
        sender: sender.to_owned(),
        id: id.to_owned(),
    }
}

fn entry_from_mapping(mapping: LidMapping) -> LidPnMappingEntry {
    let LidMapping {
        lid,
        phone_number,
        created_at,
        updated_at,
        learning_source,
    } = mapping;
    LidPnMappingEntry {
        lid,
        phone_number,
        created_at,
        updated_at,
        learning_source,
    }
}

fn mapping_from_entry(entry: &LidPnMappingEntry) -> LidMapping {
    let LidPnMappingEntry {
        lid,
        phone_number,
        created_at,
        updated_at,
        learning_source,
    } = entry.clone();
    LidMapping {
        lid,
        phone_number,
        created_at,
        updated_at,
        learning_source,
    }
}

fn row_from_device_list(record: DeviceListRecord) -> Result<DeviceListRow> {
    let DeviceListRecord {
        user,
        devices,
        timestamp,
        phash,
        raw_id,
    } = record;
    Ok(DeviceListRow {
        user,
        devices: to_json(&devices)?,
        timestamp,
        phash,
        raw_id,
    })
}

fn device_list_from_row(row: DeviceListRow) -> Result<DeviceListRecord> {
    let DeviceListRow {
        user,
        devices,
        timestamp,
        phash,
        raw_id,
    } = row;
    Ok(DeviceListRecord {
        user,
        devices: from_json(&devices)?,
        timestamp,
        phash,
        raw_id,
    })
}
