//! What is wrong with the administrator's files as they are written. Nothing is compiled for it.

use std::path::Path;

use crate::error::FileError;
use crate::files::{Bundled, Files, PluginFiles};
use crate::schema;
use crate::status::Source;

/// Mistakes that show at once: a file that is no TOML or says what no file may say, a component that is not there or not
/// the wanted one, settings that the schema of a bundled plugin refuses.
pub async fn typing_mistakes(config_dir: &Path, bundled: &[Bundled]) -> Vec<FileError> {
    match Files::new(config_dir, bundled).scan(true).await {
        Ok(found) => found.iter().filter_map(mistake).collect(),
        Err(error) => {
            let dir = config_dir.join("plugins").display().to_string();
            vec![FileError::new(&dir, format!("cannot be listed: {error}"))]
        }
    }
}

fn mistake(plugin: &PluginFiles) -> Option<FileError> {
    if plugin.is_stray {
        return None;
    }
    let operator = match &plugin.operator {
        Ok(operator) => operator,
        Err(error) => return Some(error.clone()),
    };
    match plugin.wasm.as_ref()? {
        Err(error) => Some(error.clone()),
        // What a component declares is known only once it is compiled; of the ones in the box it is known.
        Ok(wasm) if wasm.source == Source::Bundled => {
            let schema = schema::compile(&plugin.declared()?.settings_schema?).ok()?;
            schema::check(&schema, &operator.settings_json(), &plugin.file, &operator.text).err()
        }
        Ok(_) => None,
    }
}
