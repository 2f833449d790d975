//! A plugin in the table: the version that serves, if one does, and what was wrong with its newest files.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use wagate_protocol::manifest::Route;

use crate::error::FileError;
use crate::files::PluginFiles;
use crate::status::{PluginState, PluginStatus, Source};
use crate::version::{Counters, Version};

/// Everything known about one plugin.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) enabled: bool,
    pub(crate) source: Source,
    /// Its files want a native plugin.
    pub(crate) native: bool,
    /// A component that no administrator's file wants.
    pub(crate) is_stray: bool,
    /// What it is for, as far as is known: a plugin that is switched off has no version to ask.
    pub(crate) description: String,
    pub(crate) version: Option<Arc<Version>>,
    /// While it is switched off: what it would serve, as far as that is known.
    pub(crate) off: Vec<Route>,
    pub(crate) last_error: Option<FileError>,
    /// Its newest files are being compiled.
    pub(crate) compiling: bool,
    /// Of the files that were last looked at, good or bad: the same ones are not tried again.
    pub(crate) fingerprint: Option<[u8; 32]>,
    pub(crate) counters: Arc<Counters>,
}

impl Entry {
    pub(crate) fn new(source: Source) -> Self {
        Self {
            enabled: true,
            source,
            native: false,
            is_stray: false,
            description: String::new(),
            version: None,
            off: Vec::new(),
            last_error: None,
            compiling: false,
            fingerprint: None,
            counters: Arc::default(),
        }
    }

    /// The same while its newest files are compiled. Without their fingerprint, so that they are looked at again should this
    /// be cut short.
    pub(crate) fn being_compiled(&self) -> Self {
        Self {
            enabled: true,
            compiling: true,
            fingerprint: None,
            ..self.clone()
        }
    }

    /// Nothing serves from now on. What would is known from the version that did, or for a bundled plugin from its manifest.
    pub(crate) fn switch_off(&mut self, plugin: &PluginFiles) {
        if let Some(version) = self.version.take() {
            self.off.clone_from(&version.parts.manifest.routes);
        } else if self.off.is_empty()
            && let Some(declared) = plugin.declared()
        {
            self.off = declared.routes;
            self.description = declared.description;
        }
    }

    pub(crate) fn status(&self, name: &str, now_ms: i64, lag: Vec<(String, i64)>) -> PluginStatus {
        let version = self.version.as_ref();
        let manifest = version.map(|version| &version.parts.manifest);
        let state = match version {
            Some(version) if version.suspension(now_ms).is_some() => PluginState::Suspended,
            Some(_) => PluginState::Running,
            None if self.compiling => PluginState::Compiling,
            None if self.last_error.is_some() => PluginState::Refused,
            None => PluginState::Disabled,
        };
        let routes = manifest.map(|manifest| &manifest.routes).into_iter().flatten();
        let rights = manifest.map(|manifest| &manifest.rights).into_iter().flatten();
        let granted = version
            .map(|version| version.parts.identity.effective())
            .unwrap_or_default();
        let latency = version.and_then(|version| version.latency.percentiles());
        let (instances, memory_bytes) = version.map(|version| version.warm()).unwrap_or_default();
        PluginStatus {
            name: name.to_owned(),
            description: self.description.clone(),
            version: manifest.map(|manifest| manifest.version.clone()),
            state,
            suspended: version.and_then(|version| version.suspension(now_ms)),
            suspended_hooks: version
                .map(|version| version.suspended_hooks(now_ms))
                .unwrap_or_default(),
            compiling: self.compiling,
            enabled: self.enabled,
            source: self.source,
            native: self.native,
            sha256: version.map(|version| version.parts.sha256.clone()),
            loaded_at_ms: version.map(|version| version.loaded_at_ms),
            routes: routes
                .map(|route| (route.method.as_str().to_owned(), route.path.clone()))
                .collect(),
            hooks: manifest
                .map(|manifest| manifest.hooks.clone())
                .unwrap_or_default(),
            rights: rights
                .map(|request| (request.name.to_string(), request.reason.clone()))
                .collect(),
            granted: granted.iter().map(ToString::to_string).collect(),
            sessions: version
                .map(|version| version.parts.identity.sessions.clone())
                .unwrap_or_default(),
            hosts: version
                .map(|version| version.parts.identity.hosts.names())
                .unwrap_or_default(),
            p50_us: latency.map(|(p50, _)| p50),
            p99_us: latency.map(|(_, p99)| p99),
            instances,
            memory_bytes,
            last_error: self.last_error.clone(),
            notes: version
                .map(|version| version.parts.notes.clone())
                .unwrap_or_default(),
            calls: self.counters.calls.load(Ordering::Relaxed),
            traps: self.counters.traps.load(Ordering::Relaxed),
            lag,
        }
    }
}
