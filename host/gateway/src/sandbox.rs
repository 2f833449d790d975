//! The sandbox network: on its own (`wagate sandbox`), inside a gateway, or attached to from one.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use wagate_sandbox::{Network, NetworkOptions};

use crate::cli::SandboxArgs;
use crate::config::log::Log;
use crate::logging;
use crate::out::{Ready, ReadySandbox};
use crate::signals::{self, Signals};

/// How long a network that is attached to may take to answer.
const ATTACH: Duration = Duration::from_secs(5);
const STOP: Duration = Duration::from_secs(5);

/// A network somebody runs: this process, or another.
pub(crate) struct SandboxNetwork {
    ws: String,
    control: String,
    /// Ours to stop.
    inside: Option<Network>,
}

/// What of `GET /state` is needed.
#[derive(Deserialize)]
struct Overview {
    ws: String,
}

impl SandboxNetwork {
    /// What `--sandbox` asks for. A build that can meet the sandbox skips a check that protects against fake servers,
    /// so without the flag it refuses to run at all.
    pub(crate) async fn wanted(flag: Option<&str>, data_dir: &Path) -> anyhow::Result<Self> {
        match flag {
            None => bail!(
                "this build has the sandbox network in it and never meets WhatsApp: add --sandbox, or build without \
                 the feature `sandbox`"
            ),
            Some("") => Self::inside(Some(data_dir)).await,
            Some(control) => Self::attach(control).await,
        }
    }

    /// A network in this process, on free ports.
    pub(crate) async fn inside(data_dir: Option<&Path>) -> anyhow::Result<Self> {
        announce();
        let free_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let network = Network::start(NetworkOptions {
            listen: free_port,
            control: free_port,
            data_dir: data_dir.map(|data_dir| data_dir.join("sandbox")),
        })
        .await
        .context("cannot start the sandbox network")?;
        Ok(Self {
            ws: network.ws_url(),
            control: network.control_url(),
            inside: Some(network),
        })
    }

    /// A network of another process, asked for its address.
    async fn attach(control: &str) -> anyhow::Result<Self> {
        announce();
        let control = control.trim_end_matches('/').to_owned();
        let answer = async {
            let client = reqwest::Client::builder().no_proxy().timeout(ATTACH).build()?;
            let response = client
                .get(format!("{control}/state"))
                .send()
                .await?
                .error_for_status()?;
            response.json::<Overview>().await
        };
        let overview = answer
            .await
            .with_context(|| format!("no sandbox network answers at {control}"))?;
        Ok(Self {
            ws: overview.ws,
            control,
            inside: None,
        })
    }

    /// The network's WebSocket.
    pub(crate) fn ws(&self) -> &str {
        &self.ws
    }

    /// Its control API.
    pub(crate) fn control(&self) -> &str {
        &self.control
    }

    /// Its part of the ready line.
    pub(crate) fn ready(&self) -> ReadySandbox<'_> {
        ReadySandbox {
            ws: &self.ws,
            control: &self.control,
        }
    }

    /// Stops the network when it is ours.
    pub(crate) async fn stop(self) {
        if let Some(network) = self.inside
            && tokio::time::timeout(STOP, network.shutdown()).await.is_err()
        {
            tracing::error!("the sandbox network did not stop in time and is left behind");
        }
    }
}

/// Nobody should take such a build for a gateway.
fn announce() {
    tracing::warn!(
        "this build has the sandbox network in it: it dials loopback only and never meets WhatsApp"
    );
}

/// `wagate sandbox`: a network until a signal.
pub(crate) async fn run(args: SandboxArgs) -> anyhow::Result<()> {
    let mut signals = Signals::install().context("cannot listen for signals")?;
    logging::start(&Log::default())?;
    let network = Network::start(NetworkOptions {
        listen: args.listen,
        control: args.control,
        data_dir: args.data,
    })
    .await
    .context("cannot start the sandbox network")?;
    let (ws, control) = (network.ws_url(), network.control_url());
    Ready::network(&ws, &control)
        .print()
        .context("cannot write to stdout")?;
    signals.next().await;
    let network = SandboxNetwork {
        ws,
        control,
        inside: Some(network),
    };
    signals::stop_or_exit(&mut signals, network.stop()).await;
    Ok(())
}
