//! A process that says in one line of JSON that it is ready. Killed at the latest on drop.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::sync::mpsc;
use std::time::Duration;

use anyhow::Context as _;
use serde_json::Value;

/// A start compiles the plugins when the cache is cold.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// A running process.
pub(crate) struct Process {
    child: Child,
    ready: Value,
}

/// Memory of a process, KiB.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Memory {
    /// All that is resident, the binary's own pages included.
    pub(crate) resident: u32,
    /// Of it, what belongs to no file: the heap, mostly.
    pub(crate) anonymous: u32,
}

impl Memory {
    /// Of this process.
    pub(crate) fn own() -> anyhow::Result<Self> {
        Self::of(std::process::id())
    }

    fn of(process: u32) -> anyhow::Result<Self> {
        Ok(Self {
            resident: number(process, "status", "VmRSS:")?,
            anonymous: number(process, "status", "RssAnon:")?,
        })
    }
}

/// The number behind a name in one of a process's files.
fn number<N: FromStr>(process: u32, file: &str, name: &str) -> anyhow::Result<N> {
    let text = std::fs::read_to_string(format!("/proc/{process}/{file}"))
        .context("the process is gone, or this is not Linux")?;
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .with_context(|| format!("no {name} in /proc"))
}

impl Process {
    /// Starts it and waits for its ready line. What it logs goes to `log`, appended.
    pub(crate) fn start(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        // Made now, so that a process that does not get ready is killed when this is dropped.
        let mut process = Self {
            child,
            ready: Value::Null,
        };
        let (sender, lines) = mpsc::sync_channel(16);
        std::thread::spawn(move || {
            // Read to the end: a full pipe would block the process. Who is not listening any more misses nothing.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.try_send(line);
            }
        });
        let line = lines
            .recv_timeout(READY_WITHIN)
            .with_context(|| format!("{command:?} printed no ready line"))?;
        process.ready = serde_json::from_str(&line).with_context(|| format!("no ready line: {line}"))?;
        anyhow::ensure!(process.ready["event"] == "ready", "no ready line: {line}");
        Ok(process)
    }

    /// An address out of the ready line.
    pub(crate) fn address(&self, name: &str) -> anyhow::Result<&str> {
        self.ready[name]
            .as_str()
            .with_context(|| format!("the ready line has no {name}"))
    }

    /// What it takes now.
    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        Memory::of(self.id())
    }

    /// The process's number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Bytes it has caused to be written to the disk.
    pub(crate) fn written(&self) -> anyhow::Result<u64> {
        number(self.id(), "io", "write_bytes:")
    }

    /// Time it has computed since its start, in hundredths of a second.
    pub(crate) fn computed(&self) -> anyhow::Result<u32> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id()))?;
        // The name in parentheses may hold anything; after it the fields are counted from the third.
        let fields = stat.rsplit(')').next().context("no stat")?;
        let ticks = fields.split_whitespace().skip(11).take(2);
        let sum = ticks.map(str::parse::<u32>).sum::<Result<u32, _>>()?;
        Ok(sum)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
