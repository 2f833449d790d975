//! Signal keys: identities, Signal sessions, prekeys, sender keys.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use wacore::store::error::Result;
use wacore::store::traits::SignalStore;
use wagate_storage::signal::{PrekeyRecord, SignalRecord};

use super::{SessionStore, store_error};
use crate::abort::{self, Point};

fn record(address: &str, bytes: &[u8]) -> SignalRecord {
    SignalRecord {
        address: Arc::from(address),
        record: Bytes::copy_from_slice(bytes),
    }
}

fn shared_record((address, bytes): &(Arc<str>, Bytes)) -> SignalRecord {
    SignalRecord {
        address: Arc::clone(address),
        record: bytes.clone(),
    }
}

#[async_trait]
impl SignalStore for SessionStore {
    async fn put_identity(&self, address: &str, key: [u8; 32]) -> Result<()> {
        let records = vec![record(address, &key)];
        self.write_ratchet(self.storage.put_signal_identities(&self.session, records))
            .await
    }

    async fn put_identities_batch(&self, identities: &[(Arc<str>, [u8; 32])]) -> Result<()> {
        let records = identities
            .iter()
            .map(|(address, key)| record(address, key))
            .collect();
        self.write_ratchet(self.storage.put_signal_identities(&self.session, records))
            .await
    }

    async fn load_identity(&self, address: &str) -> Result<Option<[u8; 32]>> {
        self.storage
            .signal_identity(&self.session, address)
            .await
            .map_err(store_error)
    }

    async fn delete_identity(&self, address: &str) -> Result<()> {
        self.write_ratchet(self.storage.delete_signal_identity(&self.session, address))
            .await
    }

    async fn get_session(&self, address: &str) -> Result<Option<Bytes>> {
        abort::reached(Point::W0);
        self.storage
            .signal_session(&self.session, address)
            .await
            .map_err(store_error)
    }

    async fn put_session(&self, address: &str, session: &[u8]) -> Result<()> {
        let records = vec![record(address, session)];
        self.write_ratchet(self.storage.put_signal_sessions(&self.session, records))
            .await
    }

    async fn put_sessions_batch(&self, sessions: &[(Arc<str>, Bytes)]) -> Result<()> {
        let records = sessions.iter().map(shared_record).collect();
        self.write_ratchet(self.storage.put_signal_sessions(&self.session, records))
            .await
    }

    async fn delete_session(&self, address: &str) -> Result<()> {
        self.write_ratchet(self.storage.delete_signal_session(&self.session, address))
            .await
    }

    async fn has_session(&self, address: &str) -> Result<bool> {
        self.storage
            .has_signal_session(&self.session, address)
            .await
            .map_err(store_error)
    }

    async fn has_signal_state_for_user(&self, user: &str) -> Result<bool> {
        self.storage
            .has_signal_state_of(&self.session, user)
            .await
            .map_err(store_error)
    }

    async fn store_prekey(&self, id: u32, record: &[u8], uploaded: bool) -> Result<()> {
        let records = vec![PrekeyRecord {
            id,
            record: Bytes::copy_from_slice(record),
        }];
        self.write(self.storage.put_prekeys(&self.session, records, uploaded))
            .await
    }

    async fn store_prekeys_batch(&self, keys: &[(u32, Bytes)], uploaded: bool) -> Result<()> {
        let records = keys
            .iter()
            .map(|(id, record)| PrekeyRecord {
                id: *id,
                record: record.clone(),
            })
            .collect();
        self.write(self.storage.put_prekeys(&self.session, records, uploaded))
            .await
    }

    async fn load_prekey(&self, id: u32) -> Result<Option<Bytes>> {
        let found = self
            .storage
            .prekeys(&self.session, &[id])
            .await
            .map_err(store_error)?;
        Ok(found.into_iter().next().map(|prekey| prekey.record))
    }

    async fn load_prekeys_batch(&self, ids: &[u32]) -> Result<Vec<(u32, Bytes)>> {
        let found = self
            .storage
            .prekeys(&self.session, ids)
            .await
            .map_err(store_error)?;
        Ok(found
            .into_iter()
            .map(|prekey| (prekey.id, prekey.record))
            .collect())
    }

    async fn mark_prekeys_uploaded(&self, ids: &[u32]) -> Result<()> {
        self.write(self.storage.mark_prekeys_uploaded(&self.session, ids))
            .await
    }

    async fn remove_prekey(&self, id: u32) -> Result<()> {
        self.write_ratchet(self.storage.delete_prekey(&self.session, id))
            .await
    }

    async fn get_max_prekey_id(&self) -> Result<u32> {
        self.storage
            .max_prekey_id(&self.session)
            .await
            .map_err(store_error)
    }

    async fn store_signed_prekey(&self, id: u32, record: &[u8]) -> Result<()> {
        let record = PrekeyRecord {
            id,
            record: Bytes::copy_from_slice(record),
        };
        self.write(self.storage.put_signed_prekey(&self.session, record))
            .await
    }

    async fn load_signed_prekey(&self, id: u32) -> Result<Option<Vec<u8>>> {
        self.storage
            .signed_prekey(&self.session, id)
            .await
            .map_err(store_error)
    }

    async fn load_all_signed_prekeys(&self) -> Result<Vec<(u32, Vec<u8>)>> {
        let found = self
            .storage
            .signed_prekeys(&self.session)
            .await
            .map_err(store_error)?;
        Ok(found
            .into_iter()
            .map(|prekey| (prekey.id, Vec::<u8>::from(prekey.record)))
            .collect())
    }

    async fn remove_signed_prekey(&self, id: u32) -> Result<()> {
        self.write(self.storage.delete_signed_prekey(&self.session, id))
            .await
    }

    async fn put_sender_key(&self, address: &str, bytes: &[u8]) -> Result<()> {
        let records = vec![record(address, bytes)];
        self.write_ratchet(self.storage.put_sender_keys(&self.session, records))
            .await
    }

    async fn put_sender_keys_batch(&self, sender_keys: &[(Arc<str>, Bytes)]) -> Result<()> {
        let records = sender_keys.iter().map(shared_record).collect();
        self.write_ratchet(self.storage.put_sender_keys(&self.session, records))
            .await
    }

    async fn get_sender_key(&self, address: &str) -> Result<Option<Vec<u8>>> {
        self.storage
            .sender_key(&self.session, address)
            .await
            .map_err(store_error)
    }

    async fn delete_sender_key(&self, address: &str) -> Result<()> {
        self.write_ratchet(self.storage.delete_sender_key(&self.session, address))
            .await
    }
}
