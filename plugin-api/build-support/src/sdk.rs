//! The SDK as files that build outside this workspace.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// Folder in this workspace, and the crate in it.
const CRATES: [(&str, &str); 2] = [
    ("plugin-api", "wagate-plugin-api"),
    ("plugin-api/protocol", "wagate-protocol"),
];
/// What of such a folder is the crate.
const PARTS: [&str; 2] = ["src", "wit"];

/// A file of the SDK.
#[derive(Debug, Clone)]
pub struct SdkFile {
    /// Where it belongs, with `/`: `wagate-plugin-api/src/lib.rs`.
    pub path: String,
    /// What is in it.
    pub content: String,
}

/// What [`collect`] reads.
pub(crate) fn sources(root: &Path) -> Vec<PathBuf> {
    let mut sources = vec![root.join("Cargo.toml")];
    for (folder, _) in CRATES {
        let folder = root.join(folder);
        sources.extend(
            PARTS
                .map(|part| folder.join(part))
                .into_iter()
                .filter(|part| part.is_dir()),
        );
        sources.push(folder.join("Cargo.toml"));
    }
    sources
}

/// All files of the SDK's crates, with manifests that no longer need the workspace at `root`.
pub(crate) fn collect(root: &Path) -> Result<Vec<SdkFile>, String> {
    let workspace = table(&read(&root.join("Cargo.toml"))?)?;
    let mut files = Vec::new();
    for (folder, name) in CRATES {
        let folder = root.join(folder);
        let manifest = table(&read(&folder.join("Cargo.toml"))?)?;
        let manifest =
            standalone(manifest, &workspace).map_err(|error| format!("{}: {error}", folder.display()))?;
        files.push(SdkFile {
            path: format!("{name}/Cargo.toml"),
            content: manifest.to_string(),
        });
        for part in PARTS {
            add(&folder.join(part), &format!("{name}/{part}"), &mut files)?;
        }
    }
    Ok(files)
}

/// The files below a folder, in the order of their names.
fn add(folder: &Path, path: &str, files: &mut Vec<SdkFile>) -> Result<(), String> {
    if !folder.is_dir() {
        return Ok(());
    }
    let problem = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(problem)? {
        let name = entry.map_err(problem)?.file_name();
        names.push(
            name.into_string()
                .map_err(|name| format!("{} is not UTF-8", name.display()))?,
        );
    }
    names.sort();
    for name in names {
        let file = folder.join(&name);
        let path = format!("{path}/{name}");
        if file.is_dir() {
            add(&file, &path, files)?;
        } else {
            let content = read(&file)?;
            files.push(SdkFile { path, content });
        }
    }
    Ok(())
}

/// The manifest with everything it takes from the workspace written out. Lints and what only tests need stay here.
fn standalone(mut manifest: Table, workspace: &Table) -> Result<Table, String> {
    manifest.remove("lints");
    remove_dev(&mut manifest);
    let shared = |section: &str, key: &str| -> Result<Value, String> {
        let section_table = workspace.get("workspace").and_then(|table| table.get(section));
        let found = section_table.and_then(|table| table.get(key));
        found
            .cloned()
            .ok_or_else(|| format!("the workspace has no {section}.{key}"))
    };
    if let Some(package) = manifest.get_mut("package").and_then(Value::as_table_mut) {
        for (key, value) in package.iter_mut() {
            if inherits(value) {
                *value = shared("package", key)?;
            }
        }
    }
    let resolve = |dependencies: &mut Table| -> Result<(), String> {
        for (name, value) in dependencies.iter_mut() {
            if inherits(value) {
                *value = merged(shared("dependencies", name)?, value);
            }
            if value.get("path").is_some() {
                *value = beside(name, value)?;
            }
        }
        Ok(())
    };
    dependency_tables(&mut manifest).try_for_each(resolve)?;
    if let Some(targets) = manifest.get_mut("target").and_then(Value::as_table_mut) {
        for target in targets.iter_mut().filter_map(|(_, target)| target.as_table_mut()) {
            remove_dev(target);
            dependency_tables(target).try_for_each(resolve)?;
        }
    }
    Ok(manifest)
}

fn inherits(value: &Value) -> bool {
    value.get("workspace").and_then(Value::as_bool) == Some(true)
}

fn remove_dev(table: &mut Table) {
    table.remove("dev-dependencies");
}

fn dependency_tables(table: &mut Table) -> impl Iterator<Item = &mut Table> {
    table
        .iter_mut()
        .filter(|(key, _)| matches!(key.as_str(), "dependencies" | "build-dependencies"))
        .filter_map(|(_, value)| value.as_table_mut())
}

/// The workspace's line with what the crate adds to it, as cargo does: features are joined.
fn merged(shared: Value, own: &Value) -> Value {
    let mut line = match shared {
        Value::Table(table) => table,
        version => Table::from_iter([("version".to_owned(), version)]),
    };
    for (key, value) in own.as_table().into_iter().flatten() {
        match (key.as_str(), line.get_mut(key), value) {
            ("workspace", ..) => {}
            ("features", Some(Value::Array(features)), Value::Array(more)) => {
                features.extend(more.iter().cloned());
            }
            _ => {
                line.insert(key.clone(), value.clone());
            }
        }
    }
    Value::Table(line)
}

/// A crate of ours, in the folder beside this one.
fn beside(name: &str, line: &Value) -> Result<Value, String> {
    if !CRATES.iter().any(|(_, known)| *known == name) {
        return Err(format!("{name} is not a part of the SDK"));
    }
    let mut line = line.as_table().cloned().unwrap_or_default();
    line.insert("path".to_owned(), Value::String(format!("../{name}")));
    Ok(Value::Table(line))
}

fn read(file: &Path) -> Result<String, String> {
    fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn table(text: &str) -> Result<Table, String> {
    text.parse().map_err(|error: toml::de::Error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = r#"
[workspace.package]
edition = "2024"

[workspace.dependencies]
wagate-protocol = { path = "plugin-api/protocol" }
wagate-storage = { path = "host/storage" }
serde = { version = "1", features = ["derive"] }
toml = "1"
"#;

    fn rewritten(manifest: &str) -> Result<Table, String> {
        standalone(table(manifest).unwrap(), &table(WORKSPACE).unwrap())
    }

    #[test]
    fn what_is_inherited_is_written_out() {
        let found = rewritten(
            r#"
[package]
name = "sdk"
edition.workspace = true

[lints]
workspace = true

[dependencies]
wagate-protocol.workspace = true
serde = { workspace = true, features = ["rc"], optional = true }
other = "2"

[dev-dependencies]
toml.workspace = true

[target.'cfg(unix)'.dependencies]
toml.workspace = true
"#,
        )
        .unwrap();
        let wanted = r#"
[package]
name = "sdk"
edition = "2024"

[dependencies]
wagate-protocol = { path = "../wagate-protocol" }
serde = { version = "1", features = ["derive", "rc"], optional = true }
other = "2"

[target.'cfg(unix)'.dependencies]
toml = { version = "1" }
"#;
        assert_eq!(found, table(wanted).unwrap());
    }

    #[test]
    fn what_cannot_stand_alone_is_refused() {
        let refusal =
            |name: &str| rewritten(&format!("[dependencies]\n{name}.workspace = true")).unwrap_err();
        assert_eq!(
            refusal("wagate-storage"),
            "wagate-storage is not a part of the SDK"
        );
        assert_eq!(refusal("absent"), "the workspace has no dependencies.absent");
    }

    #[test]
    fn the_sdk_of_this_repository_stands_alone() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let files = collect(&root).unwrap();
        for path in [
            "wagate-plugin-api/Cargo.toml",
            "wagate-plugin-api/src/lib.rs",
            "wagate-plugin-api/wit/v1/world.wit",
            "wagate-protocol/src/manifest.rs",
        ] {
            assert!(files.iter().any(|file| file.path == path), "{path}");
        }
    }
}
