//! Settings of plugins, as an administrator sees and changes them.

use std::path::PathBuf;

use super::PluginHost;
use crate::error::FileError;
use crate::settings_file;
use crate::status::PluginStatus;
use crate::switch::{self, SwitchError};

/// What an administrator decides about a plugin, and may decide.
#[derive(Debug, Clone)]
pub struct PluginDetails {
    /// JSON Schema of its settings, where it has one.
    pub settings_schema: Option<serde_json::Value>,
    /// Its settings now.
    pub settings: serde_json::Value,
    /// The file they stand in, below the settings directory.
    pub file: String,
}

/// What became of new settings.
#[derive(Debug, Clone)]
pub struct Written {
    /// The whole text of the file.
    pub toml: String,
    /// The plugin afterwards; none after a trial run.
    pub status: Option<PluginStatus>,
}

impl PluginHost {
    /// One plugin's settings, as its file has them now, and what they may be. None: no such plugin.
    pub async fn details(&self, name: &str) -> Option<PluginDetails> {
        let schema = {
            let table = self.inner.fleet.table();
            let entry = table.entries.get(name)?;
            let version = entry.version.as_ref();
            version.and_then(|version| version.parts.manifest.settings_schema.clone())
        };
        let (path, file) = self.file_of(name);
        let text = tokio::task::spawn_blocking(move || switch::read(&path)).await;
        let on_disk = text.ok().and_then(Result::ok).flatten();
        let text = on_disk
            .as_deref()
            .or_else(|| self.default_toml(name))
            .unwrap_or_default();
        let settings = settings_file::settings_of(&file, text).ok();
        Some(PluginDetails {
            settings_schema: schema,
            settings: settings.unwrap_or_default(),
            file,
        })
    }

    /// Replaces `[settings]` in the plugin's file and applies it, once the plugin has said that it takes them. A trial run
    /// (`dry_run`) only says so. To the end, even if the caller is gone.
    pub async fn put_settings(
        &self,
        name: &str,
        settings: serde_json::Map<String, serde_json::Value>,
        dry_run: bool,
    ) -> Result<Written, SwitchError> {
        let (host, name) = (self.clone(), name.to_owned());
        let work = tokio::spawn(async move { host.write_settings(&name, settings, dry_run).await });
        work.await.unwrap_or_else(|error| {
            Err(SwitchError::Failed(FileError {
                message: error.to_string(),
                file: None,
                line: None,
                column: None,
            }))
        })
    }

    async fn write_settings(
        &self,
        name: &str,
        settings: serde_json::Map<String, serde_json::Value>,
        dry_run: bool,
    ) -> Result<Written, SwitchError> {
        if self.status(name).is_none() {
            return Err(SwitchError::Unknown);
        }
        let inner = &self.inner;
        let _turn = inner.switching.lock().await;
        let (path, file) = self.file_of(name);
        let default_toml = self.default_toml(name);
        let reading = path.clone();
        let on_disk = tokio::task::spawn_blocking(move || switch::read(&reading))
            .await
            .map_err(|error| SwitchError::Failed(FileError::new(&file, error.to_string())))??;
        let text = on_disk.as_deref().or(default_toml).ok_or(SwitchError::Unknown)?;
        let toml = settings_file::with_settings(&file, text, &settings).map_err(SwitchError::Invalid)?;
        inner
            .fleet
            .try_text(name, &toml)
            .await
            .map_err(SwitchError::Invalid)?;
        if dry_run {
            return Ok(Written { toml, status: None });
        }
        let wanted = toml.clone();
        let change = move |_: &str, _: &str| Ok(wanted);
        switch::rewrite(path, default_toml, change, "change [settings]".to_owned()).await?;
        self.reload().await;
        let status = self.status(name).ok_or(SwitchError::Unknown)?;
        Ok(Written {
            toml,
            status: Some(status),
        })
    }

    /// Where the administrator's file of a plugin is, and how it is named to people.
    pub(super) fn file_of(&self, name: &str) -> (PathBuf, String) {
        let path = self.inner.config_dir.join("plugins").join(format!("{name}.toml"));
        (path, format!("plugins/{name}.toml"))
    }

    pub(super) fn default_toml(&self, name: &str) -> Option<&'static str> {
        let bundled = self.inner.bundled.iter().find(|plugin| plugin.name == name);
        bundled.map(|plugin| plugin.default_toml)
    }
}
