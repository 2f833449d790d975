//! A plugin as administrators see it.

use serde::Serialize;
use serde_json::Value;
use wagate_plugin_host::{FileError, PluginDetails, PluginStatus, Suspension};
use wagate_storage::clock::iso8601;

/// One plugin.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PluginView {
    name: String,
    description: String,
    version: Option<String>,
    state: &'static str,
    /// Why its calls are refused, and until when.
    suspended: Option<SuspensionView>,
    /// Sessions whose events and timers it does not get for a while.
    suspended_hooks: Vec<SuspendedHooksView>,
    /// Newer files are being compiled; what serves goes on meanwhile.
    compiling: bool,
    enabled: bool,
    source: &'static str,
    native: bool,
    sha256: Option<String>,
    loaded_at: Option<String>,
    routes: Vec<RouteView>,
    hooks: Vec<String>,
    rights: Vec<RightView>,
    /// The same as `grants.capabilities`.
    granted: Vec<String>,
    grants: GrantsView,
    last_error: Option<ErrorView>,
    /// What in its file has no effect.
    notes: Vec<ErrorView>,
    calls: u64,
    traps: u64,
    latency: LatencyView,
    memory_bytes: u64,
    instances: usize,
    lag: Vec<LagView>,
    /// Of the plugin alone, not in the list of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    parked: Option<Vec<LagView>>,
}

/// With its settings.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PluginDetail {
    #[serde(flatten)]
    plugin: PluginView,
    /// JSON Schema; null where the plugin checks alone.
    settings_schema: Option<Value>,
    settings: Value,
    file: String,
}

impl PluginDetail {
    /// Both together.
    pub(crate) fn new(plugin: PluginView, details: PluginDetails) -> Self {
        Self {
            plugin,
            settings_schema: details.settings_schema,
            settings: details.settings,
            file: details.file,
        }
    }
}

#[derive(Debug, Serialize)]
struct RouteView {
    method: String,
    path: String,
}

/// What the plugin asks for.
#[derive(Debug, Serialize)]
struct RightView {
    name: String,
    reason: String,
    granted: bool,
}

/// What it has.
#[derive(Debug, Serialize)]
struct GrantsView {
    capabilities: Vec<String>,
    sessions: Vec<String>,
    hosts: Vec<String>,
}

/// Of its routes; null before the first call.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LatencyView {
    p50_us: Option<u64>,
    p99_us: Option<u64>,
}

/// A pause after failures.
#[derive(Debug, Serialize)]
struct SuspensionView {
    reason: String,
    /// Null where nobody knows.
    until: Option<String>,
}

/// The same for one session; null: what is of no session.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct SuspendedHooksView {
    session_id: Option<String>,
    #[serde(flatten)]
    suspension: SuspensionView,
}

/// Where to look, for whoever edits the file.
#[derive(Debug, Serialize)]
struct ErrorView {
    message: String,
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
}

/// Events of a session that a plugin has not handled yet, or could not handle.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LagView {
    session_id: String,
    events: i64,
}

impl From<PluginStatus> for PluginView {
    fn from(status: PluginStatus) -> Self {
        let granted = status.granted;
        let rights = status.rights.into_iter().map(|(name, reason)| RightView {
            granted: granted.contains(&name),
            name,
            reason,
        });
        Self {
            name: status.name,
            description: status.description,
            version: status.version,
            state: status.state.as_str(),
            suspended: status.suspended.map(SuspensionView::from),
            suspended_hooks: status
                .suspended_hooks
                .into_iter()
                .map(|(session_id, suspension)| SuspendedHooksView {
                    session_id,
                    suspension: suspension.into(),
                })
                .collect(),
            compiling: status.compiling,
            enabled: status.enabled,
            source: status.source.as_str(),
            native: status.native,
            sha256: status.sha256,
            loaded_at: status.loaded_at_ms.map(iso8601),
            routes: status
                .routes
                .into_iter()
                .map(|(method, path)| RouteView { method, path })
                .collect(),
            hooks: status.hooks,
            rights: rights.collect(),
            grants: GrantsView {
                capabilities: granted.clone(),
                sessions: status.sessions,
                hosts: status.hosts,
            },
            granted,
            last_error: status.last_error.map(ErrorView::from),
            notes: status.notes.into_iter().map(ErrorView::from).collect(),
            calls: status.calls,
            traps: status.traps,
            latency: LatencyView {
                p50_us: status.p50_us,
                p99_us: status.p99_us,
            },
            memory_bytes: status.memory_bytes,
            instances: status.instances,
            lag: status
                .lag
                .into_iter()
                .map(|(session_id, events)| LagView { session_id, events })
                .collect(),
            parked: None,
        }
    }
}

impl PluginView {
    /// With the events its hooks could not handle, by session.
    pub(crate) fn with_parked(mut self, counts: Vec<(String, i64)>) -> Self {
        let parked = counts.into_iter();
        self.parked = Some(
            parked
                .map(|(session_id, events)| LagView { session_id, events })
                .collect(),
        );
        self
    }
}

impl From<Suspension> for SuspensionView {
    fn from(suspension: Suspension) -> Self {
        Self {
            reason: suspension.reason,
            until: suspension.until_ms.map(iso8601),
        }
    }
}

impl From<FileError> for ErrorView {
    fn from(error: FileError) -> Self {
        Self {
            message: error.message,
            file: error.file,
            line: error.line,
            column: error.column,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wagate_plugin_host::{FileError, PluginState, PluginStatus, Source, Suspension};

    use super::PluginView;

    #[test]
    fn the_shape_is_the_documented_one() {
        let status = PluginStatus {
            name: "greeter".to_owned(),
            description: "Greets people".to_owned(),
            version: Some("1.2.0".to_owned()),
            state: PluginState::Suspended,
            suspended: Some(Suspension {
                reason: "it failed".to_owned(),
                until_ms: Some(1000),
            }),
            suspended_hooks: vec![(
                Some("s".to_owned()),
                Suspension {
                    reason: "stuck".to_owned(),
                    until_ms: None,
                },
            )],
            compiling: false,
            enabled: true,
            source: Source::File,
            native: false,
            sha256: Some("ab".to_owned()),
            loaded_at_ms: Some(0),
            routes: vec![("GET".to_owned(), "/api/greeter".to_owned())],
            hooks: vec!["message.received".to_owned()],
            rights: vec![
                ("store".to_owned(), "keeps the greetings".to_owned()),
                ("history".to_owned(), "looks who was greeted".to_owned()),
            ],
            granted: vec!["store".to_owned()],
            sessions: vec!["*".to_owned()],
            hosts: Vec::new(),
            last_error: None,
            notes: vec![FileError {
                message: "has no effect".to_owned(),
                file: Some("greeter.toml".to_owned()),
                line: Some(3),
                column: Some(1),
            }],
            calls: 3,
            traps: 1,
            p50_us: Some(120),
            p99_us: None,
            memory_bytes: 65_536,
            instances: 1,
            lag: vec![("s".to_owned(), 2)],
        };
        assert_eq!(
            serde_json::to_value(PluginView::from(status)).unwrap(),
            json!({
                "name": "greeter", "description": "Greets people", "version": "1.2.0", "state": "suspended",
                "suspended": { "reason": "it failed", "until": "1970-01-01T00:00:01.000Z" },
                "suspendedHooks": [{ "sessionId": "s", "reason": "stuck", "until": null }],
                "compiling": false, "enabled": true, "source": "file", "native": false, "sha256": "ab",
                "loadedAt": "1970-01-01T00:00:00.000Z",
                "routes": [{ "method": "GET", "path": "/api/greeter" }],
                "hooks": ["message.received"],
                "rights": [
                    { "name": "store", "reason": "keeps the greetings", "granted": true },
                    { "name": "history", "reason": "looks who was greeted", "granted": false },
                ],
                "granted": ["store"],
                "grants": { "capabilities": ["store"], "sessions": ["*"], "hosts": [] },
                "lastError": null,
                "notes": [{ "message": "has no effect", "file": "greeter.toml", "line": 3, "column": 1 }], "calls": 3, "traps": 1,
                "latency": { "p50Us": 120, "p99Us": null },
                "memoryBytes": 65536, "instances": 1,
                "lag": [{ "sessionId": "s", "events": 2 }],
            })
        );
    }
}
