//! The gateway as it ships, in a process of its own, attached to a sandbox network in another.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::guests::Guest;
use crate::load::Target;
use crate::network::Network;
use crate::process::{Memory, Process};
use crate::scratch;

/// The first administrator's key.
pub(crate) const API_KEY: &str = "wag_benchkeybenchkeybenchkeybench12";
/// What is measured is the gateway, not its limits.
pub(crate) const WITHOUT_LIMITS: [(&str, &str); 2] = [
    ("key_per_second = 50", "key_per_second = 0"),
    ("address_per_second = 200", "address_per_second = 0"),
];
/// Far longer than anything takes that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A gateway with its own data and its own copy of the shipped settings.
pub(crate) struct Gateway {
    process: Process,
    network: Network,
    http: reqwest::Client,
    binary: PathBuf,
    dir: TempDir,
}

impl Gateway {
    /// Starts it, and its network before it.
    pub(crate) fn start() -> anyhow::Result<Self> {
        Self::start_with(&WITHOUT_LIMITS)
    }

    /// The same, with lines of the settings file replaced.
    pub(crate) fn start_with(edits: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::start_in(directory()?, edits)
    }

    /// The same in a directory that was made before.
    pub(crate) fn start_in(dir: TempDir, edits: &[(&str, &str)]) -> anyhow::Result<Self> {
        let binary = binary()?;
        edit(&dir.path().join("config/wagate.toml"), edits)?;
        let network = Network::start(&binary)?;
        Ok(Self {
            process: serve(&binary, dir.path(), &network)?,
            network,
            http: reqwest::Client::new(),
            binary,
            dir,
        })
    }

    /// Ends the process and starts another over the same data.
    pub(crate) fn restart(self) -> anyhow::Result<Self> {
        let Self {
            process,
            network,
            http,
            binary,
            dir,
        } = self;
        drop(process);
        Ok(Self {
            process: serve(&binary, dir.path(), &network)?,
            network,
            http,
            binary,
            dir,
        })
    }

    /// Its network.
    pub(crate) fn network(&self) -> &Network {
        &self.network
    }

    /// The address it listens on.
    pub(crate) fn url(&self) -> anyhow::Result<&str> {
        self.process.address("http")
    }

    /// The process itself.
    pub(crate) fn process(&self) -> &Process {
        &self.process
    }

    /// The directory the administrator edits.
    pub(crate) fn config_dir(&self) -> PathBuf {
        self.dir.path().join("config")
    }

    /// What it takes now.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        self.process.memory()
    }

    /// A route to put load on.
    pub(crate) fn target(&self, method: Method, path: &str) -> anyhow::Result<Target> {
        Target::new(self.process.address("http")?, method, path)
    }

    /// Installs a guest and waits until its route answers.
    pub(crate) async fn install(&self, guest: &Guest, method: &Method, path: &str) -> anyhow::Result<()> {
        guest.install(&self.config_dir())?;
        self.until_served(method, path).await
    }

    /// When the component of a plugin that serves now was loaded; none as long as there is none.
    pub(crate) async fn loaded_at(&self, plugin: &str) -> anyhow::Result<Option<String>> {
        let (status, body) = self.call(&Method::GET, "/api/plugins", &Value::Null).await?;
        let list = body["data"].as_array().or_else(|| body.as_array());
        let list = list.with_context(|| format!("the plugins are not told: {status} {body}"))?;
        let one = list.iter().find(|one| one["name"] == plugin);
        Ok(one.and_then(|one| one["loadedAt"].as_str().map(str::to_owned)))
    }

    /// Installs a guest and waits until it serves.
    pub(crate) async fn install_component(&self, guest: &Guest) -> anyhow::Result<()> {
        guest.install(&self.config_dir())?;
        until(guest.name, async || self.loaded_at(guest.name).await)
            .await
            .map(drop)
    }

    /// Waits until a route answers with 200.
    pub(crate) async fn until_served(&self, method: &Method, path: &str) -> anyhow::Result<()> {
        until(path, async || {
            let (status, _) = self.call(method, path, &json!({})).await?;
            Ok((status == 200).then_some(()))
        })
        .await
    }

    /// A request as the administrator: status and body, null when that is no JSON.
    pub(crate) async fn call(
        &self,
        method: &Method,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<(u16, Value)> {
        let url = format!("{}{path}", self.process.address("http")?);
        let mut request = self
            .http
            .request(method.clone(), url)
            .header("x-api-key", API_KEY);
        if *method != Method::GET {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await.unwrap_or(Value::Null)))
    }

    /// Creates a session and links it with a phone of its own.
    pub(crate) async fn pair(&self, slug: &str, number: &str) -> anyhow::Result<()> {
        let session = json!({ "name": slug, "sessionId": slug });
        let (status, body) = self.call(&Method::POST, "/api/sessions", &session).await?;
        anyhow::ensure!(status < 300, "{slug} is not created: {status} {body}");
        let path = format!("/api/sessions/{slug}/qr");
        let qr = until("a QR code", async || {
            let (status, body) = self.call(&Method::GET, &path, &Value::Null).await?;
            let qr = body["qr"].as_str().map(str::to_owned);
            Ok(qr.filter(|_| status == 200))
        })
        .await?;
        self.network.scan_with_new_phone(number, &qr).await?;
        self.until_connected(slug).await
    }

    /// Waits until a session is connected.
    pub(crate) async fn until_connected(&self, slug: &str) -> anyhow::Result<()> {
        let path = format!("/api/sessions/{slug}");
        until(&format!("{slug} is connected"), async || {
            let (_, body) = self.call(&Method::GET, &path, &Value::Null).await?;
            Ok((body["data"]["status"] == "CONNECTED").then_some(()))
        })
        .await
    }
}

/// Looks until `look` finds something; an error ends it.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        anyhow::ensure!(
            Instant::now() < deadline,
            "waited {PATIENCE:?} in vain for: {what}"
        );
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn serve(binary: &Path, dir: &Path, network: &Network) -> anyhow::Result<Process> {
    let mut command = Command::new(binary);
    command
        .arg("serve")
        .arg("--config")
        .arg(dir.join("config"))
        .arg("--data")
        .arg(dir.join("data"))
        .args(["--listen", "127.0.0.1:0", "--sandbox", network.control()?])
        .env("WAGATE_ADMIN_EMAIL", "admin@example.test")
        .env("WAGATE_ADMIN_API_KEY", API_KEY);
    Process::start(&mut command, &dir.join("gateway.log"))
}

/// `WAGATE_BIN`, else what was built in this repository, released before debug.
pub(crate) fn binary() -> anyhow::Result<PathBuf> {
    if let Some(given) = std::env::var_os("WAGATE_BIN") {
        return Ok(given.into());
    }
    let target = scratch::root().join("target");
    let found = ["release", "debug"]
        .into_iter()
        .find(|profile| target.join(profile).join("wagate").is_file())
        .context("no gateway: run cargo build --release -p wagate --features sandbox, or set WAGATE_BIN")?;
    println!("gateway: {found} build");
    Ok(target.join(found).join("wagate"))
}

/// A directory with the shipped settings and no data yet, for [`Gateway::start_in`].
pub(crate) fn directory() -> anyhow::Result<TempDir> {
    let dir = scratch::directory()?;
    copy_dir(&scratch::root().join("config"), &dir.path().join("config"))?;
    std::fs::create_dir(dir.path().join("data"))?;
    Ok(dir)
}

fn edit(file: &Path, edits: &[(&str, &str)]) -> anyhow::Result<()> {
    let mut text = std::fs::read_to_string(file)?;
    for (from, to) in edits {
        anyhow::ensure!(text.contains(from), "no line {from:?} in {}", file.display());
        text = text.replace(from, to);
    }
    std::fs::write(file, text)?;
    Ok(())
}

fn copy_dir(from: &Path, to: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_dir(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
