//! The sandbox network in a process of its own, and what is needed of its control API.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::Process;
use crate::scratch;

/// A running network.
pub(crate) struct Network {
    process: Process,
    http: reqwest::Client,
    _data: TempDir,
}

impl Network {
    pub(crate) fn start(binary: &Path) -> anyhow::Result<Self> {
        let data = scratch::directory()?;
        let mut command = Command::new(binary);
        command.arg("sandbox").arg("--data").arg(data.path());
        let process = Process::start(&mut command, &data.path().join("network.log"))?;
        Ok(Self {
            process,
            http: reqwest::Client::new(),
            _data: data,
        })
    }

    /// Where clients connect.
    pub(crate) fn ws(&self) -> anyhow::Result<&str> {
        self.process.address("ws")
    }

    /// Where the control API is.
    pub(crate) fn control(&self) -> anyhow::Result<&str> {
        self.process.address("control")
    }

    /// A new phone.
    pub(crate) async fn add_phone(&self, number: &str) -> anyhow::Result<()> {
        self.post("/phones", &json!({ "number": number })).await
    }

    /// A new phone scans this code.
    pub(crate) async fn scan_with_new_phone(&self, number: &str, qr: &str) -> anyhow::Result<()> {
        self.add_phone(number).await?;
        self.scan(number, qr).await
    }

    /// A phone scans this code.
    pub(crate) async fn scan(&self, number: &str, qr: &str) -> anyhow::Result<()> {
        self.post(&format!("/phones/{number}/scan"), &json!({ "qr": qr }))
            .await
    }

    /// A phone writes this text so many times at that pace, `{n}` in it being each one's number.
    pub(crate) async fn write_series(
        &self,
        number: &str,
        to: &str,
        text: &str,
        times: usize,
        every: Duration,
    ) -> anyhow::Result<()> {
        let every_ms = u64::try_from(every.as_millis())?;
        let repeat = json!({ "times": times, "everyMs": every_ms });
        let body = json!({ "to": to, "text": text, "repeat": repeat });
        self.post(&format!("/phones/{number}/messages"), &body).await
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        let url = format!("{}{path}", self.control()?);
        let answer = self.http.post(url).json(body).send().await?;
        let status = answer.status();
        anyhow::ensure!(
            status.is_success(),
            "{path}: {status} {}",
            answer.text().await.unwrap_or_default()
        );
        Ok(())
    }
}
