//! The administrator's files: which plugins there should be, with what. Reads carefully, decides nothing.
//!
//! Files are read twice until both reads agree, and what has vanished is looked for a second time: editors and
//! deployment tools replace files in several steps, and half a step must not unload a plugin.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};
use tokio::time::sleep;
use wagate_protocol::manifest::{Manifest, is_plugin_id};

use crate::error::FileError;
use crate::misnamed::Misnamed;
use crate::operator::{OperatorFile, is_library};
use crate::runtime::MAX_COMPONENT;
use crate::status::Source;

/// Between two reads that must agree.
const SETTLE: Duration = Duration::from_millis(40);
const MAX_READS: usize = 25;
/// How long a file that vanished may stay away before it counts as removed.
const VANISH_GRACE: Duration = Duration::from_millis(300);

/// A plugin that is part of the gateway.
#[derive(Debug, Clone, Copy)]
pub struct Bundled {
    /// Its name.
    pub name: &'static str,
    /// The component.
    pub wasm: &'static [u8],
    /// What its author declares, as the component says too: known while it is switched off.
    pub manifest: &'static str,
    /// What holds as long as the administrator has no file for it.
    pub default_toml: &'static str,
}

/// What the files say about one plugin.
pub(crate) struct PluginFiles {
    pub(crate) name: String,
    /// The administrator's file, as it is named to people.
    pub(crate) file: String,
    pub(crate) operator: Result<OperatorFile, FileError>,
    /// Where its component comes from, as far as is known without reading it.
    pub(crate) source: Source,
    /// Of the bundled plugin with this name.
    pub(crate) bundled_manifest: Option<&'static str>,
    /// Only when it is enabled.
    pub(crate) wasm: Option<Result<Wasm, FileError>>,
    /// There is a component, and no administrator's file that wants it.
    pub(crate) is_stray: bool,
    /// Of everything above.
    pub(crate) fingerprint: [u8; 32],
}

impl PluginFiles {
    /// What a bundled plugin declares, known without asking its component.
    pub(crate) fn declared(&self) -> Option<Manifest> {
        Manifest::parse(self.bundled_manifest?).ok()
    }
}

/// A component's bytes and where they are from.
#[derive(Clone)]
pub(crate) struct Wasm {
    pub(crate) source: Source,
    /// For messages.
    pub(crate) label: String,
    pub(crate) content: Content,
    /// No component, but a library.
    pub(crate) native: bool,
}

/// Bytes with their hash.
#[derive(Clone)]
pub(crate) struct Content {
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) sha256: [u8; 32],
}

impl Content {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self {
            bytes: bytes.into(),
            sha256: Sha256::digest(bytes).into(),
        }
    }
}

/// The directory and what was last seen in it.
pub(crate) struct Files {
    dir: PathBuf,
    bundled: Vec<(Bundled, Content)>,
    tomls: BTreeMap<String, PathBuf>,
    /// The component that a plugin's file names; of a file that is wrong now, the one it named before.
    named: BTreeMap<String, PathBuf>,
    misnamed: Misnamed,
    seen: HashMap<PathBuf, (Stamp, Content)>,
}

/// What changes when a file is replaced. Contents are compared by hash; this only saves reading.
#[derive(PartialEq, Eq, Clone, Copy)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl Files {
    /// `config_dir/plugins` need not exist.
    pub(crate) fn new(config_dir: &Path, bundled: &[Bundled]) -> Self {
        let bundled = bundled
            .iter()
            .map(|plugin| (*plugin, Content::new(plugin.wasm)))
            .collect();
        Self {
            dir: config_dir.join("plugins"),
            bundled,
            tomls: BTreeMap::new(),
            named: BTreeMap::new(),
            misnamed: Misnamed::default(),
            seen: HashMap::new(),
        }
    }

    /// All plugins there should be, bundled ones first. With `force` contents are read even if nothing but the content
    /// could have changed. An error means: cannot look, so nothing changes.
    pub(crate) async fn scan(&mut self, force: bool) -> io::Result<Vec<PluginFiles>> {
        let (mut tomls, mut components) = self.list().await?;
        if self.tomls.keys().any(|name| !tomls.contains_key(name)) {
            sleep(VANISH_GRACE).await;
            (tomls, components) = self.list().await?;
        }
        self.tomls.clone_from(&tomls);
        let bundled: Vec<&'static str> = self.bundled.iter().map(|(plugin, _)| plugin.name).collect();
        let added: Vec<String> = tomls
            .keys()
            .filter(|name| !bundled.contains(&name.as_str()))
            .cloned()
            .collect();
        let mut plugins = Vec::new();
        for name in bundled.into_iter().map(str::to_owned).chain(added) {
            let toml = tomls.get(&name).cloned();
            plugins.push(self.plugin(name, toml, force).await);
        }
        let strays = self.strays(&components, &plugins);
        plugins.extend(strays);
        let named: BTreeSet<PathBuf> = tomls.into_values().collect();
        self.seen.retain(|path, _| {
            named.contains(path)
                || is_library(path)
                || path.extension().is_some_and(|extension| extension == "wasm")
        });
        Ok(plugins)
    }

    /// The administrator's files by plugin, and every component.
    async fn list(&mut self) -> io::Result<(BTreeMap<String, PathBuf>, Vec<PathBuf>)> {
        let mut entries = match tokio::fs::read_dir(&self.dir).await {
            Ok(entries) => entries,
            // Never there: fine. Gone: a volume that is being replaced, perhaps.
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.tomls.is_empty() => {
                return Ok((BTreeMap::new(), Vec::new()));
            }
            Err(error) => return Err(error),
        };
        let (mut tomls, mut components) = (BTreeMap::new(), Vec::new());
        while let Some(entry) = entries.next_entry().await? {
            let path = entry.path();
            // Hidden files and names no plugin can have are editors' and deployment tools' business.
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .and_then(|name| name.strip_suffix(".toml"));
            if let Some(name) = name.filter(|name| is_plugin_id(name)) {
                tomls.insert(name.to_owned(), path.clone());
            } else if path.extension().is_some_and(|extension| extension == "wasm") {
                components.push(path);
            } else {
                self.misnamed.tell(&path);
            }
        }
        components.sort();
        Ok((tomls, components))
    }

    /// What the files would say about a plugin if its administrator's file had this text.
    pub(crate) async fn with_text(&mut self, name: &str, text: &str) -> PluginFiles {
        let file = self.dir.join(format!("{name}.toml")).display().to_string();
        let operator = OperatorFile::parse(&file, text);
        let (path, wants) = match &operator {
            Ok(operator) => (operator.path.clone(), operator.enabled),
            Err(_) => (None, false),
        };
        let wasm = if wants {
            Some(self.wasm(name, &file, path.as_deref(), false).await)
        } else {
            None
        };
        PluginFiles {
            name: name.to_owned(),
            file,
            operator,
            source: Source::File,
            bundled_manifest: None,
            wasm,
            is_stray: false,
            fingerprint: [0; 32],
        }
    }

    /// Components that no administrator's file wants; those that could be a plugin's by their name.
    fn strays(&mut self, components: &[PathBuf], plugins: &[PluginFiles]) -> Vec<PluginFiles> {
        self.named
            .retain(|name, _| plugins.iter().any(|plugin| plugin.name == *name));
        for plugin in plugins {
            match &plugin.operator {
                Ok(OperatorFile { path: Some(path), .. }) => {
                    self.named.insert(plugin.name.clone(), self.dir.join(path));
                }
                Ok(_) => drop(self.named.remove(&plugin.name)),
                Err(_) => {}
            }
        }
        let mut strays = Vec::new();
        let is_named = |path: &PathBuf| self.named.values().any(|named| named == path);
        for path in components.iter().filter(|path| !is_named(path)) {
            let name = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default();
            if !is_plugin_id(name) {
                self.misnamed.tell(path);
            } else if plugins.iter().all(|plugin| plugin.name != name) {
                strays.push(stray(name, path));
            }
        }
        strays
    }

    async fn plugin(&mut self, name: String, toml: Option<PathBuf>, force: bool) -> PluginFiles {
        let file = self.dir.join(format!("{name}.toml")).display().to_string();
        let text = match &toml {
            Some(path) => self.text(path, &file, force).await,
            None => Ok(self.default_toml(&name).to_owned()),
        };
        let mut hash = Sha256::new();
        hash.update(
            text.as_ref()
                .map_or_else(|error| error.message.as_bytes(), |text| text.as_bytes()),
        );
        let operator = text.and_then(|text| OperatorFile::parse(&file, &text));
        let wasm = match &operator {
            Ok(operator) if operator.enabled => {
                let wasm = self.wasm(&name, &file, operator.path.as_deref(), force).await;
                Some(wasm.and_then(|wasm| {
                    operator.check_hash(&file, &wasm.content.sha256)?;
                    Ok(wasm)
                }))
            }
            _ => None,
        };
        match &wasm {
            Some(Ok(wasm)) => hash.update(wasm.content.sha256),
            Some(Err(error)) => hash.update(&error.message),
            None => {}
        }
        let bundled = self.bundled.iter().find(|(plugin, _)| plugin.name == name);
        let source = match &wasm {
            Some(Ok(wasm)) => wasm.source,
            _ if bundled.is_some() => Source::Bundled,
            _ => Source::File,
        };
        PluginFiles {
            bundled_manifest: bundled.map(|(plugin, _)| plugin.manifest),
            name,
            file,
            operator,
            source,
            wasm,
            is_stray: false,
            fingerprint: hash.finalize().into(),
        }
    }

    fn default_toml(&self, name: &str) -> &'static str {
        self.bundled
            .iter()
            .find(|(plugin, _)| plugin.name == name)
            .map_or("", |(plugin, _)| plugin.default_toml)
    }

    async fn text(&mut self, path: &Path, file: &str, force: bool) -> Result<String, FileError> {
        let content = self
            .read(path, force)
            .await
            .map_err(|error| FileError::new(file, format!("cannot be read: {error}")))?;
        String::from_utf8(content.bytes.to_vec()).map_err(|_| FileError::new(file, "is not UTF-8 text"))
    }

    async fn wasm(
        &mut self,
        name: &str,
        file: &str,
        path: Option<&Path>,
        force: bool,
    ) -> Result<Wasm, FileError> {
        let beside = self
            .dir
            .join(path.map_or_else(|| PathBuf::from(format!("{name}.wasm")), Path::to_path_buf));
        let label = beside.display().to_string();
        let native = path.is_some_and(is_library);
        match self.read(&beside, force).await {
            Ok(content) => {
                return Ok(Wasm {
                    source: Source::File,
                    label,
                    content,
                    native,
                });
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_none() => {}
            Err(error) => return Err(FileError::new(&label, format!("cannot be read: {error}"))),
        }
        let bundled = self.bundled.iter().find(|(plugin, _)| plugin.name == name);
        match bundled {
            Some((_, content)) => Ok(Wasm {
                source: Source::Bundled,
                label: format!("the bundled {name}"),
                content: content.clone(),
                native: false,
            }),
            None => Err(FileError::new(
                file,
                format!("there is no component: neither {label} nor a bundled plugin \"{name}\""),
            )),
        }
    }

    async fn read(&mut self, path: &Path, force: bool) -> io::Result<Content> {
        let known = self.seen.get(path).cloned();
        let mut stamp = stamp_of(path).await;
        if known.is_some() && matches!(&stamp, Err(error) if error.kind() == io::ErrorKind::NotFound) {
            sleep(VANISH_GRACE).await;
            stamp = stamp_of(path).await;
        }
        let stamp = match stamp {
            Ok(stamp) => stamp,
            Err(error) => {
                self.seen.remove(path);
                return Err(error);
            }
        };
        if let Some((old_stamp, content)) = &known
            && !force
            && *old_stamp == stamp
        {
            return Ok(content.clone());
        }
        let content = match known {
            Some((_, old)) => read_settled(path, Some(old)).await?,
            None => read_settled(path, None).await?,
        };
        self.seen.insert(path.to_owned(), (stamp, content.clone()));
        Ok(content)
    }
}

/// What is known of a component that no administrator's file wants. It is not read.
fn stray(name: &str, path: &Path) -> PluginFiles {
    let file = path.display().to_string();
    let error = FileError::new(
        &file,
        format!(
            "is not loaded: there is no {name}.toml beside it, which says what it may do; `wagate plugin grants` writes one"
        ),
    );
    PluginFiles {
        name: name.to_owned(),
        fingerprint: Sha256::digest(&error.message).into(),
        file,
        operator: Err(error),
        source: Source::File,
        bundled_manifest: None,
        wasm: None,
        is_stray: true,
    }
}

/// Reads until two reads agree, or the content is the one already known.
async fn read_settled(path: &Path, known: Option<Content>) -> io::Result<Content> {
    let mut last = tokio::fs::read(path).await?;
    for _ in 0..MAX_READS {
        if let Some(known) = known.as_ref().filter(|known| *known.bytes == *last) {
            return Ok(known.clone());
        }
        sleep(SETTLE).await;
        let again = tokio::fs::read(path).await?;
        if again == last {
            return Ok(Content::new(&again));
        }
        last = again;
    }
    Err(io::Error::new(
        io::ErrorKind::WouldBlock,
        "it is being written all the time",
    ))
}

async fn stamp_of(path: &Path) -> io::Result<Stamp> {
    let meta = tokio::fs::metadata(path).await?;
    if !meta.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "is not a file"));
    }
    // Judged before a file is read: it is held in memory more than once.
    if !usize::try_from(meta.len()).is_ok_and(|length| length <= MAX_COMPONENT) {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("is bigger than {MAX_COMPONENT} bytes"),
        ));
    }
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&meta);
    #[cfg(not(unix))]
    let inode = 0;
    Ok(Stamp {
        length: meta.len(),
        modified: meta.modified().ok(),
        inode,
    })
}
