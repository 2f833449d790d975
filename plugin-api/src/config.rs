//! What `init` gets, read.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use wagate_protocol::error::HostError;

#[derive(Deserialize)]
struct InitConfig {
    #[serde(default)]
    settings: serde_json::Map<String, serde_json::Value>,
}

/// The settings in it. What does not fit is named by its path.
pub(crate) fn settings_of<S: DeserializeOwned>(config: &str) -> Result<S, HostError> {
    let config: InitConfig = serde_json::from_str(config)
        .map_err(|error| HostError::Invalid(format!("init: not a configuration: {error}")))?;
    serde_path_to_error::deserialize(serde_json::Value::Object(config.settings)).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." {
            "[settings]".to_owned()
        } else {
            format!("[settings] {path}")
        };
        HostError::Invalid(format!("{place}: {}", error.inner()))
    })
}
