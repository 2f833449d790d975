//! The gateway in a process of its own, over REST.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};
use tempfile::TempDir;

use crate::caller::Caller;
use crate::network::{Network, Phone};
use crate::process::Process;
use crate::wait::eventually;

/// The first administrator's key in every test.
pub const ADMIN_KEY: &str = "wag_testkeytestkeytestkeytestkey12";
/// From a start to a login, a cold machine included.
const CONNECTED_WITHIN: Duration = Duration::from_secs(40);

/// A gateway with its own data and its own copy of the shipped settings.
pub struct Gateway {
    binary: String,
    control: String,
    process: Option<Process>,
    http: reqwest::Client,
    dir: TempDir,
    env: Vec<(String, String)>,
}

impl Gateway {
    /// Starts one on a network.
    pub fn start(binary: &str, network: &Network) -> Self {
        Self::start_with(binary, network, &[])
    }

    /// The same, with keys of the settings file (`retry_ms`) set to other values, as they stand in TOML.
    pub fn start_with(binary: &str, network: &Network, settings: &[(&str, &str)]) -> Self {
        let mut gateway = Self::prepare(binary, network, settings);
        share_cache(&gateway.data_dir());
        gateway.start_again();
        gateway
    }

    /// As [`Self::start_with`], not yet started and with nothing in its data directory.
    pub fn prepare(binary: &str, network: &Network, settings: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config");
        copy_dir(&shipped, &dir.path().join("config"));
        let settings_file = dir.path().join("config").join("wagate.toml");
        without_limits(&settings_file);
        change_settings(&settings_file, settings);
        let data = dir.path().join("data");
        std::fs::create_dir(&data).expect("a data directory");
        Self {
            binary: binary.to_owned(),
            control: network.control().to_owned(),
            process: None,
            http: reqwest::Client::new(),
            dir,
            env: Vec::new(),
        }
    }

    /// Starts the process over the same data.
    pub fn start_again(&mut self) {
        let (config, data) = (self.config_dir(), self.dir.path().join("data"));
        let path = |path: &Path| path.to_str().expect("a printable path").to_owned();
        let args = [
            "serve",
            "--config",
            &path(&config),
            "--data",
            &path(&data),
            "--listen",
            "127.0.0.1:0",
        ];
        let args = [&args[..], &["--sandbox", &self.control]].concat();
        let mut env = vec![
            ("WAGATE_ADMIN_EMAIL", "admin@example.test"),
            ("WAGATE_ADMIN_API_KEY", ADMIN_KEY),
        ];
        env.extend(
            self.env
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str())),
        );
        self.process = Some(Process::start(&self.binary, &args, &env, &self.log()));
    }

    /// The process is started with this in its environment from now on; an empty value takes it back.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.env.retain(|(known, _)| known != name);
        if !value.is_empty() {
            self.env.push((name.to_owned(), value.to_owned()));
        }
    }

    /// Waits until the process has ended by itself.
    pub async fn wait_for_end(&mut self, within: Duration) {
        eventually("the process ends by itself", within, async || {
            self.has_ended().then_some(())
        })
        .await;
    }

    /// Whether the process, which was running, has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        let has_ended = self.process.as_mut().expect("it runs").has_ended();
        if has_ended {
            self.process = None;
        }
        has_ended
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// SIGTERM.
    pub fn terminate(&mut self) -> ExitStatus {
        self.process.take().expect("it runs").terminate()
    }

    /// No file of the process may become larger than this; see [`Process::limit_files`].
    pub fn limit_files(&self, bytes: Option<u64>) {
        self.process.as_ref().expect("it runs").limit_files(bytes);
    }

    /// Resident memory of the process, KiB.
    pub fn resident_kib(&self) -> u64 {
        self.process.as_ref().expect("it runs").resident_kib()
    }

    /// The most resident memory since [`Self::forget_peak`], KiB.
    pub fn peak_kib(&self) -> u64 {
        self.process.as_ref().expect("it runs").peak_kib()
    }

    /// The peak is counted from now on.
    pub fn forget_peak(&self) {
        self.process.as_ref().expect("it runs").forget_peak();
    }

    /// The directory the administrator edits.
    pub fn config_dir(&self) -> PathBuf {
        self.dir.path().join("config")
    }

    /// The directory it keeps everything in.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The database file.
    pub fn database_file(&self) -> PathBuf {
        self.data_dir().join("wagate.db")
    }

    /// The database, beside the gateway. `writable` to get in its way.
    pub async fn database(&self, writable: bool) -> SqliteConnection {
        let file = self.database_file();
        let options = SqliteConnectOptions::new().filename(file).read_only(!writable);
        options.connect().await.expect("the database opens")
    }

    /// The texts stored for a chat, in the order in which they were written down. Straight from the database: the
    /// contract's history route shows the newest 100.
    pub async fn stored_texts(&self, chat: &str, from_me: bool) -> Vec<String> {
        sqlx::query_scalar("SELECT content FROM messages WHERE chat = ? AND from_me = ? ORDER BY id")
            .bind(chat)
            .bind(from_me)
            .fetch_all(&mut self.database(false).await)
            .await
            .expect("the messages are read")
    }

    /// The `data` of all events of a kind, in the order of the log.
    pub async fn events(&self, kind: &str) -> Vec<Value> {
        let data: Vec<String> =
            sqlx::query_scalar("SELECT data FROM events WHERE kind = ? ORDER BY sequence")
                .bind(kind)
                .fetch_all(&mut self.database(false).await)
                .await
                .expect("the events are read");
        as_json(&data)
    }

    /// The `data` of one session's events of a kind, in order.
    pub async fn events_of(&self, slug: &str, kind: &str) -> Vec<Value> {
        let data: Vec<String> = sqlx::query_scalar(
            "SELECT e.data FROM events e JOIN sessions s ON s.id = e.session_id \
             WHERE s.slug = ? AND e.kind = ? ORDER BY e.sequence",
        )
        .bind(slug)
        .bind(kind)
        .fetch_all(&mut self.database(false).await)
        .await
        .expect("the events are read");
        as_json(&data)
    }

    /// Changes a line of `wagate.toml`, the way editors do.
    pub fn edit_settings(&self, from: &str, to: &str) {
        let file = self.config_dir().join("wagate.toml");
        let text = std::fs::read_to_string(&file).expect("the settings");
        assert!(text.contains(from), "{from} is not in wagate.toml");
        let fresh = self.config_dir().join(".wagate.toml.new");
        std::fs::write(&fresh, text.replace(from, to)).expect("the file is written");
        std::fs::rename(fresh, file).expect("the file is renamed");
    }

    /// A caller with this API key.
    pub fn caller(&self, key: &str) -> Caller {
        Caller::with_key(&self.url(""), key)
    }

    /// The first administrator.
    pub fn admin(&self) -> Caller {
        self.caller(ADMIN_KEY)
    }

    /// Where the process logs to.
    pub fn log(&self) -> PathBuf {
        self.dir.path().join("gateway.log")
    }

    /// What the process logged so far.
    pub fn log_text(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// The URL of a path.
    pub fn url(&self, path: &str) -> String {
        let ready = &self.process.as_ref().expect("it runs").ready;
        format!(
            "{}{path}",
            ready["http"].as_str().expect("the ready line names the URL")
        )
    }

    /// A request as the administrator; status and body (null when it is not JSON).
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        self.try_call(method, path, body)
            .await
            .expect("the gateway answers")
    }

    /// As [`Self::call`], for a gateway that may be down.
    pub async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<(u16, Value)> {
        let mut request = self
            .http
            .request(method, self.url(path))
            .header("X-API-Key", ADMIN_KEY);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await.unwrap_or(Value::Null)))
    }

    /// `GET`, which has to answer 200.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    /// `POST`, which has to answer 2xx.
    pub async fn post(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(Method::POST, path, Some(body)).await;
        assert!(status < 300, "POST {path}: {status} {answer}");
        answer
    }

    /// Creates a session.
    pub async fn create_session(&self, slug: &str) {
        self.post("/api/sessions", json!({ "name": slug, "sessionId": slug }))
            .await;
    }

    /// The session's status.
    pub async fn status(&self, slug: &str) -> String {
        let body = self.get(&format!("/api/sessions/{slug}")).await;
        body["data"]["status"].as_str().expect("a status").to_owned()
    }

    /// Waits for a status.
    pub async fn wait_status(&self, slug: &str, wanted: &str) {
        eventually(&format!("{slug} is {wanted}"), CONNECTED_WITHIN, async || {
            (self.status(slug).await == wanted).then_some(())
        })
        .await;
    }

    /// Status and cause of a session.
    pub async fn state_of(&self, slug: &str) -> (String, Option<String>) {
        let body = self.get(&format!("/api/sessions/{slug}")).await;
        let text = |field: &str| body["data"][field].as_str().map(str::to_owned);
        (text("status").expect("a status"), text("cause"))
    }

    /// How many sessions are connected.
    pub async fn connected(&self) -> usize {
        let body = self.get("/api/sessions").await;
        let sessions = body.as_array().expect("a bare list");
        sessions
            .iter()
            .filter(|session| session["status"] == "CONNECTED")
            .count()
    }

    /// Waits for a QR and returns it.
    pub async fn qr(&self, slug: &str) -> String {
        eventually("a QR is shown", CONNECTED_WITHIN, async || {
            let (status, body) = self
                .call(Method::GET, &format!("/api/sessions/{slug}/qr"), None)
                .await;
            if status == 200 {
                body["qr"].as_str().map(str::to_owned)
            } else {
                None
            }
        })
        .await
    }

    /// Creates a session and pairs it with a phone by QR.
    pub async fn pair(&self, slug: &str, owner: &Phone<'_>) {
        self.create_session(slug).await;
        owner.scan(&self.qr(slug).await).await;
        self.wait_status(slug, "CONNECTED").await;
    }

    /// Sends a text; returns the message id.
    pub async fn send(&self, slug: &str, to: &str, text: &str) -> String {
        let answer = self
            .post(
                &format!("/api/messages/{slug}/{to}/send"),
                json!({ "message": { "text": text } }),
            )
            .await;
        answer["data"]["key"]["id"]
            .as_str()
            .unwrap_or_else(|| panic!("no message id in {answer}"))
            .to_owned()
    }

    /// The stored messages of a chat, oldest first.
    pub async fn messages(&self, slug: &str, chat: &str) -> Vec<Value> {
        let body = self.get(&format!("/api/chat/{slug}/{chat}")).await;
        let list = if body.is_array() { &body } else { &body["data"] };
        list.as_array()
            .unwrap_or_else(|| panic!("no list in {body}"))
            .clone()
    }

    /// Writes an operator file of a plugin, the way editors do: a new file, renamed over the old one.
    pub fn write_plugin_toml(&self, plugin: &str, text: &str) {
        let plugins = self.config_dir().join("plugins");
        let fresh = plugins.join(format!(".{plugin}.toml.new"));
        std::fs::write(&fresh, text).expect("the file is written");
        std::fs::rename(fresh, plugins.join(format!("{plugin}.toml"))).expect("the file is renamed");
    }

    /// Replaces a text in a file below the settings directory.
    pub fn set(&self, file: &str, shipped: &str, wanted: &str) {
        let path = self.config_dir().join(file);
        let text = std::fs::read_to_string(&path).expect("the file is read");
        assert!(text.contains(shipped), "{shipped} is not in {file}");
        std::fs::write(path, text.replace(shipped, wanted)).expect("the file is written");
    }

    /// The status of a plugin as `GET /api/plugins` tells it.
    pub async fn plugin(&self, name: &str) -> Value {
        let body = self.get("/api/plugins").await;
        let list = if body.is_array() { &body } else { &body["data"] };
        let found = list
            .as_array()
            .expect("a list")
            .iter()
            .find(|plugin| plugin["name"] == name);
        found
            .unwrap_or_else(|| panic!("no plugin {name} in {body}"))
            .clone()
    }
}

/// Each key stands once in the shipped file.
fn change_settings(file: &Path, settings: &[(&str, &str)]) {
    let mut text = std::fs::read_to_string(file).expect("the settings are read");
    for (key, value) in settings {
        let start = format!("{key} = ");
        let line = text.lines().find(|line| line.starts_with(&start));
        let line = line.unwrap_or_else(|| panic!("no setting {key}")).to_owned();
        text = text.replace(&line, &format!("{start}{value}"));
    }
    std::fs::write(file, text).expect("the settings are written");
}

/// Tests ask as fast as they can. Those that are about limits set their own.
fn without_limits(file: &Path) {
    let mut text = std::fs::read_to_string(file).expect("the shipped settings");
    for limit in [
        "key_per_second = 50",
        "address_per_second = 200",
        "logins_per_minute = 5",
    ] {
        let (key, _) = limit.split_once(" = ").expect("a key and a value");
        assert!(text.contains(limit), "{limit} is not shipped any more");
        text = text.replace(limit, &format!("{key} = 0"));
    }
    std::fs::write(file, text).expect("the settings are written");
}

fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a directory");
    for entry in std::fs::read_dir(from).expect("the shipped settings are there") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("the file is copied");
        }
    }
}

fn as_json(data: &[String]) -> Vec<Value> {
    data.iter()
        .map(|data| serde_json::from_str(data).expect("an event holds JSON"))
        .collect()
}

/// All gateways of a test run share the cache of compiled plugins: compiling them is not what is tested here.
pub fn share_cache(data: &Path) {
    std::os::unix::fs::symlink(shared_cache(), data.join("cache")).expect("a link");
}

/// Where compiling is tested: a copy of that cache, so that what this gateway compiles does not fill it.
pub fn copy_cache(data: &Path) {
    let (shared, own) = (shared_cache(), data.join("cache"));
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .args([&shared, &own])
        .status()
        .expect("cp runs");
    // Other gateways write there: a file that is gone before it was copied was not one to copy.
    assert!(own.is_dir(), "the cache was not copied: {copied}");
}

fn shared_cache() -> PathBuf {
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/e2e-cache");
    std::fs::create_dir_all(&cache).expect("a cache directory");
    cache.canonicalize().expect("a cache directory")
}
