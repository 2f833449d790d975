//! The rules of `host/ARCHITECTURE.md`, read off the manifests and the sources.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the whole file is a test: what is not as expected has to fail it"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use toml::Table;
use wagate_tidy::files::{root, sources};

/// The longest a source file may be, outside tests and generated code.
const MAX_LINES: usize = 500;

/// Each crate of the workspace and which of ours it may depend on. `protocol <- storage <- engine <- plugin-host <-
/// gateway`, with `codec` and `media` to the left of the engine; the sandbox depends on none of them, plugins on the
/// plugin API alone.
const MAY_USE: &[(&str, &[&str])] = &[
    ("plugin-api/protocol", &[]),
    ("plugin-api", &["wagate-protocol"]),
    ("plugin-api/build-support", &[]),
    ("host/storage", &["wagate-protocol"]),
    ("host/codec", &[]),
    ("host/media", &[]),
    (
        "host/engine",
        &[
            "wagate-protocol",
            "wagate-storage",
            "wagate-codec",
            "wagate-media",
        ],
    ),
    (
        "host/plugin-host",
        &[
            "wagate-protocol",
            "wagate-storage",
            "wagate-media",
            "wagate-engine",
        ],
    ),
    (
        "host/gateway",
        &[
            "wagate-protocol",
            "wagate-storage",
            "wagate-media",
            "wagate-engine",
            "wagate-plugin-host",
            "wagate-sandbox",
        ],
    ),
    ("host/sandbox", &[]),
    ("plugins/*", &["wagate-plugin-api", "wagate-protocol"]),
    ("tests/guests/*", &["wagate-plugin-api", "wagate-protocol"]),
];

/// Heavy or dangerous libraries, and the only crates that may name them: their types stay behind one border.
const HOMES: &[(&str, &[&str])] = &[
    ("whatsapp-rust", &["host/engine"]),
    ("wacore", &["host/engine", "host/sandbox"]),
    ("wacore-binary", &["host/engine", "host/sandbox"]),
    ("waproto", &["host/engine", "host/sandbox"]),
    ("prost-reflect", &["host/codec"]),
    ("wacore-noise", &["host/sandbox"]),
    ("wacore-libsignal", &["host/sandbox"]),
    ("wasmtime", &["host/plugin-host"]),
    ("wasmtime-wasi", &["host/plugin-host"]),
    ("libloading", &["host/plugin-host"]),
    ("notify", &["host/plugin-host"]),
    ("rusqlite", &["host/storage"]),
    ("sqlx", &["host/storage"]),
    ("image", &["host/media"]),
    ("libwebp-sys", &["host/media"]),
    ("axum", &["host/gateway", "host/sandbox"]),
    ("argon2", &["host/gateway"]),
];

fn manifest(folder: &Path) -> Table {
    let file = folder.join("Cargo.toml");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.parse()
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// All member folders, globs expanded.
fn members() -> Vec<PathBuf> {
    let root = root();
    let workspace = manifest(&root);
    let mut folders = Vec::new();
    for member in workspace["workspace"]["members"].as_array().expect("members") {
        let member = member.as_str().expect("a path");
        match member.strip_suffix("/*") {
            None => folders.push(root.join(member)),
            Some(parent) => {
                let entries = std::fs::read_dir(root.join(parent)).expect("the folder of a glob");
                folders.extend(entries.map(|entry| entry.expect("an entry").path()));
            }
        }
    }
    folders
}

fn relative(folder: &Path) -> String {
    folder
        .strip_prefix(root())
        .expect("below the root")
        .to_string_lossy()
        .into_owned()
}

/// The names in `[dependencies]`, also the target-specific ones; not what only tests or build scripts use.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut take = |table: Option<&toml::Value>| {
        names.extend(
            table
                .and_then(toml::Value::as_table)
                .into_iter()
                .flat_map(|table| table.keys().cloned()),
        );
    };
    take(manifest.get("dependencies"));
    for target in manifest
        .get("target")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flatten()
    {
        take(target.1.get("dependencies"));
    }
    names
}

#[test]
fn crates_depend_only_on_what_stands_to_their_left() {
    for folder in members() {
        let name = relative(&folder);
        let parent = format!("{}/*", name.rsplit_once('/').map_or("", |(parent, _)| parent));
        let Some((_, allowed)) = MAY_USE.iter().find(|(who, _)| *who == name || *who == parent) else {
            assert!(name.starts_with("tests/"), "{name} is not in the dependency rule");
            continue;
        };
        for dependency in dependencies(&manifest(&folder)) {
            if dependency.starts_with("wagate") {
                assert!(
                    allowed.contains(&dependency.as_str()),
                    "{name} must not depend on {dependency}"
                );
            }
        }
    }
}

#[test]
fn heavy_libraries_have_one_home() {
    for folder in members() {
        let name = relative(&folder);
        if name.starts_with("tests/") && !name.starts_with("tests/guests/") {
            continue;
        }
        let used = dependencies(&manifest(&folder));
        for (library, homes) in HOMES {
            if used.contains(*library) {
                assert!(
                    homes.contains(&name.as_str()),
                    "{name} must not name {library}: it lives in {homes:?}"
                );
            }
        }
    }
}

#[test]
fn every_member_takes_the_workspace_lints() {
    for folder in members() {
        let lints = manifest(&folder)
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .cloned();
        assert_eq!(lints, Some(toml::Value::Boolean(true)), "{}", relative(&folder));
    }
}

#[test]
fn no_source_file_is_too_long_and_none_is_called_mod() {
    for folder in members() {
        for file in sources(&folder.join("src")) {
            let name = relative(&file);
            assert!(!name.ends_with("/mod.rs"), "{name}: write name.rs beside name/");
            let is_test = name.contains("/tests/") || name.contains("/conformance");
            let lines = std::fs::read_to_string(&file)
                .expect("a source file")
                .lines()
                .count();
            assert!(
                is_test || lines <= MAX_LINES,
                "{name} has {lines} lines, more than {MAX_LINES}"
            );
        }
    }
}

#[test]
fn every_plugin_folder_is_complete() {
    for folder in std::fs::read_dir(root().join("plugins")).expect("plugins") {
        let folder = folder.expect("an entry").path();
        for file in ["Cargo.toml", "plugin.toml", "README.md", "src/lib.rs"] {
            assert!(folder.join(file).is_file(), "{} lacks {file}", relative(&folder));
        }
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        // The folder to copy is not in the box: its administrator's file stands beside it.
        let operator_file = if name == "example" {
            folder.join("example.toml")
        } else {
            root().join(format!("config/plugins/{name}.toml"))
        };
        assert!(
            operator_file.is_file(),
            "{} is not there",
            relative(&operator_file)
        );
    }
}

#[test]
fn nothing_names_a_path_of_one_machine() {
    // Written in parts, so that this file does not find itself.
    let marks = [
        ["/wo", "rk/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/ho", "me/"].concat(),
    ];
    let folders = [
        "host",
        "plugin-api",
        "plugins",
        "config",
        "tests",
        ".ci",
        ".cargo",
    ];
    let mut files: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| sources(&root().join(folder)))
        .collect();
    files.push(root().join("README.md"));
    for file in files {
        // What is not text holds no path worth reading.
        let Ok(text) = std::fs::read_to_string(&file) else {
            continue;
        };
        for mark in &marks {
            assert!(!text.contains(mark.as_str()), "{} names {mark}", file.display());
        }
    }
}

/// A block of commands in a document is run by `tests/e2e` (`documents.rs`), or its fence says that it is not. Another word
/// for a shell would hide it from both. Of a plugin's README one block is run, by `tests/contract` (`readmes.rs`).
#[test]
fn commands_in_documents_are_run_or_marked() {
    /// Documents whose every unmarked block is run there.
    const RUN: [&str; 6] = [
        "README.md",
        "host/docs/api.md",
        "host/docs/operations.md",
        "host/docs/sandbox.md",
        "host/docs/webhooks.md",
        "host/sandbox/README.md",
    ];
    const OTHERS: [&str; 3] = ["README.md", "plugin-api/README.md", "host/packaging/README.md"];
    const LANGUAGES: [&str; 13] = [
        "text",
        "json",
        "toml",
        "http",
        "js",
        "python",
        "php",
        "go",
        "rust",
        "rust,no_run",
        "nginx",
        "caddyfile",
        "sh not-run",
    ];
    let docs = std::fs::read_dir(root().join("host/docs")).expect("the documents");
    let mut documents: Vec<String> = docs
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.ends_with(".md"))
        .map(|name| format!("host/docs/{name}"))
        .collect();
    documents.extend(OTHERS.map(str::to_owned));
    documents.push("host/sandbox/README.md".to_owned());
    let plugins = std::fs::read_dir(root().join("plugins")).expect("the plugins");
    let readmes: Vec<String> = plugins
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .map(|plugin| format!("plugins/{plugin}/README.md"))
        .collect();
    documents.extend(readmes.iter().cloned());
    for document in documents {
        let text = std::fs::read_to_string(root().join(&document)).expect("a document");
        let mut is_open = false;
        // As many as are run.
        let mut left = if RUN.contains(&document.as_str()) {
            usize::MAX
        } else {
            usize::from(readmes.contains(&document))
        };
        for (n, line) in text.lines().enumerate() {
            let Some(language) = line.trim_start().strip_prefix("```") else {
                continue;
            };
            let is_run = !is_open && left > 0 && line == "```sh";
            left -= usize::from(is_run);
            assert!(
                is_open || is_run || LANGUAGES.contains(&language),
                "{document}:{}: ```{language}: a block of commands is ```sh, and run by tests/e2e or tests/contract, or ```sh not-run",
                n + 1
            );
            is_open = !is_open;
        }
    }
}

/// The plugin API is written down once more, as hashes: a change of the WIT is a decision. What is published only grows by
/// functions and interfaces (`wit/v1/types.wit`), and `tests/goldens` has to go on; then `sha256sum *.wit` again.
#[test]
fn the_wit_is_the_one_that_was_written_down() {
    let folder = root().join("plugin-api/wit/v1");
    let mut found: Vec<String> = std::fs::read_dir(&folder)
        .expect("the WIT")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let hash = Sha256::digest(std::fs::read(&path).expect("a file"));
            format!(
                "{}  {}",
                hex::encode(hash),
                path.file_name().expect("a name").to_string_lossy()
            )
        })
        .collect();
    found.sort_by(|a, b| a[64..].cmp(&b[64..]));
    let written = std::fs::read_to_string(root().join("plugin-api/wit/v1.sha256")).expect("the hashes");
    let written: Vec<&str> = written.lines().collect();
    assert_eq!(
        found, written,
        "plugin-api/wit/v1 on the left, v1.sha256 on the right"
    );
}
