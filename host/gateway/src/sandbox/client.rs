//! The client under test, as a process beside the network.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};
use wagate_sandbox::Network;

/// A client that does not end when asked to is killed.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running client and the file it reads.
pub(super) struct Client {
    child: Child,
    /// Removed when the client has ended.
    _authority: NamedTempFile,
}

/// Starts it, if there is one. Where the network is it finds in its environment.
pub(super) fn start(network: &Network, command: &[OsString]) -> anyhow::Result<Option<Client>> {
    let Some((program, arguments)) = command.split_first() else {
        return Ok(None);
    };
    let mut authority = NamedTempFile::new().context("cannot create a temporary file")?;
    authority
        .write_all(network.media_ca_pem().as_bytes())
        .context("cannot write a temporary file")?;
    let child = Command::new(program)
        .args(arguments)
        .env("WAGATE_SANDBOX_WS", network.ws_url())
        .env("WAGATE_SANDBOX_CONTROL", network.control_url())
        .env("WAGATE_SANDBOX_ROOT", network.noise_root())
        .env("NODE_EXTRA_CA_CERTS", authority.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {}", program.display()))?;
    Ok(Some(Client {
        child,
        _authority: authority,
    }))
}

/// Waits until it ends with a failure, and says how. A client that ends well has done what it had to.
pub(super) async fn failure(client: &mut Option<Client>) -> ExitStatus {
    if let Some(client) = client {
        match client.child.wait().await {
            Ok(status) if !status.success() => return status,
            Ok(_) => tracing::info!("the client has ended"),
            Err(error) => tracing::warn!(%error, "the client cannot be waited for"),
        }
    }
    std::future::pending().await
}

/// Ends it.
pub(super) async fn stop(client: Option<Client>) {
    let Some(mut client) = client else {
        return;
    };
    if let Err(error) = client.child.start_kill() {
        tracing::debug!(%error, "the client has ended already");
    }
    if tokio::time::timeout(PATIENCE, client.child.wait()).await.is_err() {
        tracing::warn!("the client did not end in time and is left behind");
    }
}
