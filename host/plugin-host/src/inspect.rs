//! Looks at plugins without a gateway: one component, or all that a directory has. They are given nothing, and nothing
//! of them stays but what the cache keeps.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use wagate_protocol::manifest::{Manifest, Right};
use wagate_storage::clock::{Clock as _, SystemClock};
use wasmtime::component::Component;

use crate::bindings::PACKAGE;
use crate::component;
use crate::entry::Entry;
use crate::error::FileError;
use crate::files::{Bundled, Content, Files, Wasm};
use crate::fleet::{CompilingTold, Fleet};
use crate::guest::Linked;
use crate::loader::{Candidate, Loader, explain, identity};
use crate::native::Libraries;
use crate::operator::{OperatorFile, is_library};
use crate::remarks::idle_grants;
use crate::runtime::{MAX_COMPONENT, Runtime};
use crate::status::{PluginStatus, Source};
use crate::table::Table;

/// What stands in for the administrator's file where there is none.
const NO_DECISIONS: &str = "enabled = true\n";

/// Exports a plugin may have beside the one it must have.
const OPTIONAL_EXPORTS: [&str; 4] = ["http-routes", "events", "timer-events", "session-resolver"];

/// What a component says about itself.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// What its author declares.
    pub manifest: Manifest,
    /// Of the file, in hex.
    pub sha256: String,
    /// Of the file, in bytes.
    pub size: u64,
    /// Which of `http-routes`, `events`, `timer-events`, `session-resolver` it has.
    pub exports: Vec<&'static str>,
    /// Of a library, the version of the SDK in it; none of a component.
    pub native: Option<&'static str>,
}

/// A component together with an administrator's file.
#[derive(Debug, Clone)]
pub struct Review {
    /// The component.
    pub inspection: Inspection,
    /// Rights that the file grants, asked for or not.
    pub granted: Vec<Right>,
    /// Why the two would be refused.
    pub problems: Vec<FileError>,
    /// What is no mistake, but perhaps not meant.
    pub notes: Vec<FileError>,
}

/// Asks a component who it is. `cache_dir` may be a temporary directory. A library is only loaded with `allow_native`.
pub async fn inspect(wasm: &Path, cache_dir: &Path, allow_native: bool) -> Result<Inspection, FileError> {
    let wasm = read(wasm).await?;
    look(&loader(cache_dir, allow_native)?, &wasm).await
}

/// Tries a component out as a gateway would, with this administrator's file or with none.
pub async fn review(
    wasm: &Path,
    operator_file: Option<&Path>,
    cache_dir: &Path,
    host_routes: &[(String, String)],
    allow_native: bool,
) -> Result<Review, FileError> {
    let wasm = read(wasm).await?;
    let loader = loader(cache_dir, allow_native)?;
    let inspection = look(&loader, &wasm).await?;
    let id = inspection.manifest.id.clone();
    let mut review = Review {
        inspection,
        granted: Vec::new(),
        problems: Vec::new(),
        notes: Vec::new(),
    };

    let file = operator_file.map_or_else(|| format!("{id}.toml"), |path| path.display().to_string());
    let text = match operator_file {
        Some(path) => tokio::fs::read_to_string(path)
            .await
            .map_err(|error| FileError::new(&file, format!("cannot be read: {error}"))),
        None => Ok(NO_DECISIONS.to_owned()),
    };
    let operator = match text.and_then(|text| OperatorFile::parse(&file, &text)) {
        Ok(operator) => operator,
        Err(error) => {
            // The component is tried out all the same: one run shows everything.
            review.problems.push(error);
            OperatorFile::parse(&file, NO_DECISIONS)?
        }
    };
    review.granted = operator.grants.capabilities.iter().copied().collect();
    review.notes = remarks(&review.inspection.manifest, operator_file, &file, &operator);
    if let Err(error) = operator.check_hash(&file, &wasm.content.sha256) {
        review.problems.push(error);
    }
    let is_blamed_on_file = |error: &FileError| error.file.as_deref() == Some(file.as_str());
    match try_out(&loader, &id, &file, &operator, &wasm, host_routes).await {
        Ok(()) => {}
        // Its settings, and there are none: perhaps it has some that it cannot do without.
        Err(error) if operator_file.is_none() && is_blamed_on_file(&error) => review.notes.push(FileError {
            file: None,
            line: None,
            column: None,
            message: format!("without settings it does not start: {}", error.message),
        }),
        Err(error) => review.problems.push(error),
    }
    Ok(review)
}

/// Every plugin there is, as a gateway would find it right after its start. `told` hears of what takes long.
pub async fn survey(
    config_dir: &Path,
    cache_dir: &Path,
    bundled: &[Bundled],
    host_routes: &[(String, String)],
    allow_native: bool,
    told: CompilingTold,
) -> Result<Vec<PluginStatus>, FileError> {
    let fleet = Fleet::new(
        loader(cache_dir, allow_native)?,
        Files::new(config_dir, bundled),
        host_routes.to_vec(),
        None,
    )
    .telling(told);
    fleet.scan(true).await;
    let now = SystemClock.now_ms();
    let table = fleet.table();
    Ok(table
        .entries
        .iter()
        .map(|(name, entry)| entry.status(name, now, Vec::new()))
        .collect())
}

fn loader(cache_dir: &Path, allow_native: bool) -> Result<Loader, FileError> {
    let runtime = Runtime::new(cache_dir).map_err(|error| {
        let message = format!("the plugin runtime cannot start: {error:#}");
        FileError::new(&cache_dir.display().to_string(), message)
    })?;
    Ok(Loader {
        runtime,
        libraries: allow_native.then(|| Libraries::new(cache_dir)),
        services: None,
        clock: Arc::new(SystemClock),
    })
}

async fn read(path: &Path) -> Result<Wasm, FileError> {
    let label = path.display().to_string();
    let unreadable = |error| FileError::new(&label, format!("cannot be read: {error}"));
    let length = tokio::fs::metadata(path).await.map_err(unreadable)?.len();
    if !usize::try_from(length).is_ok_and(|length| length <= MAX_COMPONENT) {
        return Err(FileError::new(
            &label,
            format!("is bigger than {MAX_COMPONENT} bytes"),
        ));
    }
    let bytes = tokio::fs::read(path).await.map_err(unreadable)?;
    Ok(Wasm {
        source: Source::File,
        content: Content::new(&bytes),
        native: is_library(path),
        label,
    })
}

async fn look(loader: &Loader, wasm: &Wasm) -> Result<Inspection, FileError> {
    let in_component = |message: String| FileError::new(&wasm.label, message);
    let unfit = |error: anyhow::Error| in_component(format!("{error:#}"));
    let bytes = wasm.content.bytes.clone();
    let (linked, exports, native) = if wasm.native {
        let libraries = loader.libraries.as_ref().ok_or_else(|| {
            in_component(
                "is a native plugin, which runs with all rights of this process: not without --allow-native"
                    .to_owned(),
            )
        })?;
        let linked = libraries.load("inspected", bytes).await.map_err(unfit)?;
        let sdk = linked.sdk();
        (Linked::Native(linked), OPTIONAL_EXPORTS.to_vec(), Some(sdk))
    } else {
        let component = loader.runtime.compile(bytes).await.map_err(unfit)?;
        let linked = component::Linked::new(&loader.runtime, &component).map_err(unfit)?;
        let exports = exports(&component, &loader.runtime);
        (Linked::Component(linked), exports, None)
    };
    let operator = OperatorFile::parse(&wasm.label, NO_DECISIONS)?;
    let nobody = Arc::new(identity("", &wasm.label, &operator, None));
    let linked = Arc::new(linked);
    let limits = operator.limits;
    let asked = {
        let linked = linked.clone();
        async move { linked.instantiate(nobody, None, &limits).await?.describe().await }
    };
    let (_, text) = linked
        .run(limits.call_timeout(), None, asked)
        .await
        .map_err(|failure| explain("describe", &failure, &wasm.label, &wasm.label, &limits))?;
    let manifest = Manifest::parse(&text).map_err(|error| in_component(error.to_string()))?;
    Ok(Inspection {
        manifest,
        sha256: hex::encode(wasm.content.sha256),
        size: u64::try_from(wasm.content.bytes.len()).unwrap_or(u64::MAX),
        exports,
        native,
    })
}

fn exports(component: &Component, runtime: &Runtime) -> Vec<&'static str> {
    let kind = component.component_type();
    let names: Vec<String> = kind
        .exports(runtime.engine())
        .map(|(name, _)| name.to_owned())
        .collect();
    let has = |wanted: &str| names.iter().any(|name| interface(name) == Some(wanted));
    OPTIONAL_EXPORTS
        .into_iter()
        .filter(|wanted| has(wanted))
        .collect()
}

/// `events` of `wagate:plugin/events@1.0.0`.
fn interface(name: &str) -> Option<&str> {
    let name = name.strip_prefix(PACKAGE)?;
    Some(name.split_once('@').map_or(name, |(name, _)| name))
}

/// Loads it, and looks whether its routes are free.
async fn try_out(
    loader: &Loader,
    id: &str,
    file: &str,
    operator: &OperatorFile,
    wasm: &Wasm,
    host_routes: &[(String, String)],
) -> Result<(), FileError> {
    let version = loader
        .load(Candidate {
            name: id,
            file,
            operator,
            wasm,
            previous: None,
            counters: Arc::default(),
        })
        .await?;
    let mut entry = Entry::new(Source::File);
    entry.version = Some(Arc::new(version));
    Table::build(host_routes, BTreeMap::from([(id.to_owned(), entry)]))
        .map(drop)
        .map_err(|conflict| FileError::new(&wasm.label, conflict))
}

fn remarks(manifest: &Manifest, path: Option<&Path>, file: &str, operator: &OperatorFile) -> Vec<FileError> {
    let mut remarks = Vec::new();
    let id = &manifest.id;
    let wanted = format!("{id}.toml");
    let name = path.and_then(Path::file_name);
    if name.is_some_and(|name| name != wanted.as_str()) {
        remarks.push(FileError::new(
            file,
            format!("in config/plugins it must be named {wanted}"),
        ));
    }
    if !operator.enabled {
        remarks.push(FileError::new(
            file,
            "enabled = false: the plugin is switched off",
        ));
    }
    remarks.extend(idle_grants(manifest, file, operator));
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "id = \"greeter\"\nversion = \"1.0.0\"\napi = \"1.0\"\n[[rights]]\nname = \"store\"\n\
                            reason = \"keeps the greetings\"\n";

    fn remarks_on(name: &str, text: &str) -> Vec<String> {
        let operator = OperatorFile::parse(name, text).unwrap();
        let manifest = Manifest::parse(MANIFEST).unwrap();
        remarks(&manifest, Some(Path::new(name)), name, &operator)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_fitting_file_needs_no_remark() {
        let text = "enabled = true\n[grants]\ncapabilities = [\"store\"]\n";
        assert!(remarks_on("greeter.toml", text).is_empty());
    }

    #[test]
    fn what_is_perhaps_not_meant_is_told_with_its_place() {
        let text = "enabled = false\n[grants]\ncapabilities = [\"store\", \"history\"]\n";
        let found = remarks_on("greet.toml", text);
        assert!(found[0].contains("must be named greeter.toml"), "{found:?}");
        assert!(found[1].contains("switched off"), "{found:?}");
        assert!(
            found[2].starts_with("greet.toml:3:26: grants \"history\""),
            "{found:?}"
        );
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn an_exports_name_is_told_from_its_version() {
        assert_eq!(interface(&format!("{PACKAGE}events@1.0.0")), Some("events"));
        assert_eq!(interface(&format!("{PACKAGE}events")), Some("events"));
        assert_eq!(interface("wasi:cli/run@0.2.0"), None);
    }
}
