//! `wagate plugin grants`: a settings file for a component, which grants what it asks for and nothing else. Everything
//! a person has to decide stands there with the author's reason.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Map, Value};
use wagate_plugin_host::Inspection;
use wagate_protocol::manifest::{Manifest, Right};

use super::text::{one_line, quoted};
use crate::cache_dir::CacheDir;
use crate::out;

/// `[limits]` for any plugin: all defaults, none of them set.
const LIMITS: &str = "\
# What one call, and one instance, may use. Several instances of a plugin run at the same time.
[limits]
# memory_mb = 64             # of one instance
# memory_total_mb = 1024     # of all instances together (memory_mb x instances); hooks get three quarters of it
# cpu_ms = 1000              # computing time of its own in one call
# call_timeout_ms = 30000    # the whole call, with what the host does for it
# instances = 16             # requests at the same time, and eight times as many hooks and timers
# queue_wait_ms = 2000       # waiting for a free instance, then 503
# max_reuse = 1000           # calls after which an instance is replaced
# idle_timeout_ms = 60000    # an idle instance is given up after this
# response_mb = 10           # the largest answer
# store_mb = 10              # the plugin's own data, for the sessions of one user
# media_mb = 256             # its files behind handles, for the sessions of one user
# requests_per_minute = 0    # to its routes, then 429; 0: no limit
# fetches_per_minute = 60    # requests to other servers, and downloads
# emits_per_minute = 600     # events of its own, and notifications
# hook_tries = 3             # of an event that fails, before it is parked
# whatsapp_per_minute = 6000 # messages and other operations on WhatsApp accounts
# timers_per_minute = 6000   # timers that fire; the others fire later";

/// Options of `plugin grants`.
#[derive(Debug, Args)]
pub(crate) struct GrantsArgs {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    wasm: PathBuf,
    /// Load it even if it is a native plugin: its code then runs with all rights of this command.
    #[arg(long)]
    allow_native: bool,
}

/// Prints the file.
pub(crate) async fn run(args: GrantsArgs) -> anyhow::Result<ExitCode> {
    let cache = CacheDir::temporary()?;
    let inspection = wagate_plugin_host::inspect(&args.wasm, cache.path(), args.allow_native).await?;
    out::line(&operator_file(&inspection))?;
    Ok(ExitCode::SUCCESS)
}

fn operator_file(inspection: &Inspection) -> String {
    let manifest = &inspection.manifest;
    let Manifest { id, version, .. } = manifest;
    let (version, description) = (one_line(version), one_line(&manifest.description));
    let mut lines = vec![
        format!("# The {id} plugin {version}: {description}"),
        "# Written by `wagate plugin grants`: it grants what the plugin asks for, and nothing else. Take out what you do"
            .to_owned(),
        format!("# not want to give, and save it as {id}.toml in config/plugins, beside {id}.wasm."),
        String::new(),
        "# Must be there. false switches the plugin off; what happens meanwhile is not made up for.".to_owned(),
        "enabled = true".to_owned(),
        String::new(),
    ];
    lines.extend(file(inspection));
    lines.push(String::new());
    lines.push("[settings]".to_owned());
    lines.extend(settings(manifest.settings_schema.as_ref()));
    lines.push(String::new());
    lines.extend(grants(manifest));
    lines.push(String::new());
    lines.push(LIMITS.to_owned());
    lines.join("\n")
}

/// Which file it is: a library has to be named.
fn file(inspection: &Inspection) -> Vec<String> {
    let (id, sha256) = (&inspection.manifest.id, &inspection.sha256);
    if inspection.native.is_some() {
        return vec![
            "# A native plugin: code with all rights of the gateway, where wagate.toml has allow_native = true under".to_owned(),
            "# [plugins]. The grants below hold for what it asks of the gateway, nothing holds the rest.".to_owned(),
            format!("path = \"{id}{}\"", std::env::consts::DLL_SUFFIX),
            format!("sha256 = \"{sha256}\""),
        ];
    }
    vec![
        format!("# The component. Without this line: {id}.wasm beside this file, else the one in the box."),
        format!("# path = \"{id}.wasm\""),
        "# With this line any other component is refused.".to_owned(),
        format!("# sha256 = \"{sha256}\""),
    ]
}

fn grants(manifest: &Manifest) -> Vec<String> {
    let mut lines = vec![
        "# Rights the plugin asks for, each with the author's reason. A call without the right is refused."
            .to_owned(),
        "[grants]".to_owned(),
    ];
    if manifest.rights.is_empty() {
        lines.push("capabilities = []".to_owned());
    } else {
        lines.push("capabilities = [".to_owned());
        for request in &manifest.rights {
            lines.push(format!("  \"{}\", # {}", request.name, one_line(&request.reason)));
        }
        lines.push("]".to_owned());
    }
    lines.push(
        "# Sessions (id or name, \"*\" for all) it may act on besides the one a request or an event is about.".to_owned(),
    );
    lines.push("sessions = []".to_owned());
    if manifest.asks_for(Right::HttpClient) || manifest.asks_for(Right::Media) {
        lines.push(
            "# Servers it may reach, as in [\"api.example.com\", \"*.example.com\"]. It asks for none by name: you decide."
                .to_owned(),
        );
        lines.push("# hosts = []".to_owned());
    }
    lines
}

/// What the schema says can be set, as comments.
fn settings(schema: Option<&Value>) -> Vec<String> {
    let Some(schema) = schema else {
        return vec!["# What can stand here is in the plugin's own documents: it has no schema.".to_owned()];
    };
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return vec!["# The plugin's schema names no settings.".to_owned()];
    };
    if properties.is_empty() {
        return vec!["# The plugin has no settings.".to_owned()];
    }
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|other| other.as_str() == Some(name)));
    let settings = properties
        .iter()
        .map(|(name, property)| setting(name, property, is_required(name)));
    settings.collect::<Vec<_>>().join(&String::new())
}

/// A sentence and the key with its default.
fn setting(name: &str, property: &Value, is_required: bool) -> Vec<String> {
    let description = property
        .get("description")
        .or_else(|| property.get("title"))
        .and_then(Value::as_str)
        .map(one_line)
        .unwrap_or_default();
    let mut facts: Vec<String> = Vec::new();
    facts.extend(is_required.then(|| "required".to_owned()));
    facts.extend(kind(property));
    facts.extend(bounds(property));
    facts.extend(choices(property));
    let facts = if facts.is_empty() {
        String::new()
    } else {
        format!("({})", facts.join(", "))
    };
    let about = one_line(&format!("{description} {facts}"));
    let default = property.get("default").and_then(toml_value);
    let value = default.unwrap_or_else(|| placeholder(property).to_owned());
    let mut lines = Vec::new();
    if !about.is_empty() {
        lines.push(format!("# {about}"));
    }
    lines.push(format!("# {} = {value}", key(name)));
    lines
}

fn kind(property: &Value) -> Option<String> {
    match property.get("type")? {
        Value::String(kind) => Some(one_line(kind)),
        Value::Array(kinds) => {
            let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
            Some(one_line(&kinds.join(" or ")))
        }
        _ => None,
    }
}

fn bounds(property: &Value) -> Option<String> {
    let number = |name: &str| property.get(name).filter(|bound| bound.is_number());
    match (number("minimum"), number("maximum")) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) => Some(format!("at least {least}")),
        (None, Some(most)) => Some(format!("at most {most}")),
        (None, None) => None,
    }
}

fn choices(property: &Value) -> Option<String> {
    let choices = property.get("enum")?.as_array()?;
    let choices: Vec<String> = choices.iter().filter_map(toml_value).collect();
    (!choices.is_empty()).then(|| format!("one of {}", choices.join(", ")))
}

/// Where the schema has no default: something of the right kind, to be replaced.
fn placeholder(property: &Value) -> &'static str {
    let kind = match property.get("type") {
        Some(Value::Array(kinds)) => kinds.first(),
        kind => kind,
    };
    match kind.and_then(Value::as_str) {
        Some("boolean") => "false",
        Some("integer") => "0",
        Some("number") => "0.0",
        Some("array") => "[]",
        Some("object") => "{}",
        _ => "\"\"",
    }
}

/// In one line; none for what TOML cannot say.
fn toml_value(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(quoted(text)),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().filter_map(toml_value).collect();
            Some(format!("[{}]", items.join(", ")))
        }
        Value::Object(fields) => Some(toml_table(fields)),
    }
}

fn toml_table(fields: &Map<String, Value>) -> String {
    let fields: Vec<String> = fields
        .iter()
        .filter_map(|(name, value)| Some(format!("{} = {}", key(name), toml_value(value)?)))
        .collect();
    if fields.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{ {} }}", fields.join(", "))
    }
}

fn key(name: &str) -> String {
    let is_bare = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if is_bare { name.to_owned() } else { quoted(name) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wagate_plugin_host::Inspection;
    use wagate_protocol::manifest::Manifest;

    use super::{LIMITS, operator_file, settings};

    const MANIFEST: &str = r#"
id = "greeter"
version = "1.2.0"
api = "1.0"
description = "Greets people"

[[rights]]
name = "store"
reason = "keeps the greetings"

[[rights]]
name = "history"
reason = "looks who was\n]\nenabled = false"
"#;

    fn written(manifest: &str) -> String {
        operator_file(&Inspection {
            manifest: Manifest::parse(manifest).unwrap(),
            sha256: "ab".to_owned(),
            size: 7,
            exports: Vec::new(),
            native: None,
        })
    }

    #[test]
    fn it_grants_what_the_manifest_asks_for_and_sets_nothing_else() {
        let text = written(MANIFEST);
        let file: toml::Table = toml::from_str(&text).unwrap();
        let expected: toml::Table = toml::from_str(
            "enabled = true\n[settings]\n[grants]\ncapabilities = [\"store\", \"history\"]\nsessions = []\n[limits]\n",
        )
        .unwrap();
        assert_eq!(file, expected);
        assert!(text.contains("  \"store\", # keeps the greetings\n"), "{text}");
        assert!(
            text.contains("  \"history\", # looks who was ] enabled = false\n"),
            "{text}"
        );
        assert!(!text.contains("hosts"), "{text}");
        let text = written("id = \"greeter\"\nversion = \"1.2.0\"\napi = \"1.0\"\n");
        assert!(text.contains("\ncapabilities = []\n"), "{text}");
    }

    #[test]
    fn limits_are_shown_and_not_set() {
        for line in LIMITS.lines() {
            assert!(line.starts_with('#') || line == "[limits]", "{line}");
        }
        let (_, lines) = LIMITS.split_once("[limits]\n").unwrap();
        let lines = lines.lines().map(|line| line.strip_prefix("# ").unwrap());
        let shown: toml::Table = toml::from_str(&lines.collect::<Vec<_>>().join("\n")).unwrap();
        for key in ["memory_mb", "memory_total_mb", "hook_tries", "timers_per_minute"] {
            assert!(shown[key].is_integer(), "{key}");
        }
    }

    #[test]
    fn settings_are_comments_with_their_defaults() {
        let schema = json!({
            "required": ["greeting"],
            "properties": {
                "greeting": { "type": "string", "description": "What is\nsaid." },
                "hours": { "type": "integer", "minimum": 0, "maximum": 23, "default": 9 },
                "mode": { "enum": ["all", "none"], "default": "all" },
                "odd key\n[grants]": { "default": { "a": [1, "x\ny", null], "b c": true } },
            },
        });
        let mut lines = settings(Some(&schema));
        lines.retain(|line| !line.is_empty());
        assert_eq!(
            lines,
            [
                "# What is said. (required, string)",
                "# greeting = \"\"",
                "# (integer, 0 to 23)",
                "# hours = 9",
                "# (one of \"all\", \"none\")",
                "# mode = \"all\"",
                "# \"odd key\\u000A[grants]\" = { a = [1, \"x\\u000Ay\"], \"b c\" = true }",
            ]
        );
        for line in lines.iter().filter(|line| line.contains(" = ")) {
            toml::from_str::<toml::Table>(&line[2..]).unwrap();
        }
    }

    #[test]
    fn a_plugin_without_a_schema_has_a_comment_instead() {
        for schema in [None, Some(json!({})), Some(json!({ "properties": {} }))] {
            let lines = settings(schema.as_ref());
            assert!(lines.len() == 1 && lines[0].starts_with('#'));
        }
    }
}
