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
        let binary = binary()?;
        let dir = scratch::directory()?;
        copy_dir(&scratch::root().join("config"), &dir.path().join("config"))?;
        without_limits(&dir.path().join("config/wagate.toml"))?;
        std::fs::create_dir(dir.path().join("data"))?;
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

    /// The directory the administrator edits.
    pub(crate) fn config_dir(&self) -> PathBuf {
        self.dir.path().join("config")
    }

    /// What it takes now.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        self.process.memory()
    }

    /// A route to put load on.
    pub(crate) fn target(&self, method: Method, path: &'static str) -> anyhow::Result<Target> {
        Target::new(self.process.address("http")?, method, path)
    }

    /// Installs a guest and waits until its route answers.
    pub(crate) async fn install(&self, guest: &Guest, method: &Method, path: &str) -> anyhow::Result<()> {
        guest.install(&self.config_dir())?;
        self.until_served(method, path).await
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
fn binary() -> anyhow::Result<PathBuf> {
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

/// What is measured is the gateway, not its limits.
fn without_limits(file: &Path) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file)?;
    let text = text
        .replace("key_per_second = 50", "key_per_second = 0")
        .replace("address_per_second = 200", "address_per_second = 0");
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
