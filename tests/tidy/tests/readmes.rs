//! What a plugin's README says about routes, events, rights and settings is what its manifest says.

#![expect(
    clippy::panic,
    reason = "the whole file is a test: what is not as expected has to fail it"
)]

use std::collections::BTreeSet;
use std::path::Path;

use toml::{Table, Value};
use wagate_tidy::files::{read, root, sources};

/// The folder to copy asks for everything, which needs no table.
const ASKS_FOR_ALL: &str = "example";

type Names = BTreeSet<String>;

/// What stands between backticks.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The names in the first column of the table that begins with this word.
fn table(readme: &str, title: &str) -> Option<Names> {
    let start = format!("| {title} |");
    let mut lines = readme.lines().skip_while(|line| !line.starts_with(&start));
    lines.next()?;
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.trim_start_matches("| ").split(" | ").next());
    Some(
        cells
            .flat_map(spans)
            .map(|name| name.split('?').next().unwrap_or(name).to_owned())
            .collect(),
    )
}

fn entries<'a>(manifest: &'a Table, list: &str) -> impl Iterator<Item = &'a Value> {
    manifest.get(list).and_then(Value::as_array).into_iter().flatten()
}

/// Events of the plugin's own, by the names that stand in its sources.
fn emitted(folder: &Path, plugin: &str) -> Names {
    let start = format!("\"{plugin}.");
    let mut found = Names::new();
    let paths = sources(&folder.join("src"));
    assert!(!paths.is_empty(), "{plugin} has sources");
    for path in paths {
        let text = read(&path);
        let words = text
            .split(&start)
            .skip(1)
            .filter_map(|rest| rest.split('"').next());
        let is_word = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase());
        found.extend(words.filter(is_word).map(|word| format!("{plugin}.{word}")));
    }
    found
}

/// Keys under `[settings]` in the README's TOML.
fn shown_settings(readme: &str) -> Names {
    let blocks = readme.split("```toml\n").skip(1);
    let blocks = blocks.filter_map(|rest| rest.split("```").next());
    let mut keys = Names::new();
    for block in blocks {
        let table: Table = block
            .parse()
            .unwrap_or_else(|error| panic!("{error} in\n{block}"));
        let settings = table.get("settings").and_then(Value::as_table);
        keys.extend(settings.into_iter().flat_map(|settings| settings.keys().cloned()));
    }
    keys
}

fn compare(wrong: &mut Vec<String>, what: &str, readme: Option<&Names>, manifest: &Names) {
    if readme != Some(manifest) {
        let nothing = Names::new();
        let readme = readme.unwrap_or(&nothing);
        wrong.push(format!(
            "{what}: the README lacks {:?}, and has besides {:?}",
            manifest.difference(readme).collect::<Vec<_>>(),
            readme.difference(manifest).collect::<Vec<_>>(),
        ));
    }
}

#[test]
fn a_readme_says_what_the_manifest_says() {
    let mut wrong = Vec::new();
    for folder in std::fs::read_dir(root().join("plugins")).expect("plugins") {
        let folder = folder.expect("an entry").path();
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let readme = read(&folder.join("README.md"));
        let manifest: Table = read(&folder.join("plugin.toml")).parse().expect("a manifest");
        let of = |what: &str| format!("{name}, {what}");

        let route = |route: &Value| {
            Some(format!(
                "{} {}",
                route["method"].as_str()?,
                route["path"].as_str()?
            ))
        };
        let routes = entries(&manifest, "routes").filter_map(route).collect();
        compare(
            &mut wrong,
            &of("routes"),
            table(&readme, "route").as_ref(),
            &routes,
        );

        let mut events: Names = entries(&manifest, "hooks")
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let rights: Names = entries(&manifest, "rights")
            .filter_map(|right| right["name"].as_str().map(str::to_owned))
            .collect();
        if rights.contains("emit") {
            events.extend(emitted(&folder, &name));
        }
        compare(
            &mut wrong,
            &of("events"),
            table(&readme, "event").as_ref(),
            &events,
        );
        if name != ASKS_FOR_ALL {
            compare(
                &mut wrong,
                &of("rights"),
                table(&readme, "right").as_ref(),
                &rights,
            );
        }

        let schema = manifest
            .get("settings_schema")
            .and_then(|schema| schema.get("properties"));
        let settings: Names = schema
            .and_then(Value::as_table)
            .into_iter()
            .flat_map(|properties| properties.keys().cloned())
            .collect();
        let named: Names = spans(&readme)
            .map(str::to_owned)
            .chain(shown_settings(&readme))
            .collect();
        for setting in settings.difference(&named) {
            wrong.push(format!("{name}: the README does not name the setting {setting}"));
        }
        for setting in shown_settings(&readme).difference(&settings) {
            wrong.push(format!("{name}: the README shows {setting}, which is no setting"));
        }
        if settings.is_empty() != readme.contains("Settings: none.") {
            wrong.push(format!(
                "{name}: \"Settings: none.\" where there are some, or the other way round"
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
