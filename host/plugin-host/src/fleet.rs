//! All plugins: follows the files, replaces versions one by one, keeps the old one whenever a new one is refused.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;

use crate::entry::Entry;
use crate::error::FileError;
use crate::files::{Files, PluginFiles};
use crate::heap;
use crate::hooks::Cursors;
use crate::loader::{Candidate, Loader, is_made_of};
use crate::operator::OperatorFile;
use crate::schema;
use crate::status::Source;
use crate::table::Table;
use crate::version::Version;

/// What takes longer than this shows itself; what comes from the cache does not.
const SHOWN_AFTER: Duration = Duration::from_millis(50);

/// Hears which plugin is being compiled, and how many come after it.
pub type CompilingTold = Box<dyn Fn(&str, usize) + Send + Sync>;

/// The plugins and the table that leads to them.
pub(crate) struct Fleet {
    loader: Loader,
    host_routes: Vec<(String, String)>,
    /// None while plugins are only looked at.
    cursors: Option<Arc<Cursors>>,
    /// One scan at a time.
    files: Mutex<Files>,
    table: ArcSwap<Table>,
    changes: watch::Sender<u64>,
    told: Option<CompilingTold>,
}

impl Fleet {
    pub(crate) fn new(
        loader: Loader,
        files: Files,
        host_routes: Vec<(String, String)>,
        cursors: Option<Arc<Cursors>>,
    ) -> Self {
        let table = ArcSwap::from_pointee(Table::default());
        Self {
            loader,
            host_routes,
            cursors,
            files: Mutex::new(files),
            table,
            changes: watch::Sender::new(0),
            told: None,
        }
    }

    /// Tells somebody besides what is compiled.
    pub(crate) fn telling(self, told: CompilingTold) -> Self {
        Self {
            told: Some(told),
            ..self
        }
    }

    /// Take what is needed out of it before awaiting anything.
    pub(crate) fn table(&self) -> Arc<Table> {
        self.table.load_full()
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Looks at the files and applies what changed. `force` reads contents even where the metadata is the same.
    pub(crate) async fn scan(&self, force: bool) {
        self.scan_with(force, None).await;
    }

    /// Takes this plugin's files as new even if they are the same: checked again, new instances, no suspension.
    pub(crate) async fn reload_one(&self, name: &str) {
        self.scan_with(true, Some(name)).await;
    }

    async fn scan_with(&self, force: bool, anew: Option<&str>) {
        let mut files = self.files.lock().await;
        let mut found = match files.scan(force).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(error = %error, "the plugins' files cannot be listed, everything stays as it is");
                return;
            }
        };
        // Where two want the same route, the one in the box has it, at each start.
        found.sort_by_key(|plugin| plugin.source != Source::Bundled);
        let mut changed = self.unload_missing(&found).await;
        let mut left = found
            .iter()
            .filter(|plugin| self.is_to_be_compiled(plugin))
            .count();
        let compiles_any = left > 0;
        for plugin in &found {
            if plugin.is_stray {
                changed |= self.note_stray(plugin);
                continue;
            }
            let compiles = self.is_to_be_compiled(plugin);
            left = left.saturating_sub(usize::from(compiles));
            let is_anew = anew == Some(plugin.name.as_str());
            changed |= self.apply(plugin, is_anew, compiles.then_some(left)).await;
        }
        if changed {
            self.tell();
        }
        if compiles_any {
            // Once for all of them.
            heap::give_back(()).await;
        }
    }

    fn tell(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// Whether its files have a component that is not the one that serves, and was not looked at.
    fn is_to_be_compiled(&self, plugin: &PluginFiles) -> bool {
        let Some(Ok(wasm)) = &plugin.wasm else {
            return false;
        };
        let table = self.table();
        let old = table.entries.get(&plugin.name);
        let is_known = old.is_some_and(|old| old.fingerprint == Some(plugin.fingerprint));
        let serves = old.and_then(|old| old.version.as_deref());
        !wasm.native && !is_known && serves.is_none_or(|version| !is_made_of(version, wasm))
    }

    /// Plugins whose file is gone and that are not bundled.
    async fn unload_missing(&self, found: &[PluginFiles]) -> bool {
        let table = self.table();
        let gone: Vec<(&String, &Entry)> = table
            .entries
            .iter()
            .filter(|(name, entry)| {
                let still = found.iter().find(|plugin| plugin.name == **name);
                // A stray that got its file is no stray any more, and the other way round.
                still.is_none_or(|plugin| plugin.is_stray != entry.is_stray)
            })
            .collect();
        for (name, entry) in &gone {
            if !entry.is_stray {
                tracing::info!(plugin.id = %name, "plugin {name} unloaded: its file is gone");
                self.pass_events_by(name).await;
            }
            self.replace(name, None);
        }
        !gone.is_empty()
    }

    /// A component that nobody's file wants is shown with the reason, and nothing else. True when that is new.
    fn note_stray(&self, plugin: &PluginFiles) -> bool {
        let Err(error) = &plugin.operator else {
            return false;
        };
        if self.table().entries.contains_key(&plugin.name) {
            return false;
        }
        tracing::warn!("{error}");
        let entry = Entry {
            enabled: false,
            is_stray: true,
            ..Entry::new(plugin.source)
        };
        self.refuse(&plugin.name, entry, error.clone());
        true
    }

    /// True when the plugin's files are not the ones seen last, or are to be taken as new. `left` is how many more are to
    /// be compiled after this one; none when it is not compiled.
    async fn apply(&self, plugin: &PluginFiles, anew: bool, left: Option<usize>) -> bool {
        let name = plugin.name.as_str();
        let old = self.table().entries.get(name).cloned();
        let is_known = old
            .as_ref()
            .is_some_and(|old| old.fingerprint == Some(plugin.fingerprint));
        if is_known && !anew {
            return false;
        }
        let mut entry = old.unwrap_or_else(|| Entry::new(plugin.source));
        entry.compiling = false;
        entry.fingerprint = Some(plugin.fingerprint);
        entry.native = plugin.operator.as_ref().is_ok_and(OperatorFile::is_native);
        let meanwhile = left.map(|left| (left, entry.being_compiled()));
        let outcome = self
            .shown(name, meanwhile, Box::pin(self.try_apply(plugin, &mut entry)))
            .await;
        if let Err(error) = outcome {
            let error = with_settings(plugin, entry.version.as_deref(), error);
            if entry.description.is_empty()
                && let Some(declared) = plugin.declared()
            {
                entry.description = declared.description;
            }
            let serving = entry.version.as_ref().map_or("nothing", |_| "the version before");
            tracing::error!(
                plugin.id = name,
                "plugin {name} refused, {serving} goes on: {error}"
            );
            self.refuse(name, entry, error);
        }
        true
    }

    /// Shows that a plugin is being compiled, once that takes a while. Whatever comes of the work replaces what is shown.
    async fn shown<T>(
        &self,
        name: &str,
        meanwhile: Option<(usize, Entry)>,
        mut work: impl Future<Output = T> + Unpin,
    ) -> T {
        let Some((left, entry)) = meanwhile else {
            return work.await;
        };
        if let Ok(outcome) = timeout(SHOWN_AFTER, &mut work).await {
            return outcome;
        }
        tracing::info!(
            plugin.id = name,
            plugins.left = left,
            "plugin {name} is being compiled, {left} more to go"
        );
        if let Some(told) = &self.told {
            told(name, left);
        }
        self.replace(name, Some(entry));
        self.tell();
        work.await
    }

    async fn try_apply(&self, plugin: &PluginFiles, entry: &mut Entry) -> Result<(), FileError> {
        let name = plugin.name.as_str();
        let operator = plugin.operator.as_ref().map_err(Clone::clone)?;
        let mut new = Entry {
            enabled: operator.enabled,
            last_error: None,
            ..entry.clone()
        };
        match &plugin.wasm {
            None => {
                new.switch_off(plugin);
                self.pass_events_by(name).await;
            }
            Some(wasm) => {
                let wasm = wasm.as_ref().map_err(Clone::clone)?;
                let version = self
                    .loader
                    .load(Candidate {
                        name,
                        file: &plugin.file,
                        operator,
                        wasm,
                        previous: entry.version.as_deref(),
                        counters: entry.counters.clone(),
                    })
                    .await?;
                new.source = wasm.source;
                new.description.clone_from(&version.parts.manifest.description);
                for note in &version.parts.notes {
                    tracing::warn!(plugin.id = name, "plugin {name}: {note}");
                }
                new.version = Some(Arc::new(version));
                new.off.clear();
            }
        }
        let version = new.version.clone();
        // Routes first: a version that cannot serve must not move any cursor.
        let table = self
            .with_entry(name, Some(new))
            .map_err(|conflict| FileError::new(&plugin.file, conflict))?;
        if let Some(version) = version
            .as_deref()
            .filter(|version| !version.parts.manifest.hooks.is_empty())
        {
            self.start_hooks(version).await.map_err(|message| {
                // Not the files' fault: the next look tries again.
                entry.fingerprint = None;
                FileError::new(&plugin.file, message)
            })?;
        }
        self.store(table);
        if let Some(version) = version {
            let number = &version.parts.manifest.version;
            tracing::info!(plugin.id = name, plugin.version = %number, "plugin {name} {number} serves");
        } else {
            tracing::info!(plugin.id = name, "plugin {name} is switched off");
        }
        Ok(())
    }

    /// Whether the plugin would take a file with this text. Tried out on an instance of its own that can reach nothing;
    /// what serves goes on.
    pub(crate) async fn try_text(&self, name: &str, text: &str) -> Result<(), FileError> {
        let files = self.files.lock().await.with_text(name, text).await;
        let operator = files.operator?;
        let Some(wasm) = files.wasm else { return Ok(()) };
        let wasm = wasm?;
        operator.check_hash(&files.file, &wasm.content.sha256)?;
        let previous = self
            .table()
            .entries
            .get(name)
            .and_then(|entry| entry.version.clone());
        let loader = Loader {
            runtime: self.loader.runtime.clone(),
            libraries: self.loader.libraries.clone(),
            services: None,
            clock: self.loader.clock.clone(),
        };
        loader
            .load(Candidate {
                name,
                file: &files.file,
                operator: &operator,
                wasm: &wasm,
                previous: previous.as_deref(),
                counters: Arc::default(),
            })
            .await
            .map(drop)
    }

    async fn start_hooks(&self, version: &Version) -> Result<(), String> {
        match &self.cursors {
            Some(cursors) => cursors
                .start(version.name())
                .await
                .map_err(|error| format!("the hooks cannot start: {error}")),
            None => Ok(()),
        }
    }

    /// What happens while a plugin is off is not made up for when it comes back.
    async fn pass_events_by(&self, name: &str) {
        let Some(cursors) = &self.cursors else { return };
        if let Err(error) = cursors.forget(name).await {
            tracing::warn!(plugin.id = name, error = %error, "plugin {name} may see events from the time it was off");
        }
    }

    /// Notes why, changes nothing else.
    fn refuse(&self, name: &str, mut entry: Entry, error: FileError) {
        entry.last_error = Some(error);
        self.replace(name, Some(entry));
    }

    /// For changes that cannot make routes meet.
    fn replace(&self, name: &str, entry: Option<Entry>) {
        match self.with_entry(name, entry) {
            Ok(table) => self.store(table),
            Err(conflict) => tracing::error!(plugin.id = name, "the route table cannot be built: {conflict}"),
        }
    }

    fn with_entry(&self, name: &str, entry: Option<Entry>) -> Result<Table, String> {
        let mut entries = self.table().entries.clone();
        match entry {
            Some(entry) => entries.insert(name.to_owned(), entry),
            None => entries.remove(name),
        };
        Table::build(&self.host_routes, entries)
    }

    /// One store: every request sees either the old table or the new one. Calls under way hold their version and end
    /// within their time limit.
    fn store(&self, table: Table) {
        let table = Arc::new(table);
        let old = self.table.swap(table.clone());
        for (name, entry) in &old.entries {
            let Some(version) = &entry.version else { continue };
            let newer = table.entries.get(name).and_then(|entry| entry.version.as_ref());
            if newer.is_none_or(|newer| !Arc::ptr_eq(newer, version)) {
                version.retire();
            }
        }
    }
}

/// A component that cannot be loaded says nothing about its settings. What the version before it would refuse is told with it:
/// nobody has to mend one mistake to see the other.
fn with_settings(plugin: &PluginFiles, before: Option<&Version>, mut error: FileError) -> FileError {
    let wasm = plugin.wasm.as_ref().and_then(|wasm| wasm.as_ref().ok());
    let is_of_component = wasm.is_some_and(|wasm| error.file.as_deref() == Some(wasm.label.as_str()));
    if is_of_component
        && let Ok(operator) = &plugin.operator
        && let Some(schema) = before.and_then(|version| version.parts.manifest.settings_schema.as_ref())
        && let Ok(schema) = schema::compile(schema)
        && let Err(other) = schema::check(&schema, &operator.settings_json(), &plugin.file, &operator.text)
    {
        error.message.push_str(&format!("; and {other}"));
    }
    error
}
