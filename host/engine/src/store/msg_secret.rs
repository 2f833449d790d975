//! Message secrets.

use async_trait::async_trait;
use wacore::store::error::Result;
use wacore::store::traits::{MsgSecretEntry, MsgSecretStore};
use wagate_storage::signal::MessageSecretRow;

use super::{SessionStore, count, store_error};

#[async_trait]
impl MsgSecretStore for SessionStore {
    async fn put_msg_secrets(&self, entries: Vec<MsgSecretEntry>) -> Result<usize> {
        let rows = entries
            .into_iter()
            .map(|entry| MessageSecretRow {
                chat: entry.chat,
                sender: entry.sender,
                msg_id: entry.msg_id,
                secret: entry.secret.to_vec(),
                expires_at: entry.expires_at,
                message_ts: entry.message_ts,
            })
            .collect();
        let written = self
            .write(self.storage.put_message_secrets(&self.session, rows))
            .await?;
        Ok(usize::try_from(written).unwrap_or(usize::MAX))
    }

    async fn get_msg_secret(&self, chat: &str, sender: &str, msg_id: &str) -> Result<Option<Vec<u8>>> {
        let found = self.get_msg_secret_with_ts(chat, sender, msg_id).await?;
        Ok(found.map(|(secret, _)| secret))
    }

    async fn get_msg_secret_with_ts(
        &self,
        chat: &str,
        sender: &str,
        msg_id: &str,
    ) -> Result<Option<(Vec<u8>, i64)>> {
        self.storage
            .message_secret(&self.session, chat, sender, msg_id)
            .await
            .map_err(store_error)
    }

    async fn delete_expired_msg_secrets(&self, cutoff_timestamp: i64) -> Result<u32> {
        self.write(
            self.storage
                .prune_message_secrets(&self.session, cutoff_timestamp),
        )
        .await
        .map(count)
    }
}
