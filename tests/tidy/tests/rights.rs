//! A plugin asks for the rights it uses and no others: manifest, administrator's file and calls, compared.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "the whole file is a test: what is not as expected has to fail it"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::{Table, Value};
use wagate_tidy::calls::Calls;
use wagate_tidy::files::root;

/// Methods of the host that need no right.
const FREE: [&str; 4] = ["log", "now_ms", "unique_id", "timezone"];
/// Calls that need another right besides the one of their interface.
const BESIDES: [(&str, &str); 1] = [("media_fetch_url", "http-client")];
/// Content that is behind a handle.
const FILES: [&str; 8] = [
    "Content::Image",
    "Content::Video",
    "Content::Audio",
    "Content::Voice",
    "Content::Sticker",
    "Content::Document",
    "Post::Image",
    "Post::Video",
];
/// Content as clients write it: it may name a file by its address, which the host downloads then.
const ANY_CONTENT: &str = "Content::Other";

type Rights = BTreeSet<String>;

fn toml_file(path: &Path) -> Table {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn texts(value: Option<&Value>) -> BTreeSet<String> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Method of the host and the right it needs, off the table they are made from.
fn rights_of_methods() -> BTreeMap<String, String> {
    let table = std::fs::read_to_string(root().join("plugin-api/src/calls.rs")).expect("the table of calls");
    let lines = table.lines().filter_map(|line| {
        let (name, rest) = line.trim().split_once(" = ")?;
        let (interface, rest) = rest.split_once("::")?;
        rest.contains('(')
            .then(|| (name.to_owned(), interface.replace('_', "-")))
    });
    let methods: BTreeMap<_, _> = lines.collect();
    assert!(methods.len() > 80, "the table is read: {}", methods.len());
    methods
}

/// What the calls of a plugin need, each right with one reason, and what they may need.
fn needed(plugin: &Calls, sdk: &Calls, manifest: &Table) -> (BTreeMap<String, String>, Rights) {
    let rights = rights_of_methods();
    let mut needed = BTreeMap::new();
    for method in plugin.methods_of_the_host(sdk) {
        if FREE.contains(&method.as_str()) {
            continue;
        }
        let Some(right) = rights.get(&method) else {
            needed.insert(
                format!("of host.{method}()"),
                "what is called host and is none".to_owned(),
            );
            continue;
        };
        needed.insert(right.clone(), format!("host.{method}()"));
        for (_, right) in BESIDES.iter().filter(|(name, _)| *name == method) {
            needed.insert((*right).to_owned(), format!("host.{method}()"));
        }
    }
    let names = plugin.paths();
    if let Some(name) = FILES.iter().find(|name| names.contains(**name)) {
        needed.insert("media".to_owned(), (*name).to_owned());
    }
    for route in manifest["routes"].as_array().into_iter().flatten() {
        if route.get("body").and_then(Value::as_str) == Some("multipart") {
            needed.insert("media".to_owned(), format!("forms at {}", route["path"]));
        }
    }
    let perhaps = if names.contains(ANY_CONTENT) {
        ["media", "http-client"].map(str::to_owned).into()
    } else {
        Rights::new()
    };
    (needed, perhaps)
}

#[test]
fn a_plugin_asks_for_the_rights_it_uses_and_no_others() {
    let sdk = Calls::of_crate(&root().join("plugin-api"));
    let mut wrong = Vec::new();
    let mut plugins = 0;
    for folder in std::fs::read_dir(root().join("plugins")).expect("plugins") {
        let folder = folder.expect("an entry").path();
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let manifest = toml_file(&folder.join("plugin.toml"));
        let declared: Rights = manifest["rights"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|right| right["name"].as_str().map(str::to_owned))
            .collect();
        let plugin = Calls::of_crate(&folder);
        let (needed, perhaps) = needed(&plugin, &sdk, &manifest);
        for (right, reason) in &needed {
            if !declared.contains(right) {
                wrong.push(format!(
                    "{name}: {reason} needs \"{right}\", which is not asked for"
                ));
            }
        }
        for right in &declared {
            if !needed.contains_key(right) && !perhaps.contains(right) {
                wrong.push(format!(
                    "{name}: asks for \"{right}\" and makes no call that needs it"
                ));
            }
        }
        plugins += 1;
        if name == "example" {
            continue;
        }
        let grants = toml_file(&root().join(format!("config/plugins/{name}.toml")))["grants"]
            .as_table()
            .expect("[grants]")
            .clone();
        if texts(grants.get("capabilities")) != declared {
            wrong.push(format!(
                "{name}: its grants are not what it asks for, {declared:?}"
            ));
        }
        let reads_others = plugin.methods_of_the_host(&sdk).contains("document_of");
        if reads_others == texts(grants.get("documents")).is_empty() {
            wrong.push(format!("{name}: grants documents, or reads them, and not both"));
        }
        if !texts(grants.get("hosts")).is_empty() && !declared.contains("http-client") {
            wrong.push(format!("{name}: grants hosts and asks for none"));
        }
    }
    assert_eq!(plugins, 16, "every plugin is read");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
