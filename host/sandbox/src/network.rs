//! A running network: two listeners, the tasks behind them, and how to stop it all.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use wacore_libsignal::protocol::KeyPair;

use crate::handshake::Responder;
use crate::hub::{Front, Hub};
use crate::media::authority::Authority;
use crate::media::{MediaOptions, MediaStore};
use crate::scenario::{Report, Scenario, StepReport};
use crate::state::State;
use crate::{SandboxError, certificate, connection, control, history, later, media, scenario, server_key};

/// How long to wait before what has just failed is tried again.
const RETRY: Duration = Duration::from_millis(100);

/// Where a network listens and what it keeps.
#[derive(Debug, Clone)]
pub struct NetworkOptions {
    /// Address of the WhatsApp server. Loopback only; port 0 picks a free one.
    pub listen: SocketAddr,
    /// Address of the control API. Loopback only; port 0 picks a free one.
    pub control: SocketAddr,
    /// Where the server's Noise key is kept. Without it every start is a new server to its clients, which costs them
    /// one longer handshake. The media host's authority and files are there as well.
    pub data_dir: Option<PathBuf>,
    /// The media host.
    pub media: MediaOptions,
}

/// A running network. Dropping it stops it without waiting; [`Network::shutdown`] waits.
pub struct Network {
    hub: Arc<Hub>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Everything a stopped network knows: its phones, devices, groups and queues, and its Noise key. A network that is
/// resumed with it is the same one to its clients.
pub struct Stopped {
    state: Box<State>,
    key: KeyPair,
}

impl std::fmt::Debug for Stopped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Stopped").finish_non_exhaustive()
    }
}

impl Network {
    /// Starts a network. Refuses every address that is not loopback.
    pub async fn start(options: NetworkOptions) -> Result<Self, SandboxError> {
        let key = server_key::load(options.data_dir.as_deref())?;
        Self::run(options, key, State::default()).await
    }

    /// Starts a network that goes on where another one was stopped. The data folder's key is not looked at.
    pub async fn resume(options: NetworkOptions, stopped: Stopped) -> Result<Self, SandboxError> {
        Self::run(options, stopped.key, *stopped.state).await
    }

    async fn run(options: NetworkOptions, key: KeyPair, mut state: State) -> Result<Self, SandboxError> {
        let clients = bind("listen", options.listen).await?;
        let control = bind("control", options.control).await?;
        let address = local("listen", options.listen, &clients)?;
        let (media_listener, authority, media) = media_host(&options, state.media.take()).await?;
        let chain = certificate::chain(&key, &state.clock)?;
        let (jobs_sender, jobs) = mpsc::channel(history::QUEUE);
        let known = Front {
            ws_url: format!("ws://{address}/ws/chat"),
            control_url: format!("http://{}", local("control", options.control, &control)?),
            media_ca_pem: authority.ca_pem,
            noise_root: chain.root,
        };
        let responder = Responder::new(key, chain.encoded);
        let hub = Arc::new(Hub::new(responder, known, Arc::clone(&media), jobs_sender, state));
        hub.update(|state| {
            state.pictures.base.clone_from(&hub.front.control_url);
            state.down.send_replace(false);
            history::go_on(state);
        });

        let network = Self {
            hub: Arc::clone(&hub),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        network
            .tasks
            .spawn(history::work(hub.clone(), jobs, network.stop.clone()));
        network.tasks.spawn(front(
            hub.clone(),
            address,
            clients,
            network.stop.clone(),
            network.tasks.clone(),
        ));
        network.tasks.spawn(later::run(hub.clone(), network.stop.clone()));
        network
            .tasks
            .spawn(control::serve(hub.clone(), control, network.stop.clone()));
        network.tasks.spawn(media::host::serve(
            media,
            media_listener,
            authority.tls,
            network.stop.clone(),
            network.tasks.clone(),
        ));
        tracing::info!(ws = %hub.front.ws_url, control = %hub.front.control_url, "the sandbox network is up");
        Ok(network)
    }

    /// The WhatsApp server's address, for a client's transport.
    pub fn ws_url(&self) -> String {
        self.hub.front.ws_url.clone()
    }

    /// The control API's address.
    pub fn control_url(&self) -> String {
        self.hub.front.control_url.clone()
    }

    /// The certificate authority of the media host, PEM. A client has to trust it to up- and download files.
    pub fn media_ca_pem(&self) -> &str {
        &self.hub.front.media_ca_pem
    }

    /// The public key, hex, that signs the server's certificates: a client that checks them has to know it.
    pub fn noise_root(&self) -> &str {
        &self.hub.front.noise_root
    }

    /// Puts everybody of a scenario on the network, with what happened before.
    pub async fn set_up(&self, scenario: &Scenario) -> Result<(), SandboxError> {
        let clock = self.hub.read(|state| state.clock.clone());
        scenario::set_up(scenario, control::router(Arc::clone(&self.hub)), &clock)
            .await
            .map_err(SandboxError::Scenario)
    }

    /// Takes the steps of a scenario that was set up, until one fails; `told` hears of each.
    pub async fn play(&self, scenario: &Scenario, told: impl FnMut(&StepReport)) -> Report {
        let clock = self.hub.read(|state| state.clock.clone());
        scenario::play(scenario, control::router(Arc::clone(&self.hub)), clock, told).await
    }

    /// Stops the network and waits until its connections are closed.
    pub async fn shutdown(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Stops the network and gives back all it knows, for [`Network::resume`].
    pub async fn stop(self) -> Stopped {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        let state = self.hub.update(|state| {
            state.everybody_left();
            std::mem::take(state)
        });
        Stopped {
            state: Box::new(state),
            key: self.hub.responder.key().clone(),
        }
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network")
            .field("ws_url", &self.hub.front.ws_url)
            .field("control_url", &self.hub.front.control_url)
            .finish_non_exhaustive()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The media host's listener and files: those of the network that is resumed, or none yet.
async fn media_host(
    options: &NetworkOptions,
    kept: Option<Arc<MediaStore>>,
) -> Result<(TcpListener, Authority, Arc<MediaStore>), SandboxError> {
    let listener = bind("media", options.media.listen).await?;
    let address = local("media", options.media.listen, &listener)?;
    let dir = options.data_dir.as_deref();
    let authority = media::authority::load(dir, address.ip())?;
    let host = address.to_string();
    let store = if let Some(store) = kept {
        store.moved(host);
        store
    } else {
        let opened = MediaStore::open(dir, host, options.media.max_bytes);
        Arc::new(opened.map_err(|source| SandboxError::MediaDisk { source })?)
    };
    Ok((listener, authority, store))
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

/// Serves clients. While the server is down, nobody is connected and nobody can connect; all it knows is kept.
async fn front(
    hub: Arc<Hub>,
    address: SocketAddr,
    first: TcpListener,
    stop: CancellationToken,
    tasks: TaskTracker,
) {
    let mut down = hub.read(|state| state.down.subscribe());
    let mut listener = Some(first);
    loop {
        let open = stop.child_token();
        let serving = async {
            let listener = match listener.take() {
                Some(listener) => listener,
                None => again(address).await,
            };
            accept(hub.clone(), listener, open.clone(), tasks.clone()).await;
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            gone = down.wait_for(|down| *down) => if gone.is_err() { return },
            () = serving => return,
        }
        open.cancel();
        hub.update(State::everybody_left);
        tracing::info!("the server is down");
        tokio::select! {
            () = stop.cancelled() => return,
            back = down.wait_for(|down| !*down) => if back.is_err() { return },
        }
        tracing::info!("the server is up again");
    }
}

/// Binds an address the server has just left.
async fn again(address: SocketAddr) -> TcpListener {
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => return listener,
            Err(error) => {
                tracing::warn!(%error, "the server's address is not free yet");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
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
                        biased;
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
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}
