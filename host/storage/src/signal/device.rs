//! The linked device itself: its keys, its account, what the server told it.

use async_trait::async_trait;

use crate::StorageError;

/// The `wa_device` table.
#[async_trait]
pub trait DeviceState: Send + Sync {
    /// The device record.
    async fn device_record(&self, session: &str) -> Result<Option<Vec<u8>>, StorageError>;
    /// Whether there is a device record.
    async fn has_device_record(&self, session: &str) -> Result<bool, StorageError>;
    /// Inserts or replaces the device record.
    async fn put_device_record(&self, session: &str, record: Vec<u8>) -> Result<(), StorageError>;
    /// Inserts the device record; one that is there stays.
    async fn insert_device_record(&self, session: &str, record: Vec<u8>) -> Result<(), StorageError>;
}
