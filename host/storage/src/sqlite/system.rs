//! `system_settings` and `host_state` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, Executor, SqliteRow};
use crate::system::{System, SystemChange, SystemSettings};

fn settings_from(row: &SqliteRow) -> Result<SystemSettings, StorageError> {
    Ok(SystemSettings {
        app_name: row.try_get("app_name")?,
        logo_url: row.try_get("logo_url")?,
        favicon_url: row.try_get("favicon_url")?,
        timezone: row.try_get("timezone")?,
        enable_registration: row.try_get("enable_registration")?,
        updated_at: row.try_get("updated_at")?,
    })
}

async fn read(from: impl Executor) -> Result<SystemSettings, StorageError> {
    let row = db::query("SELECT * FROM system_settings")
        .fetch_optional(from)
        .await?;
    row.as_ref()
        .map_or_else(|| Ok(SystemSettings::default()), settings_from)
}

#[async_trait]
impl System for SqliteStorage {
    async fn system_settings(&self) -> Result<SystemSettings, StorageError> {
        read(self.readers()).await
    }

    async fn save_system_settings(
        &self,
        change: SystemChange,
        now: i64,
    ) -> Result<SystemSettings, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let before = read(&mut *c).await?;
                let after = SystemSettings {
                    app_name: change.app_name.unwrap_or(before.app_name),
                    logo_url: change.logo_url.unwrap_or(before.logo_url),
                    favicon_url: change.favicon_url.unwrap_or(before.favicon_url),
                    timezone: change.timezone.unwrap_or(before.timezone),
                    enable_registration: change.enable_registration.or(before.enable_registration),
                    updated_at: Some(now),
                };
                db::query(
                    "INSERT OR REPLACE INTO system_settings (id, app_name, logo_url, favicon_url, timezone, \
                     enable_registration, updated_at) VALUES ('default', ?, ?, ?, ?, ?, ?)",
                )
                .bind(&after.app_name)
                .bind(&after.logo_url)
                .bind(&after.favicon_url)
                .bind(&after.timezone)
                .bind(after.enable_registration)
                .bind(after.updated_at)
                .execute(c)
                .await?;
                Ok(after)
            })
        })
        .await
    }

    async fn host_state(&self, key: &str) -> Result<Option<String>, StorageError> {
        Ok(db::query_scalar("SELECT value FROM host_state WHERE key = ?")
            .bind(key)
            .fetch_optional(self.near())
            .await?)
    }

    async fn set_host_state(&self, key: &str, value: &str) -> Result<(), StorageError> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                db::query("INSERT OR REPLACE INTO host_state (key, value) VALUES (?, ?)")
                    .bind(key)
                    .bind(value)
                    .execute(c)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}
