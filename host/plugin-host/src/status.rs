//! What an administrator gets to see of a plugin.

use crate::error::FileError;

/// A plugin, as it is now.
#[derive(Debug, Clone)]
pub struct PluginStatus {
    /// Its name.
    pub name: String,
    /// What it is for, in its author's words.
    pub description: String,
    /// The version that serves.
    pub version: Option<String>,
    /// What it does.
    pub state: PluginState,
    /// With [`PluginState::Suspended`], why and for how long.
    pub suspended: Option<Suspension>,
    /// Sessions (row id; none for what is of no session) whose events and timers it does not get for a while.
    pub suspended_hooks: Vec<(Option<String>, Suspension)>,
    /// Newer files are being compiled; with [`PluginState::Running`] the version before goes on meanwhile.
    pub compiling: bool,
    /// What the administrator's file says.
    pub enabled: bool,
    /// Where the component comes from.
    pub source: Source,
    /// It is, or its file wants, a library in the gateway's own process.
    pub native: bool,
    /// Of the component that serves.
    pub sha256: Option<String>,
    /// Since when this version serves.
    pub loaded_at_ms: Option<i64>,
    /// Method and path template.
    pub routes: Vec<(String, String)>,
    /// Event kinds.
    pub hooks: Vec<String>,
    /// Rights its manifest declares, each with its reason.
    pub rights: Vec<(String, String)>,
    /// Rights it really has: declared and granted.
    pub granted: Vec<String>,
    /// Sessions it may act on besides that of the call at hand: slugs, row ids or `*`.
    pub sessions: Vec<String>,
    /// Servers it may reach.
    pub hosts: Vec<String>,
    /// Why its newest files were refused. With [`PluginState::Running`] the version before goes on.
    pub last_error: Option<FileError>,
    /// What in its administrator's file has no effect.
    pub notes: Vec<FileError>,
    /// Calls since the start.
    pub calls: u64,
    /// Traps, timeouts and memory limits since the start.
    pub traps: u64,
    /// Half of the calls of its routes took at most so many microseconds, since this version serves.
    pub p50_us: Option<u64>,
    /// 99 of 100 did.
    pub p99_us: Option<u64>,
    /// Warm instances.
    pub instances: usize,
    /// What they hold of linear memory.
    pub memory_bytes: u64,
    /// Events that its hooks have not handled yet, by session row id. Sessions without are left out.
    pub lag: Vec<(String, i64)>,
}

/// Why calls are refused, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// In a sentence.
    pub reason: String,
    /// Milliseconds since 1970; none where nobody knows.
    pub until_ms: Option<i64>,
}

/// What a plugin does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginState {
    /// It serves.
    Running,
    /// It is being compiled and no version before serves.
    Compiling,
    /// It failed too often lately: calls are refused for a while.
    Suspended,
    /// The administrator switched it off.
    Disabled,
    /// Its files were refused and no version before serves.
    Refused,
}

impl PluginState {
    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Compiling => "compiling",
            Self::Suspended => "suspended",
            Self::Disabled => "disabled",
            Self::Refused => "refused",
        }
    }
}

/// Where a component comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It is part of the gateway.
    Bundled,
    /// A file beside the administrator's.
    File,
}

impl Source {
    /// In one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bundled => "bundled",
            Self::File => "file",
        }
    }
}
