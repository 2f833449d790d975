//! From files to a version that can serve: compile, link, try out, check. Changes nothing that serves.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use wagate_protocol::error::HostError;
use wagate_protocol::manifest::{BodyKind, Manifest, Right, SessionSource};
use wagate_storage::clock::SharedClock;

use crate::component::{self, Failure, misfit};
use crate::error::{FileError, PluginCallError};
use crate::files::Wasm;
use crate::guest::Linked;
use crate::imports::emit::is_of_host;
use crate::log_budget::LogBudget;
use crate::memory::SharedMemory;
use crate::native::Libraries;
use crate::operator::{Limits, OperatorFile};
use crate::outbound::AllowedHosts;
use crate::rate::RateLimit;
use crate::remarks::idle_grants;
use crate::runtime::Runtime;
use crate::schema;
use crate::services::Services;
use crate::state::Identity;
use crate::version::{Counters, Version, VersionParts};

/// What is needed to load any plugin.
pub(crate) struct Loader {
    pub(crate) runtime: Runtime,
    /// None where native plugins are not allowed.
    pub(crate) libraries: Option<Libraries>,
    /// None to look at plugins without giving them anything.
    pub(crate) services: Option<Arc<Services>>,
    pub(crate) clock: SharedClock,
}

/// One plugin to load.
pub(crate) struct Candidate<'a> {
    pub(crate) name: &'a str,
    /// The administrator's file, as it is named to people.
    pub(crate) file: &'a str,
    pub(crate) operator: &'a OperatorFile,
    pub(crate) wasm: &'a Wasm,
    /// The version that serves now: its compiled component is used again if the bytes are the same.
    pub(crate) previous: Option<&'a Version>,
    pub(crate) counters: Arc<Counters>,
}

impl Loader {
    /// The error names the file that is to blame.
    pub(crate) async fn load(&self, candidate: Candidate<'_>) -> Result<Version, FileError> {
        let Candidate {
            name,
            file,
            operator,
            wasm,
            ..
        } = candidate;
        let in_component = |message: String| FileError::new(&wasm.label, message);
        if wasm.native {
            operator.check_native(file, &wasm.content.sha256, self.libraries.is_some())?;
        }
        let sha256 = hex::encode(wasm.content.sha256);
        let linked = match candidate
            .previous
            .filter(|previous| is_made_of(previous, wasm))
            // Loaded anew, it gets rid of a call that does not come back.
            .filter(|previous| !previous.parts.linked.is_stuck())
        {
            Some(previous) => previous.parts.linked.clone(),
            None => self
                .link(name, wasm)
                .await
                .map_err(|error| in_component(format!("{error:#}")))?,
        };
        let limits = operator.limits;
        let nobody = Arc::new(identity(name, file, operator, None));
        let memory = Arc::clone(&nobody.memory);
        let services = self.services.clone();
        let trial = {
            let linked = linked.clone();
            async move {
                linked
                    .instantiate(nobody, services, &limits)
                    .await?
                    .describe()
                    .await
            }
        };
        let (mut instance, text) = linked
            .run(limits.call_timeout(), None, trial)
            .await
            .map_err(|failure| explain("describe", &failure, &wasm.label, file, &limits))?;
        let manifest = Manifest::parse(&text).map_err(|error| in_component(error.to_string()))?;
        check(&manifest, name, &linked).map_err(in_component)?;
        if let Some(schema) = &manifest.settings_schema {
            let schema = schema::compile(schema).map_err(in_component)?;
            schema::check(&schema, &operator.settings_json(), file, &operator.text)?;
        }

        let identity = Arc::new(Identity {
            // The trial instance holds some of it, and is kept.
            memory,
            ..identity(name, file, operator, Some(&manifest))
        });
        instance.set_identity(identity.clone());
        let config = operator.init_config();
        let start = {
            let config = config.clone();
            async move { instance.init(&config, &limits).await }
        };
        let (instance, answer) = linked
            .run(limits.call_timeout(), None, start)
            .await
            .map_err(|failure| explain("init", &failure, &wasm.label, file, &limits))?;
        match answer {
            Ok(()) => {}
            // Nobody is at the other end when a plugin is only looked at.
            Err(HostError::Unavailable { .. }) if self.services.is_none() => {}
            Err(HostError::Invalid(message)) => return Err(FileError::new(file, message)),
            Err(error) => return Err(in_component(format!("init refused: {error}"))),
        }
        let notes = idle_grants(&manifest, file, operator);
        let parts = VersionParts {
            manifest,
            sha256,
            linked,
            identity,
            limits,
            config,
            services: self.services.clone(),
            clock: self.clock.clone(),
            counters: candidate.counters,
            notes,
        };
        Ok(Version::new(parts, instance))
    }

    async fn link(&self, name: &str, wasm: &Wasm) -> anyhow::Result<Arc<Linked>> {
        if wasm.native {
            let libraries = self
                .libraries
                .as_ref()
                .context("native plugins are not allowed")?;
            let linked = libraries.load(name, wasm.content.bytes.clone()).await?;
            return Ok(Arc::new(Linked::Native(linked)));
        }
        let component = self.runtime.compile(wasm.content.bytes.clone()).await?;
        let linked = component::Linked::new(&self.runtime, &component)?;
        Ok(Arc::new(Linked::Component(linked)))
    }
}

/// Whether these bytes are what the version is made of.
pub(crate) fn is_made_of(version: &Version, wasm: &Wasm) -> bool {
    version.parts.sha256 == hex::encode(wasm.content.sha256)
        && version.parts.linked.is_native() == wasm.native
}

/// Where the mistake is: in the component, or in the file that gives it too little.
pub(crate) fn explain(
    function: &str,
    failure: &Failure,
    component: &str,
    file: &str,
    limits: &Limits,
) -> FileError {
    let reason = failure.detail.lines().next().unwrap_or_default();
    match &failure.kind {
        // Types are only compared when an instance is made.
        PluginCallError::Internal(text) => FileError::new(component, misfit(text)),
        PluginCallError::Memory => FileError::new(
            file,
            format!(
                "it needs more memory to start than [limits] {} gives it: {reason}",
                limits.memory_as_set()
            ),
        ),
        kind => FileError::new(component, format!("{function} failed: {kind}: {reason}")),
    }
}

/// What the manifest promises must be there, and nothing this host cannot do.
fn check(manifest: &Manifest, name: &str, linked: &Linked) -> Result<(), String> {
    if manifest.id != name {
        return Err(format!(
            "this is the plugin \"{}\", its files must be named like it",
            manifest.id
        ));
    }
    if !manifest.routes.is_empty() && !linked.answers_http() {
        return Err("the manifest has routes, but the component does not export http-routes".to_owned());
    }
    if !manifest.hooks.is_empty() && !linked.hears_events() {
        return Err("the manifest has hooks, but the component does not export events".to_owned());
    }
    if manifest.asks_for(Right::Timers) && !linked.hears_timers() {
        return Err(
            "the manifest asks for timers, but the component does not export timer-events".to_owned(),
        );
    }
    if manifest.asks_for(Right::Emit) && is_of_host(name) {
        return Err(format!(
            "the manifest asks for emit, but \"{name}.\" begins the gateway's own events: another id is needed"
        ));
    }
    if manifest
        .routes
        .iter()
        .any(|route| route.body == BodyKind::Multipart)
        && !manifest.asks_for(Right::Media)
    {
        return Err("a route has body = \"multipart\", but the manifest does not ask for media".to_owned());
    }
    let resolved = manifest
        .routes
        .iter()
        .find(|route| route.session == SessionSource::Resolved);
    match resolved {
        Some(route) if !linked.resolves_sessions() => Err(format!(
            "route {}: session = \"resolved\", but the component does not export session-resolver",
            route.path
        )),
        _ => Ok(()),
    }
}

pub(crate) fn identity(
    name: &str,
    file: &str,
    operator: &OperatorFile,
    manifest: Option<&Manifest>,
) -> Identity {
    Identity {
        plugin: name.to_owned(),
        declared: manifest
            .map(|manifest| manifest.rights.iter().map(|request| request.name).collect())
            .unwrap_or_default(),
        granted: operator.grants.capabilities.clone(),
        sessions: operator.grants.sessions.clone(),
        // Refusals reach REST clients: where the directory is on this machine is none of their business.
        file: Path::new(file).file_name().map_or_else(
            || file.to_owned(),
            |name| format!("plugins/{}", name.to_string_lossy()),
        ),
        memory: Arc::new(SharedMemory::new(&operator.limits)),
        store_bytes: operator.limits.store_bytes(),
        media_bytes: operator.limits.media_bytes(),
        documents: operator.grants.documents.clone(),
        hosts: AllowedHosts::new(
            operator.grants.hosts.clone(),
            operator.grants.private_hosts.clone(),
        ),
        fetches: RateLimit::per_minute(operator.limits.fetches_per_minute()),
        emits: RateLimit::per_minute(operator.limits.emits_per_minute()),
        whatsapp: RateLimit::per_minute(operator.limits.whatsapp_per_minute()),
        timers: RateLimit::per_minute(operator.limits.timers_per_minute()),
        log: LogBudget::default(),
    }
}
