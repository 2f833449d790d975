//! `wagate plugin new`: a folder with a small whole plugin that builds outside this repository. The SDK is in the binary,
//! put there by the build script, and goes into the folder's `vendor/`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use anyhow::{Context as _, bail};
use clap::Args;
use wagate_protocol::manifest::{API_VERSION, is_plugin_id};

use crate::out;

// `static SDK: &[(&str, &str)]`, path below `vendor/` and content.
include!(concat!(env!("OUT_DIR"), "/sdk.rs"));

/// Path and content; `{{...}}` stands for what depends on the name.
const TEMPLATE: [(&str, &str); 8] = [
    ("Cargo.toml", include_str!("../../templates/plugin/Cargo.toml.in")),
    ("plugin.toml", include_str!("../../templates/plugin/plugin.toml")),
    ("src/lib.rs", include_str!("../../templates/plugin/src/lib.rs")),
    ("{{name}}.toml", include_str!("../../templates/plugin/admin.toml")),
    ("README.md", include_str!("../../templates/plugin/README.md")),
    (".gitignore", include_str!("../../templates/plugin/gitignore")),
    (
        ".cargo/config.toml",
        include_str!("../../templates/plugin/cargo-config.toml"),
    ),
    (
        "vendor/README.md",
        include_str!("../../templates/plugin/vendor.md"),
    ),
];

/// Options of `plugin new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The plugin's name: a small letter, then small letters, digits and dashes, at most 40.
    #[arg(value_name = "NAME")]
    name: String,
    /// The folder to write, new or empty. Without it: one with the plugin's name.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Writes the folder and says how to go on.
pub(crate) fn run(args: NewArgs) -> anyhow::Result<ExitCode> {
    let NewArgs { name, dir } = args;
    let dir = dir.unwrap_or_else(|| PathBuf::from(&name));
    make(&name, &dir)?;
    out::line(&format!("{}: a plugin that answers \"{name}\"", dir.display()))?;
    out::line("In that folder:")?;
    out::line("  cargo test      its logic, without a gateway")?;
    out::line(&format!(
        "  cargo plugin    the component, target/wasm32-wasip2/release/{}.wasm",
        component(&name)
    ))?;
    out::line(&format!(
        "Copy the component, as {name}.wasm, and {name}.toml to the config/plugins/ of a gateway. README.md has the lines."
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn make(name: &str, dir: &Path) -> anyhow::Result<()> {
    if !is_plugin_id(name) {
        bail!(
            "\"{name}\" cannot be a plugin's name: it must match [a-z][a-z0-9-]* and have at most 40 characters"
        );
    }
    write(dir, &files(name))
}

/// Every file of the folder: path, with `/`, and content.
fn files(name: &str) -> Vec<(String, String)> {
    let fill = |text: &str| {
        text.replace("{{name}}", name)
            .replace("{{crate}}", &component(name))
            .replace("{{Type}}", &type_name(name))
            .replace("{{api}}", API_VERSION)
            .replace("{{version}}", env!("CARGO_PKG_VERSION"))
    };
    let own = TEMPLATE.iter().map(|(path, text)| (fill(path), fill(text)));
    let sdk = SDK
        .iter()
        .map(|(path, text)| (format!("vendor/{path}"), (*text).to_owned()));
    own.chain(sdk).collect()
}

/// What cargo calls the component of `plugin-<name>`.
fn component(name: &str) -> String {
    format!("plugin_{}", name.replace('-', "_"))
}

/// `my-shop` becomes `MyShopPlugin`, which no name of the SDK can meet.
fn type_name(name: &str) -> String {
    let mut text: String = name
        .split('-')
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().chain(letters)
        })
        .collect();
    text.push_str("Plugin");
    text
}

/// Into a folder that is new or empty: nobody's work is written over.
fn write(dir: &Path, files: &[(String, String)]) -> anyhow::Result<()> {
    let taken = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error).with_context(|| format!("cannot look into {}", dir.display())),
    };
    if taken {
        bail!("{} exists and is not empty", dir.display());
    }
    for (path, content) in files {
        let file = dir.join(path);
        let parent = file.parent().unwrap_or(dir);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&file, content))
            .with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use wagate_protocol::manifest::Manifest;

    use super::*;

    fn file<'a>(files: &'a [(String, String)], path: &str) -> &'a str {
        let found = files.iter().find(|(known, _)| known == path);
        &found.unwrap_or_else(|| panic!("there is no {path}")).1
    }

    #[test]
    fn the_folder_is_whole_and_filled_in() {
        let files = files("my-shop2");
        for (path, content) in files.iter().filter(|(path, _)| {
            // The SDK is as it is.
            !path.starts_with("vendor/wagate-")
        }) {
            assert!(
                !path.contains("{{") && !content.contains("{{"),
                "{path}: {content}"
            );
        }
        let manifest = Manifest::parse(file(&files, "plugin.toml")).unwrap();
        assert_eq!(manifest.id, "my-shop2");
        assert!(file(&files, "src/lib.rs").contains("pub struct MyShop2Plugin"));
        assert!(file(&files, "README.md").contains("plugin_my_shop2.wasm"));
        toml::from_str::<toml::Table>(file(&files, "my-shop2.toml")).unwrap();
        for path in [
            "wagate-plugin-api/src/lib.rs",
            "wagate-plugin-api/wit/v1/world.wit",
        ] {
            assert!(!file(&files, &format!("vendor/{path}")).is_empty());
        }
    }

    #[test]
    fn nothing_of_the_folder_needs_this_repository() {
        for (path, content) in files("hello") {
            if !path.ends_with("Cargo.toml") {
                continue;
            }
            let manifest: toml::Table = content.parse().unwrap();
            let text = manifest.to_string();
            assert!(!text.contains("workspace = true"), "{path}: {text}");
            assert!(!text.contains("\"../../"), "{path}: {text}");
        }
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("hello");
        make("hello", &target).unwrap();
        assert!(target.join("vendor/wagate-protocol/Cargo.toml").is_file());
        fs::write(target.join("src/lib.rs"), "mine").unwrap();
        let refused = make("hello", &target).unwrap_err().to_string();
        assert!(refused.ends_with("exists and is not empty"), "{refused}");
        assert_eq!(fs::read_to_string(target.join("src/lib.rs")).unwrap(), "mine");
    }

    #[test]
    fn a_name_that_cannot_be_is_refused_with_the_rule() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["", "Hello", "2fast", "../x", "a_b", &"a".repeat(41)] {
            let target = dir.path().join("folder");
            let refused = make(name, &target).unwrap_err().to_string();
            assert!(refused.contains("[a-z][a-z0-9-]*"), "{refused}");
            assert!(!target.exists());
        }
    }
}
