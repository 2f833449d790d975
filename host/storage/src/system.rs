//! What administrators set over REST: name and looks, timezone, registration. And what the host remembers of itself.

use async_trait::async_trait;

use crate::StorageError;

/// The timezone until one is set.
pub const DEFAULT_TIMEZONE: &str = "UTC";

/// The settings, as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemSettings {
    /// Shown in titles.
    pub app_name: String,
    /// A picture.
    pub logo_url: Option<String>,
    /// A small one.
    pub favicon_url: Option<String>,
    /// IANA name.
    pub timezone: String,
    /// Whether anybody may register; none: as the settings file says.
    pub enable_registration: Option<bool>,
    /// Last saved; none before the first time.
    pub updated_at: Option<i64>,
}

impl Default for SystemSettings {
    fn default() -> Self {
        Self {
            app_name: "wagate".to_owned(),
            logo_url: None,
            favicon_url: None,
            timezone: DEFAULT_TIMEZONE.to_owned(),
            enable_registration: None,
            updated_at: None,
        }
    }
}

/// What is changed; the outer none leaves a field as it is, the inner one empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemChange {
    /// Another name.
    pub app_name: Option<String>,
    /// Another picture.
    pub logo_url: Option<Option<String>>,
    /// Another small one.
    pub favicon_url: Option<Option<String>>,
    /// Another timezone.
    pub timezone: Option<String>,
    /// Open or close registration.
    pub enable_registration: Option<bool>,
}

/// The `system_settings` and `host_state` tables.
#[async_trait]
pub trait System: Send + Sync {
    /// The settings; defaults before the first save.
    async fn system_settings(&self) -> Result<SystemSettings, StorageError>;
    /// Saves changes; the settings as they are then.
    async fn save_system_settings(
        &self,
        change: SystemChange,
        now: i64,
    ) -> Result<SystemSettings, StorageError>;
    /// What the host remembered under this key.
    async fn host_state(&self, key: &str) -> Result<Option<String>, StorageError>;
    /// Remembers.
    async fn set_host_state(&self, key: &str, value: &str) -> Result<(), StorageError>;
}
