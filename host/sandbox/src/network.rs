//! A running network: two listeners, the tasks behind them, and how to stop it all.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clock::Clock;
use crate::handshake::Responder;
use crate::hub::Hub;
use crate::{SandboxError, certificate, connection, control, server_key};

/// Where a network listens and what it keeps.
#[derive(Debug, Clone)]
pub struct NetworkOptions {
    /// Address of the WhatsApp server. Loopback only; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Address of the control API. Loopback only; port 0 picks a free one.
    pub control: SocketAddr,
    /// Where the server's Noise key is kept. Without it every start is a new server to its clients, which costs them
    /// one longer handshake.
    pub data_dir: Option<PathBuf>,
}

/// A running network. Dropping it stops it without waiting; [`Network::shutdown`] waits.
#[derive(Debug)]
pub struct Network {
    ws_url: String,
    control_url: String,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Network {
    /// Starts a network. Refuses every address that is not loopback.
    pub async fn start(options: NetworkOptions) -> Result<Self, SandboxError> {
        let clients = bind("listen", options.listen).await?;
        let control = bind("control", options.control).await?;
        let ws_url = format!("ws://{}/ws/chat", local("listen", options.listen, &clients)?);
        let control_url = format!("http://{}", local("control", options.control, &control)?);
        let key = server_key::load(options.data_dir.as_deref())?;
        let chain = certificate::chain(&key, Clock)?;
        let hub = Arc::new(Hub::new(
            Responder::new(key, chain),
            ws_url.clone(),
            control_url.clone(),
        ));

        let network = Self {
            ws_url,
            control_url,
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        network.tasks.spawn(accept(
            hub.clone(),
            clients,
            network.stop.clone(),
            network.tasks.clone(),
        ));
        network
            .tasks
            .spawn(control::serve(hub, control, network.stop.clone()));
        tracing::info!(ws = %network.ws_url, control = %network.control_url, "the sandbox network is up");
        Ok(network)
    }

    /// The WhatsApp server's address, for a client's transport.
    pub fn ws_url(&self) -> String {
        self.ws_url.clone()
    }

    /// The control API's address.
    pub fn control_url(&self) -> String {
        self.control_url.clone()
    }

    /// Stops the network and waits until its connections are closed.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn bind(what: &'static str, address: SocketAddr) -> Result<TcpListener, SandboxError> {
    if !address.ip().is_loopback() {
        return Err(SandboxError::NotLoopback { what, address });
    }
    TcpListener::bind(address)
        .await
        .map_err(|source| SandboxError::Bind {
            what,
            address,
            source,
        })
}

fn local(
    what: &'static str,
    address: SocketAddr,
    listener: &TcpListener,
) -> Result<SocketAddr, SandboxError> {
    listener.local_addr().map_err(|source| SandboxError::Bind {
        what,
        address,
        source,
    })
}

async fn accept(hub: Arc<Hub>, listener: TcpListener, stop: CancellationToken, tasks: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let hub = hub.clone();
                let stop = stop.clone();
                tasks.spawn(async move {
                    let ended = tokio::select! {
                        () = stop.cancelled() => return,
                        ended = connection::serve(hub, stream) => ended,
                    };
                    if let Err(error) = ended {
                        tracing::debug!(error = ?error, "a connection ended early");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                // Out of file handles, most likely: do not spin until one is free.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}
