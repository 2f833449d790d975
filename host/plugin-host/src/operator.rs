//! `config/plugins/<name>.toml`: what the administrator decides. Not the author's manifest.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error as _};
use toml::Spanned;
use wagate_protocol::manifest::Right;

use crate::error::FileError;
use crate::outbound::{HostPattern, PrivateHost};
use crate::toml_words::{place, toml_message};

/// How libraries are named, on one system or another.
const LIBRARIES: [&str; 3] = ["so", "dylib", "dll"];

/// The file, checked.
#[derive(Debug, Clone, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OperatorFile {
    /// Must be there: so an empty file, or one cut short while it is written, is never taken for a decision.
    pub(crate) enabled: bool,
    /// The component, relative to this file. Without it `<name>.wasm` beside this file, else the bundled one.
    #[serde(default)]
    pub(crate) path: Option<PathBuf>,
    /// What the component must be, SHA-256 in hex.
    #[serde(default)]
    pub(crate) sha256: Option<Spanned<String>>,
    /// The plugin's own settings, checked by its schema and by itself.
    #[serde(default)]
    pub(crate) settings: toml::Table,
    #[serde(default)]
    pub(crate) grants: Grants,
    #[serde(default)]
    pub(crate) limits: Limits,
    /// The whole file, to find the line of a setting.
    #[serde(skip)]
    pub(crate) text: String,
}

/// `[grants]`: nothing that is not named is given.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Grants {
    pub(crate) capabilities: BTreeSet<Right>,
    /// Sessions (slug, row id or `*`) it may act on besides that of the request or event at hand.
    pub(crate) sessions: Vec<String>,
    /// Plugins whose settings documents it may read.
    pub(crate) documents: Vec<String>,
    /// Servers `http-client` may reach: `api.example.com`, `*.example.com`, `api.example.com:8443`, `*`.
    pub(crate) hosts: Vec<HostPattern>,
    /// Servers with an address that is not public, each with its port: `127.0.0.1:5678`.
    pub(crate) private_hosts: Vec<PrivateHost>,
}

/// `[limits]`.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    memory_mb: Bounded<1, 1024>,
    memory_total_mb: Option<Bounded<1, 65_536>>,
    /// Hooks and timers leave some of the memory to requests.
    #[serde(skip)]
    of_hooks: bool,
    call_timeout_ms: Bounded<10, 300_000>,
    cpu_ms: Bounded<10, 60_000>,
    queue_wait_ms: Bounded<0, 60_000>,
    instances: Bounded<1, 256>,
    max_reuse: Bounded<1, 1_000_000>,
    idle_timeout_ms: Bounded<100, 3_600_000>,
    response_mb: Bounded<1, 256>,
    store_mb: Bounded<1, 10_240>,
    media_mb: Bounded<0, 1_048_576>,
    requests_per_minute: Bounded<0, 1_000_000>,
    fetches_per_minute: Bounded<0, 1_000_000>,
    emits_per_minute: Bounded<0, 1_000_000>,
    hook_tries: Bounded<1, 100>,
    whatsapp_per_minute: Bounded<0, 1_000_000>,
    timers_per_minute: Bounded<0, 1_000_000>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_mb: Bounded(64),
            memory_total_mb: None,
            of_hooks: false,
            call_timeout_ms: Bounded(30_000),
            cpu_ms: Bounded(1000),
            queue_wait_ms: Bounded(2000),
            instances: Bounded(16),
            max_reuse: Bounded(1000),
            idle_timeout_ms: Bounded(60_000),
            response_mb: Bounded(10),
            store_mb: Bounded(10),
            media_mb: Bounded(256),
            requests_per_minute: Bounded(0),
            fetches_per_minute: Bounded(60),
            emits_per_minute: Bounded(600),
            hook_tries: Bounded(3),
            whatsapp_per_minute: Bounded(6000),
            timers_per_minute: Bounded(6000),
        }
    }
}

const MIB: u64 = 1024 * 1024;
/// Of one call of an import, bytes as the host holds them: the largest is a file given as bytes.
const MAX_ARGUMENTS: usize = 32 * 1024 * 1024;

impl Limits {
    /// The same for hooks and timers.
    pub(crate) fn of_hooks(self) -> Self {
        Self {
            of_hooks: true,
            ..self
        }
    }

    /// Memory of one instance: no more than all of them may have together.
    pub(crate) fn memory_bytes(&self) -> usize {
        bytes(self.memory_mb.0).min(self.memory_total_bytes())
    }

    /// The limit that this comes from, as it stands in the file.
    pub(crate) fn memory_as_set(&self) -> String {
        match &self.memory_total_mb {
            Some(total) if total.0 < self.memory_mb.0 => format!("memory_total_mb = {}", total.0),
            _ => format!("memory_mb = {}", self.memory_mb.0),
        }
    }

    /// Memory of all instances together.
    pub(crate) fn memory_total_bytes(&self) -> usize {
        let requests = self.memory_mb.0.saturating_mul(self.instances.0);
        let total = bytes(self.memory_total_mb.map_or(requests, |total| total.0));
        if self.of_hooks { total / 4 * 3 } else { total }
    }

    /// What the host copies out of a guest for one call of an import or one answer: the largest answer twice, and what imports
    /// take.
    pub(crate) fn copied_bytes(&self) -> usize {
        self.response_bytes()
            .saturating_mul(2)
            .saturating_add(MAX_ARGUMENTS)
    }

    /// A whole call, with what the host does for it.
    pub(crate) fn call_timeout(&self) -> Duration {
        Duration::from_millis(self.call_timeout_ms.0)
    }

    /// The guest's own computing time in one call.
    pub(crate) fn cpu(&self) -> Duration {
        Duration::from_millis(self.cpu_ms.0)
    }

    /// Waiting for a free instance.
    pub(crate) fn queue_wait(&self) -> Duration {
        Duration::from_millis(self.queue_wait_ms.0)
    }

    /// Requests at the same time; hooks and timers are counted by themselves.
    pub(crate) fn instances(&self) -> usize {
        usize::try_from(self.instances.0).unwrap_or(1)
    }

    /// Calls after which an instance is replaced.
    pub(crate) fn max_reuse(&self) -> u64 {
        self.max_reuse.0
    }

    /// Idle time after which an instance is given up.
    pub(crate) fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.idle_timeout_ms.0)
    }

    /// The body of an answer.
    pub(crate) fn response_bytes(&self) -> usize {
        bytes(self.response_mb.0)
    }

    /// Requests to its routes; 0: no limit.
    pub(crate) fn requests_per_minute(&self) -> u32 {
        u32::try_from(self.requests_per_minute.0).unwrap_or(u32::MAX)
    }

    /// Requests it makes; 0: no limit.
    pub(crate) fn fetches_per_minute(&self) -> u32 {
        u32::try_from(self.fetches_per_minute.0).unwrap_or(u32::MAX)
    }

    /// Events it emits; 0: no limit.
    pub(crate) fn emits_per_minute(&self) -> u32 {
        u32::try_from(self.emits_per_minute.0).unwrap_or(u32::MAX)
    }

    /// Tries of an event that a hook fails on, before it is parked.
    pub(crate) fn hook_tries(&self) -> u32 {
        u32::try_from(self.hook_tries.0).unwrap_or(u32::MAX)
    }

    /// Messages it sends, and whatever else it does on WhatsApp accounts; 0: no limit.
    pub(crate) fn whatsapp_per_minute(&self) -> u32 {
        u32::try_from(self.whatsapp_per_minute.0).unwrap_or(u32::MAX)
    }

    /// Occurrences of its timers that are brought to it; 0: no limit. The others wait.
    pub(crate) fn timers_per_minute(&self) -> u32 {
        u32::try_from(self.timers_per_minute.0).unwrap_or(u32::MAX)
    }

    /// Files behind its handles.
    pub(crate) fn media_bytes(&self) -> u64 {
        self.media_mb.0 * MIB
    }

    /// Keys and values in the store.
    pub(crate) fn store_bytes(&self) -> u64 {
        self.store_mb.0 * MIB
    }
}

fn bytes(mib: u64) -> usize {
    usize::try_from(mib.saturating_mul(MIB)).unwrap_or(usize::MAX)
}

/// A whole number in a range. Checked while the file is read, so that the error has its line and column.
#[derive(Clone, Copy)]
struct Bounded<const MIN: u64, const MAX: u64>(u64);

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i64::deserialize(deserializer)?;
        match u64::try_from(number) {
            Ok(number) if (MIN..=MAX).contains(&number) => Ok(Self(number)),
            _ => Err(D::Error::custom(format!(
                "{number} is not between {MIN} and {MAX}"
            ))),
        }
    }
}

impl<const MIN: u64, const MAX: u64> fmt::Debug for Bounded<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl OperatorFile {
    /// Reads the text of `file`.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, FileError> {
        if text.trim().is_empty() {
            return Err(FileError::new(
                file,
                "the file is empty; to switch the plugin off, write enabled = false",
            ));
        }
        let parsed: Result<Self, _> = toml::from_str(text);
        let mut parsed = parsed.map_err(|error| {
            let place = error.span().map(|span| place(text, span.start));
            FileError {
                message: toml_message(text, &error),
                file: Some(file.to_owned()),
                line: place.map(|(line, _)| line),
                column: place.map(|(_, column)| column),
            }
        })?;
        text.clone_into(&mut parsed.text);
        Ok(parsed)
    }

    /// Whether it wants a native plugin.
    pub(crate) fn is_native(&self) -> bool {
        self.path.as_ref().is_some_and(|path| is_library(path))
    }

    /// Whether this library may be loaded: named, wanted by its hash, and no other.
    pub(crate) fn check_native(
        &self,
        file: &str,
        found: &[u8; 32],
        is_allowed: bool,
    ) -> Result<(), FileError> {
        if !self.is_native() || self.sha256.is_none() {
            return Err(FileError::new(
                file,
                "a native plugin needs both lines: path, and sha256 of that very file",
            ));
        }
        if !is_allowed {
            return Err(FileError::new(
                file,
                "native plugins run with all rights of the gateway and are not allowed: see allow_native under [plugins] \
                 in wagate.toml",
            ));
        }
        self.check_hash(file, found)
    }

    /// Whether this component is the one the administrator wants.
    pub(crate) fn check_hash(&self, file: &str, found: &[u8; 32]) -> Result<(), FileError> {
        let Some(wanted) = &self.sha256 else { return Ok(()) };
        let found = hex::encode(found);
        if wanted.get_ref().eq_ignore_ascii_case(&found) {
            return Ok(());
        }
        let (line, column) = place(&self.text, wanted.span().start);
        Err(FileError {
            message: format!("sha256: the component is {found}"),
            file: Some(file.to_owned()),
            line: Some(line),
            column: Some(column),
        })
    }

    /// `[settings]` as JSON.
    pub(crate) fn settings_json(&self) -> serde_json::Value {
        let settings = self.settings.iter();
        serde_json::Value::Object(
            settings
                .map(|(key, value)| (key.clone(), json_of(value)))
                .collect(),
        )
    }

    /// What the plugin's `init` gets.
    pub(crate) fn init_config(&self) -> String {
        serde_json::json!({ "settings": self.settings_json() }).to_string()
    }
}

/// Whether this file is a library and no component, by its name.
pub(crate) fn is_library(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| LIBRARIES.contains(&extension))
}

fn json_of(value: &toml::Value) -> serde_json::Value {
    match value {
        toml::Value::String(text) => text.as_str().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(yes) => (*yes).into(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::Array(items) => items.iter().map(json_of).collect(),
        toml::Value::Table(table) => serde_json::Value::Object(
            table
                .iter()
                .map(|(key, value)| (key.clone(), json_of(value)))
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> (String, Option<u32>, Option<u32>) {
        let error = OperatorFile::parse("x.toml", text).expect_err("must be refused");
        (error.message, error.line, error.column)
    }

    #[test]
    fn errors_have_their_place() {
        let (message, line, column) = refusal("enabled = true\n\n[limits]\nmemroy_mb = 5\n");
        assert!(message.contains("memroy_mb"), "{message}");
        assert_eq!((line, column), (Some(4), Some(1)));
        let (message, line, _) = refusal("enabled = true\n[limits]\ninstances = 0\n");
        assert_eq!((message.as_str(), line), ("0 is not between 1 and 256", Some(3)));
        assert_eq!(refusal("enabled = treu\n").1, Some(1));
        assert!(
            refusal("enabled = true\n[grants]\ncapabilities = [\"root\"]\n")
                .0
                .contains("unknown variant `root`")
        );
    }

    #[test]
    fn half_a_file_is_not_a_decision() {
        let whole = "# comment\nenabled = true\n[grants]\ncapabilities = [\"store\"]\n";
        OperatorFile::parse("x.toml", whole).unwrap();
        for end in 0..whole.find("true").unwrap() {
            assert!(OperatorFile::parse("x.toml", &whole[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn a_library_needs_permission_path_and_hash() {
        let (one, other) = ([1; 32], [2; 32]);
        let check = |text: &str, found: &[u8; 32], is_allowed| {
            let file = OperatorFile::parse("x.toml", &format!("enabled = true\n{text}")).unwrap();
            file.check_native("x.toml", found, is_allowed)
                .map_err(|error| error.message)
        };
        let both = format!("path = \"a/x.so\"\nsha256 = \"{}\"\n", hex::encode(one));
        assert_eq!(check(&both, &one, true), Ok(()));
        assert!(check(&both, &one, false).unwrap_err().contains("allow_native"));
        assert!(check(&both, &other, true).unwrap_err().starts_with("sha256: "));
        let alone = check("path = \"x.so\"\n", &one, true).unwrap_err();
        assert!(alone.contains("path, and sha256"), "{alone}");
        assert!(check(both.split_once('\n').unwrap().1, &one, true).is_err());
    }

    #[test]
    fn settings_reach_the_plugin_as_json() {
        let file = OperatorFile::parse(
            "x.toml",
            "enabled = true\n[settings]\nday = 2026-01-31\nlist = [1, 2.5]\n",
        )
        .unwrap();
        assert_eq!(
            file.init_config(),
            r#"{"settings":{"day":"2026-01-31","list":[1,2.5]}}"#
        );
    }
}
