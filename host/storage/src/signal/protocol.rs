//! What the protocol remembers about others: their devices, their two addresses, their groups.

use async_trait::async_trait;

use crate::StorageError;

/// Whether a device in a group has our sender key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SenderKeyDevice {
    /// The device's JID.
    pub device_jid: String,
    /// It was given the key; else it needs it before the next message.
    pub has_key: bool,
}

/// One person's two addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LidMapping {
    /// User part of the LID.
    pub lid: String,
    /// User part of the phone JID.
    pub phone_number: String,
    /// When the mapping was learned, seconds.
    pub created_at: i64,
    /// When it was last confirmed, seconds.
    pub updated_at: i64,
    /// From what it was learned.
    pub learning_source: String,
}

/// The devices of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceListRow {
    /// User part of the JID.
    pub user: String,
    /// The devices, JSON.
    pub devices: Vec<u8>,
    /// When the list was fetched, seconds.
    pub timestamp: i64,
    /// The server's hash of the list.
    pub phash: Option<String>,
    /// Changes when the account is registered anew.
    pub raw_id: Option<u32>,
}

/// A base key, kept while a retry is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseKey {
    /// The Signal address.
    pub address: String,
    /// The message being retried.
    pub message_id: String,
    /// The key.
    pub base_key: Vec<u8>,
}

/// The tables `wa_sender_key_devices`, `wa_lid_pn_mapping`, `wa_base_keys`, `wa_device_registry` and
/// `wa_group_metadata`.
#[async_trait]
pub trait Protocol: Send + Sync {
    /// The devices of a group, as far as known.
    async fn sender_key_devices(
        &self,
        session: &str,
        group: &str,
    ) -> Result<Vec<SenderKeyDevice>, StorageError>;
    /// Inserts or replaces devices of a group.
    async fn put_sender_key_devices(
        &self,
        session: &str,
        group: &str,
        devices: Vec<SenderKeyDevice>,
    ) -> Result<(), StorageError>;
    /// Forgets the devices of a group.
    async fn clear_sender_key_devices(&self, session: &str, group: &str) -> Result<(), StorageError>;
    /// Forgets these devices in every group.
    async fn delete_sender_key_devices(&self, session: &str, devices: &[&str]) -> Result<(), StorageError>;
    /// Forgets every device of every group.
    async fn clear_all_sender_key_devices(&self, session: &str) -> Result<(), StorageError>;

    /// The mapping of a LID.
    async fn lid_mapping(&self, session: &str, lid: &str) -> Result<Option<LidMapping>, StorageError>;
    /// The mapping of a phone number that was confirmed last.
    async fn pn_mapping(&self, session: &str, phone: &str) -> Result<Option<LidMapping>, StorageError>;
    /// Inserts or replaces mappings; a LID has one.
    async fn put_lid_mappings(&self, session: &str, mappings: Vec<LidMapping>) -> Result<(), StorageError>;
    /// All mappings.
    async fn lid_mappings(&self, session: &str) -> Result<Vec<LidMapping>, StorageError>;

    /// Inserts or replaces a base key.
    async fn put_base_key(&self, session: &str, key: BaseKey) -> Result<(), StorageError>;
    /// The base key of an address, as saved for this message.
    async fn base_key(
        &self,
        session: &str,
        address: &str,
        message_id: &str,
    ) -> Result<Option<Vec<u8>>, StorageError>;
    /// Forgets a base key.
    async fn delete_base_key(
        &self,
        session: &str,
        address: &str,
        message_id: &str,
    ) -> Result<(), StorageError>;

    /// Inserts or replaces device lists.
    async fn put_device_lists(&self, session: &str, lists: Vec<DeviceListRow>) -> Result<(), StorageError>;
    /// The device list of a user.
    async fn device_list(&self, session: &str, user: &str) -> Result<Option<DeviceListRow>, StorageError>;
    /// Forgets the device list of a user.
    async fn delete_device_list(&self, session: &str, user: &str) -> Result<(), StorageError>;

    /// What is known about a group, as the library wrote it.
    async fn group_metadata(&self, session: &str, group: &str) -> Result<Option<Vec<u8>>, StorageError>;
    /// Replaces what is known about a group.
    async fn put_group_metadata(
        &self,
        session: &str,
        group: &str,
        metadata: Vec<u8>,
    ) -> Result<(), StorageError>;
    /// Forgets what is known about a group.
    async fn delete_group_metadata(&self, session: &str, group: &str) -> Result<(), StorageError>;
}
