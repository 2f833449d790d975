//! The sandbox network: on its own (`wagate sandbox`), inside a gateway, or attached to from one.

mod client;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use wagate_sandbox::{MediaOptions, Network, NetworkOptions, Scenario};

use crate::cli::SandboxArgs;
use crate::config::log::Log;
use crate::logging;
use crate::out::{self, Ready, ReadySandbox};
use crate::signals::{self, Signals};

/// How long a network that is attached to may take to answer.
const ATTACH: Duration = Duration::from_secs(5);
const STOP: Duration = Duration::from_secs(5);

/// A network somebody runs: this process, or another.
pub(crate) struct SandboxNetwork {
    ws: String,
    control: String,
    media_ca: String,
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
            media: MediaOptions::default(),
        })
        .await
        .context("cannot start the sandbox network")?;
        Ok(Self::of(network))
    }

    fn of(network: Network) -> Self {
        Self {
            ws: network.ws_url(),
            control: network.control_url(),
            media_ca: network.media_ca_pem().to_owned(),
            inside: Some(network),
        }
    }

    /// A network of another process, asked for its address and for the authority of its media host.
    async fn attach(control: &str) -> anyhow::Result<Self> {
        announce();
        let control = control.trim_end_matches('/').to_owned();
        let answer = async {
            let client = reqwest::Client::builder().no_proxy().timeout(ATTACH).build()?;
            let get = async |path: &str| {
                client
                    .get(format!("{control}{path}"))
                    .send()
                    .await?
                    .error_for_status()
            };
            let overview = get("/state").await?.json::<Overview>().await?;
            let media_ca = get("/media/ca.pem").await?.text().await?;
            Ok::<_, reqwest::Error>((overview, media_ca))
        };
        let (overview, media_ca) = answer
            .await
            .with_context(|| format!("no sandbox network answers at {control}"))?;
        Ok(Self {
            ws: overview.ws,
            control,
            media_ca,
            inside: None,
        })
    }

    /// The network's WebSocket.
    pub(crate) fn ws(&self) -> &str {
        &self.ws
    }

    /// What the engine dials.
    pub(crate) fn target(&self) -> wagate_engine::Network {
        wagate_engine::Network::Sandbox {
            ws_url: self.ws.clone(),
            media_ca: Some(self.media_ca.clone()),
        }
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

/// `wagate sandbox`: a network until a signal, or until a scenario has been played.
pub(crate) async fn run(args: SandboxArgs) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::install().context("cannot listen for signals")?;
    logging::start(&Log::default())?;
    let scenario = args.scenario.as_deref().map(Scenario::load).transpose()?;
    if let Some(scenario) = scenario.as_ref().filter(|_| args.check) {
        out::line(&format!("the scenario makes sense: {} steps", scenario.steps()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let network = Network::start(NetworkOptions {
        listen: args.listen,
        control: args.control,
        data_dir: args.data,
        media: MediaOptions {
            listen: args.media,
            ..MediaOptions::default()
        },
    })
    .await
    .context("cannot start the sandbox network")?;
    if let Some(scenario) = &scenario {
        network.set_up(scenario).await?;
    }
    Ready::network(&network.ws_url(), &network.control_url())
        .print()
        .context("cannot write to stdout")?;
    let mut client = client::start(&network, &args.command)?;
    let played = async {
        let Some(scenario) = &scenario else {
            std::future::pending::<()>().await;
            return true;
        };
        let report = network
            .play(scenario, |step| {
                if let Err(error) = out::line(&step.to_string()) {
                    tracing::warn!(%error, "a step's report could not be written");
                }
            })
            .await;
        report.passed()
    };
    let passed = tokio::select! {
        passed = played => Some(passed),
        // What the scenario waits for will not come.
        status = client::failure(&mut client) => {
            out::line(&format!("FAILED  the client ended: {status}"))?;
            Some(false)
        }
        () = signals.next() => None,
    };
    if passed.is_some() && !args.once {
        signals.next().await;
    }
    let stop = async {
        client::stop(client).await;
        SandboxNetwork::of(network).stop().await;
    };
    signals::stop_or_exit(&mut signals, stop).await;
    Ok(match passed {
        Some(false) => ExitCode::FAILURE,
        // Stopped by a signal: with `--once` the scenario did not get to its end.
        None if args.once => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    })
}
