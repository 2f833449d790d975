//! The operator's settings: `wagate.toml`, and the few things that come from the environment.
//!
//! To add a section: a file under `config/`, a field here, and its keys with a sentence each in `config/wagate.toml`
//! (a test compares the two).

pub(crate) mod audit;
pub(crate) mod auth;
pub(crate) mod bounded;
pub(crate) mod delivery;
pub(crate) mod environment;
pub(crate) mod history;
pub(crate) mod http;
pub(crate) mod limits;
pub(crate) mod live;
pub(crate) mod log;
pub(crate) mod media;
pub(crate) mod metrics;
pub(crate) mod network;
pub(crate) mod origins;
pub(crate) mod pacing;
pub(crate) mod plugins;
pub(crate) mod proxy;
pub(crate) mod retention;
pub(crate) mod sending;
pub(crate) mod storage;

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use wagate_plugin_host::toml_message;

/// The file's name inside the config directory.
pub(crate) const FILE_NAME: &str = "wagate.toml";

/// The shipped file: the documentation of every key, with the defaults as values.
#[cfg(test)]
const SHIPPED: &str = include_str!("../../../config/wagate.toml");

/// All settings, complete: what the file leaves out has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) http: http::Http,
    pub(crate) auth: auth::Auth,
    pub(crate) limits: limits::Limits,
    pub(crate) proxy: proxy::Proxy,
    pub(crate) audit: audit::Audit,
    pub(crate) metrics: metrics::Metrics,
    pub(crate) log: log::Log,
    pub(crate) media: media::Media,
    pub(crate) sending: sending::Sending,
    pub(crate) pacing: pacing::Pacing,
    pub(crate) plugins: plugins::Plugins,
    pub(crate) storage: storage::Storage,
    pub(crate) delivery: delivery::Delivery,
    pub(crate) history: history::History,
    pub(crate) retention: retention::Retention,
}

/// Why a settings file was refused, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigError {
    file: String,
    /// Line and column, from 1; none when the file could not be read at all.
    position: Option<(usize, usize)>,
    message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some((line, column)) => write!(f, "{}:{line}:{column}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads `wagate.toml` in this directory. A missing file means the defaults.
    pub(crate) fn load(directory: &Path) -> Result<Self, ConfigError> {
        let path = directory.join(FILE_NAME);
        let file = path.display().to_string();
        match read(&path) {
            Ok(Some(text)) => Self::parse(&file, &text),
            Ok(None) => Ok(Self::default()),
            Err(error) => Err(ConfigError {
                file,
                position: None,
                message: error.to_string(),
            }),
        }
    }

    /// Parses the text of a settings file; `file` is what errors call it.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error: toml::de::Error| ConfigError {
            file: file.to_owned(),
            position: error.span().map(|span| position(text, span.start)),
            message: toml_message(text, &error),
        })
    }

    /// The keys whose values differ, as `section.key`.
    pub(crate) fn changed_keys(&self, other: &Self) -> Vec<String> {
        let (Ok(ours), Ok(theirs)) = (toml::Table::try_from(self), toml::Table::try_from(other)) else {
            return Vec::new();
        };
        let mut changed = Vec::new();
        for (section, values) in &ours {
            let Some(values) = values.as_table() else { continue };
            let others = theirs.get(section).and_then(toml::Value::as_table);
            for (key, value) in values {
                if others.and_then(|others| others.get(key)) != Some(value) {
                    changed.push(format!("{section}.{key}"));
                }
            }
        }
        changed
    }
}

/// Refuses a settings directory that is not there: a mistyped path must not mean "defaults". Only the default one may
/// be missing, so that the binary runs on its own.
pub(crate) fn require_dir(dir: &Path) -> anyhow::Result<()> {
    if dir.is_dir() || dir == Path::new(crate::cli::DEFAULT_CONFIG_DIR) {
        return Ok(());
    }
    anyhow::bail!("--config {}: there is no such directory", dir.display())
}

/// The file's text, or none when there is no such file.
pub(crate) fn read(path: &Path) -> std::io::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Line and column, from 1, of a byte offset. Columns count characters, as editors do.
fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::{Config, SHIPPED};

    fn refusal(text: &str) -> String {
        Config::parse("wagate.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn the_shipped_file_states_every_key_with_its_default() {
        let shipped = Config::parse("wagate.toml", SHIPPED).unwrap();
        assert_eq!(shipped, Config::default());
        let written: toml::Table = toml::from_str(SHIPPED).unwrap();
        assert_eq!(written, toml::Table::try_from(Config::default()).unwrap());
    }

    #[test]
    fn every_key_of_the_shipped_file_has_a_comment_above_it() {
        let mut above = "";
        for line in SHIPPED.lines() {
            if line.contains('=') && !line.starts_with('#') {
                assert!(above.starts_with('#'), "no comment above: {line}");
            }
            above = line;
        }
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        assert_eq!(Config::parse("wagate.toml", "").unwrap(), Config::default());
    }

    #[test]
    fn an_unknown_key_is_refused_where_it_stands() {
        let error = refusal("[http]\nlisten = \"127.0.0.1:0\"\nlisten_addr = \"x\"\n");
        assert!(
            error.starts_with("wagate.toml:3:1: unknown field `listen_addr`"),
            "{error}"
        );
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused_where_it_stands() {
        let error = refusal("[http]\nmax_connections = \"many\"\n");
        assert!(error.starts_with("wagate.toml:2:19: "), "{error}");
    }

    #[test]
    fn a_value_out_of_bounds_names_the_bounds() {
        let error = refusal("[http]\n\nrequest_timeout_ms = 0\n");
        assert!(error.starts_with("wagate.toml:3:22: "), "{error}");
        assert!(error.contains("between 100 and 3600000"), "{error}");
    }

    #[test]
    fn a_syntax_error_is_refused_where_it_stands() {
        let error = refusal("[http]\nlisten = \n");
        assert!(error.starts_with("wagate.toml:2:"), "{error}");
    }

    #[test]
    fn a_bad_log_level_is_refused_where_it_stands() {
        let error = refusal("[log]\nlevel = \"loud,wagate=shouting\"\n");
        assert!(error.starts_with("wagate.toml:2:9: "), "{error}");
    }

    /// `section.key` and its default.
    fn keys() -> Vec<(String, String, toml::Value)> {
        let defaults = toml::Table::try_from(Config::default()).unwrap();
        let mut found = Vec::new();
        for (section, values) in defaults {
            for (key, value) in values.as_table().unwrap() {
                found.push((section.clone(), key.clone(), value.clone()));
            }
        }
        found
    }

    #[test]
    fn every_key_refuses_every_other_kind_of_value_where_it_stands() {
        let keys = keys();
        assert!(keys.len() > 50, "{}", keys.len());
        let kinds = [
            ("integer", "5"),
            ("integer", "-1"),
            ("integer", "9223372036854775807"),
            ("float", "1.5"),
            ("boolean", "true"),
            ("string", "\"words\""),
            ("array", "[true]"),
            ("array", "[[]]"),
            ("table", "{ a = 1 }"),
            ("datetime", "2026-01-01"),
        ];
        let mut accepted = Vec::new();
        for (section, key, default) in &keys {
            for (kind, value) in kinds {
                // The same kind may be right; numbers without an end and odd lists never are.
                let may_be_right = matches!(kind, "string" | "boolean") || value == "5";
                let is_right = kind == default.type_str() && may_be_right;
                if is_right {
                    continue;
                }
                let text = format!("[{section}]\n{key} = {value}\n");
                let Err(error) = Config::parse("wagate.toml", &text) else {
                    accepted.push(text);
                    continue;
                };
                let error = error.to_string();
                let place = error.strip_prefix("wagate.toml:2:").unwrap_or_default();
                let (column, message) = place.split_once(": ").unwrap_or_default();
                // The value, or what stands in its brackets.
                let first = key.chars().count() + " = ".len() + 1;
                let is_there = column
                    .parse::<usize>()
                    .is_ok_and(|column| (first..=first + 2).contains(&column));
                assert!(is_there && !message.is_empty(), "{text}: {error}");
            }
        }
        assert_eq!(accepted, Vec::<String>::new());
    }

    #[test]
    fn every_section_refuses_what_is_no_table_where_it_stands() {
        for (section, ..) in keys() {
            let error = refusal(&format!("{section} = 5\n"));
            assert!(error.starts_with("wagate.toml:1:"), "{error}");
            let error = refusal(&format!("[{section}]\nno_such_key = 5\n"));
            assert!(
                error.starts_with("wagate.toml:2:1: unknown field `no_such_key`"),
                "{error}"
            );
        }
    }

    #[test]
    fn changed_keys_are_named() {
        let other = Config::parse(
            "wagate.toml",
            "[http]\nmax_connections = 7\n[storage]\ndata_dir = \"x\"\n",
        )
        .unwrap();
        assert_eq!(
            Config::default().changed_keys(&other),
            ["http.max_connections", "storage.data_dir"]
        );
    }
}
