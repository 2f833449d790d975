//! A plugin host in a directory of its own, and short ways to call it.

use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wagate_build_support::{build_guests, build_native, build_native_guests, build_plugins};
use wagate_engine::{Engine, EngineOptions, Network};
use wagate_plugin_host::{
    Bundled, Codecs, DeliveryOptions, HttpRequest, HttpResponse, Lookup, PluginCallError, PluginHost,
    PluginHostOptions, PluginStatus, Principal, Random, SessionRef, ShelfOptions,
};
use wagate_storage::api_keys::ApiKeyRow;
use wagate_storage::clock::Clock;
use wagate_storage::events::{Events as _, NewEvent};
use wagate_storage::sessions::{Desired, SessionRow};
use wagate_storage::sqlite::SqliteStorage;
use wagate_storage::users::{RegistrationGate, Role, UserRow};
use wagate_storage::{Health as _, SharedStorage};

/// What every awaited thing has to happen within. Generous: the machine may be busy.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
/// The session that requests and events are about.
pub(crate) const SESSION: &str = "0197a000-0000-7000-8000-000000000001";
pub(crate) const SLUG: &str = "shop";

/// A clock that stands still until a test moves it.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    /// Forward, or back.
    pub(crate) fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A component, compiled once a test run.
pub(crate) fn wasm(name: &str) -> Vec<u8> {
    static BUILT: OnceLock<Vec<(String, PathBuf)>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let plugins = build_plugins(&["messages", "chats", "autoreply", "webhooks", "example"]);
        let guests = build_guests(&["hostile", "versioned", "listener", "filer"]);
        plugins
            .into_iter()
            .chain(guests)
            .map(|built| (built.name, built.wasm))
            .collect()
    });
    let (_, path) = built.iter().find(|(built, _)| built == name).unwrap();
    std::fs::read(path).unwrap()
}

/// A native library, compiled once a test run.
pub(crate) fn library(name: &str) -> Vec<u8> {
    static BUILT: OnceLock<Vec<(String, PathBuf)>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let plugins = build_native(&["example"]);
        let guests = build_native_guests(&["hostile", "versioned", "listener"]);
        plugins
            .into_iter()
            .chain(guests)
            .map(|built| (built.name, built.library))
            .collect()
    });
    let (_, path) = built.iter().find(|(built, _)| built == name).unwrap();
    std::fs::read(path).unwrap()
}

/// The `versioned` guest with another version, `1000.0.0` to `1999.0.0`.
pub(crate) fn versioned(version: u32) -> Vec<u8> {
    replace_text(wasm("versioned"), "1000.0.0", &format!("{version}.0.0"))
}

/// The same component with something in it that nobody reads, so that no cache has it.
pub(crate) fn never_seen(mut wasm: Vec<u8>) -> Vec<u8> {
    let chance = RandomState::new().hash_one(0);
    // A custom section: its kind, its size, and its name with its length.
    wasm.extend([0, 10, 1, b'n']);
    wasm.extend(chance.to_le_bytes());
    wasm
}

/// A component with a text replaced by one of the same length.
pub(crate) fn replace_text(mut wasm: Vec<u8>, old: &str, new: &str) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let places: Vec<usize> = wasm
        .windows(old.len())
        .enumerate()
        .filter(|(_, window)| *window == old.as_bytes())
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty());
    for at in places {
        wasm[at..at + new.len()].copy_from_slice(new.as_bytes());
    }
    wasm
}

/// Everything, in one directory.
pub(crate) struct World {
    pub(crate) host: PluginHost,
    pub(crate) storage: SharedStorage,
    pub(crate) clock: Arc<TestClock>,
    allow_native: bool,
    dir: Arc<TempDir>,
    shutdown: CancellationToken,
    running: Option<JoinHandle<()>>,
}

impl World {
    /// With these files in `config/plugins`, and nothing bundled.
    pub(crate) async fn start(files: &[(&str, &[u8])]) -> Self {
        Self::start_with(files, &[], &[]).await
    }

    /// The same, where libraries may be plugins.
    pub(crate) async fn start_native(files: &[(&str, &[u8])]) -> Self {
        Self::start_anyhow(files, &[], &[], true).await
    }

    pub(crate) async fn start_with(
        files: &[(&str, &[u8])],
        bundled: &'static [Bundled],
        host_routes: &[(&str, &str)],
    ) -> Self {
        Self::start_anyhow(files, bundled, host_routes, false).await
    }

    async fn start_anyhow(
        files: &[(&str, &[u8])],
        bundled: &'static [Bundled],
        host_routes: &[(&str, &str)],
        allow_native: bool,
    ) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        std::fs::create_dir_all(dir.path().join("config/plugins")).unwrap();
        for (name, content) in files {
            std::fs::write(dir.path().join("config/plugins").join(name), content).unwrap();
        }
        let storage: SharedStorage =
            Arc::new(SqliteStorage::open(&dir.path().join("wagate.db")).await.unwrap());
        insert_session(&storage).await;
        Self::over(dir, storage, bundled, host_routes, 0, allow_native).await
    }

    async fn over(
        dir: Arc<TempDir>,
        storage: SharedStorage,
        bundled: &'static [Bundled],
        host_routes: &[(&str, &str)],
        later_ms: i64,
        allow_native: bool,
    ) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(1_760_000_000_000 + later_ms)));
        // Nothing listens there, and nothing is ever started.
        let network = Network::Sandbox {
            ws_url: "ws://127.0.0.1:9/ws/chat".to_owned(),
            media_ca: None,
        };
        let options = EngineOptions::new(network, dir.path().join("media"));
        let engine = Engine::open(storage.clone(), clock.clone(), options)
            .await
            .unwrap();
        let host = PluginHost::open(PluginHostOptions {
            config_dir: dir.path().join("config"),
            cache_dir: cache_dir(),
            allow_native,
            bundled,
            host_routes: host_routes
                .iter()
                .map(|(method, path)| ((*method).to_owned(), (*path).to_owned()))
                .collect(),
            storage: storage.clone(),
            engine,
            clock: clock.clone(),
            random: Random::seeded(1),
            // Receivers of tests are on this machine.
            delivery: DeliveryOptions {
                allow_private: vec!["127.0.0.0/8".parse().unwrap()],
                ..DeliveryOptions::default()
            },
            shelf: ShelfOptions::in_dir(dir.path().join("media-handles")),
            codecs: Codecs::new(None),
        })
        .await
        .unwrap();
        let shutdown = CancellationToken::new();
        let running = tokio::spawn({
            let (host, shutdown) = (host.clone(), shutdown.clone());
            async move { host.run(shutdown).await }
        });
        Self {
            host,
            storage,
            clock,
            allow_native,
            dir,
            shutdown,
            running: Some(running),
        }
    }

    /// Stops the host and starts another one on the same files and database.
    pub(crate) async fn restart(self) -> Self {
        self.restart_at(0).await
    }

    /// The same; it starts so many milliseconds after the beginning of all tests.
    pub(crate) async fn restart_at(mut self, later_ms: i64) -> Self {
        self.shutdown.cancel();
        self.running.take().unwrap().await.unwrap();
        Self::over(
            self.dir.clone(),
            self.storage.clone(),
            &[],
            &[],
            later_ms,
            self.allow_native,
        )
        .await
    }

    /// Where the files of plugins lie.
    pub(crate) fn handle_dir(&self) -> PathBuf {
        self.dir.path().join("media-handles")
    }

    /// What lies there.
    pub(crate) fn handle_files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.handle_dir()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    pub(crate) fn config_dir(&self) -> PathBuf {
        self.dir.path().join("config")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("config/plugins").join(name)
    }

    /// Writes a file in one step, as deployment tools do.
    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        put_file(&self.path(name), content);
    }

    pub(crate) fn status(&self, name: &str) -> PluginStatus {
        self.host
            .statuses()
            .into_iter()
            .find(|status| status.name == name)
            .unwrap_or_else(|| panic!("no plugin {name}"))
    }

    /// Waits until the plugin's status is as wanted.
    pub(crate) async fn until(&self, name: &str, wanted: impl Fn(&PluginStatus) -> bool) -> PluginStatus {
        let mut changes = self.host.changes();
        let wait = async {
            loop {
                changes.mark_unchanged();
                let found = self
                    .host
                    .statuses()
                    .into_iter()
                    .find(|status| status.name == name);
                if let Some(status) = found.filter(|status| wanted(status)) {
                    return status;
                }
                changes.changed().await.unwrap();
            }
        };
        let outcome = tokio::time::timeout(DEADLINE, wait).await;
        outcome.unwrap_or_else(|_| panic!("waited in vain; now: {:#?}", self.host.statuses()))
    }

    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<HttpResponse, PluginCallError> {
        call(&self.host, method, path, body).await
    }

    /// The same for another session (row id).
    pub(crate) async fn call_for(
        &self,
        session: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<HttpResponse, PluginCallError> {
        call_for(&self.host, session, method, path, body).await
    }

    /// A session of this user, who is made if need be. Its row id and slug are `id`.
    pub(crate) async fn add_session(&self, id: &str, user: &str) {
        if self.storage.user(user).await.unwrap().is_none() {
            let row = self.storage.user("user-1").await.unwrap().unwrap();
            let row = UserRow {
                id: user.to_owned(),
                email: format!("{user}@example.org"),
                ..row
            };
            let is_new = self.storage.insert_user(row, RegistrationGate::Open).await;
            assert!(is_new.unwrap());
        }
        let row = self.storage.session(SESSION).await.unwrap().unwrap();
        let row = SessionRow {
            id: id.to_owned(),
            slug: id.to_owned(),
            user_id: user.to_owned(),
            ..row
        };
        self.storage.insert_session(row).await.unwrap();
    }

    /// Appends a message event to the session's log and wakes the hooks.
    pub(crate) async fn receive(&self, id: &str, text: &str) {
        let chat = "15550100@s.whatsapp.net";
        let data = serde_json::json!({
            "key": { "remoteJid": chat, "fromMe": false, "id": id },
            "chat": chat, "from": chat, "isGroup": false, "type": "TEXT", "content": text,
        });
        let event = NewEvent {
            id: id.to_owned(),
            session_id: SESSION.to_owned(),
            kind: "message.received".to_owned(),
            chat: Some(chat.to_owned()),
            timestamp: self.clock.now_ms(),
            schema: 1,
            data: data.to_string(),
        };
        self.storage.append_events(vec![event]).await.unwrap();
        self.host.reload().await;
    }

    /// Appends events as another process would, which has the database open, too.
    pub(crate) async fn append_elsewhere(&self, events: Vec<NewEvent>) {
        let other = SqliteStorage::open(&self.dir.path().join("wagate.db"))
            .await
            .unwrap();
        other.append_events(events).await.unwrap();
        other.close().await;
    }

    /// The text stored under a key of a plugin, once it is there.
    pub(crate) async fn stored(&self, plugin: &str, key: &str) -> String {
        let find = || async { self.storage.plugin_get(plugin, key).await.unwrap() };
        String::from_utf8(eventually(&format!("{key} of {plugin}"), find).await).unwrap()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// Of all tests: what one has compiled, the others find.
pub(crate) fn cache_dir() -> PathBuf {
    std::env::temp_dir().join("wagate-test-component-cache")
}

pub(crate) fn put_file(path: &Path, content: &[u8]) {
    let temporary = path.with_extension("new~");
    std::fs::write(&temporary, content).unwrap();
    std::fs::rename(&temporary, path).unwrap();
}

pub(crate) async fn call(
    host: &PluginHost,
    method: &str,
    path: &str,
    body: &str,
) -> Result<HttpResponse, PluginCallError> {
    call_for(host, SESSION, method, path, body).await
}

async fn call_for(
    host: &PluginHost,
    session: &str,
    method: &str,
    path: &str,
    body: &str,
) -> Result<HttpResponse, PluginCallError> {
    let route = match host.find(method, path) {
        Lookup::Match(route) => route,
        other => panic!("{method} {path}: {other:?}"),
    };
    let request = HttpRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("X-API-Key".to_owned(), "secret".to_owned()),
        ],
        body: Bytes::copy_from_slice(body.as_bytes()),
        session: Some(SessionRef {
            id: session.to_owned(),
            slug: SLUG.to_owned(),
        }),
        principal: Some(Principal {
            user_id: "user-1".to_owned(),
            role: "OWNER".to_owned(),
            ..Principal::default()
        }),
        ..HttpRequest::default()
    };
    host.call(&route, request).await
}

pub(crate) fn json(response: &HttpResponse) -> serde_json::Value {
    serde_json::from_slice(&response.body).unwrap()
}

/// Asks until there is an answer.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    let wait = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(DEADLINE, wait)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

async fn insert_session(storage: &SharedStorage) {
    let user = UserRow {
        id: "user-1".to_owned(),
        email: "ann@example.org".to_owned(),
        name: None,
        password_hash: None,
        role: Role::Owner,
        disabled: false,
        created_at: 0,
        updated_at: 0,
    };
    let key = ApiKeyRow {
        id: "key-1".to_owned(),
        user_id: user.id.clone(),
        name: "test".to_owned(),
        hash: vec![0; 32],
        last4: "0000".to_owned(),
        ..ApiKeyRow::default()
    };
    assert!(storage.insert_first_user(user, key).await.unwrap());
    let session = SessionRow {
        id: SESSION.to_owned(),
        user_id: "user-1".to_owned(),
        slug: SLUG.to_owned(),
        name: "Shop".to_owned(),
        desired: Desired::Stopped,
        status: "STOPPED".to_owned(),
        cause: None,
        pn: None,
        lid: None,
        push_name: None,
        config: "{}".to_owned(),
        created_at: 0,
        updated_at: 0,
    };
    storage.insert_session(session).await.unwrap();
}
