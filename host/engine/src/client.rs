//! One life of the library's client: built over the session's store, wired, started, stopped. It is single-use.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wacore::store::DevicePropsOverride;
use whatsapp_rust::bot::{Bot, BotHandle};
use whatsapp_rust::waproto::whatsapp::device_props::PlatformType;
use whatsapp_rust::{CacheConfig, Client};

use crate::chores::{self, Chores};
use crate::context::SessionContext;
use crate::history::{self, Keeper};
use crate::inbound::{self, CommitHook};
use crate::listener::{Listener, SIGNALS, Signal, WORK, Work};
use crate::normalise::Own;
use crate::notice::{self, NOTICES, Notice};
use crate::options::Network;
use crate::proxy::transport::ProxiedTransport;
use crate::proxy::{self, ProxyUrl};
use crate::send;
use crate::store::{SessionStore, StoreHealth};
use crate::{EngineError, outcome};

/// How the linked device calls itself on the phone.
const DEVICE_NAME: &str = "wagate";
/// The protocol version told to a sandbox, which does not care; against WhatsApp the library asks for the current one.
const SANDBOX_VERSION: (u32, u32, u32) = (2, 3000, 1_027_934_701);
/// Sent messages are kept this long for recipients that could not decrypt them. The library's two hours leave group
/// members with "waiting for this message".
const SENT_MESSAGE_TTL_SECS: u64 = 7 * 24 * 3600;
/// A client that takes longer to disconnect is aborted.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(5);

/// The setting's name, and the field of errors about it.
pub(crate) const PROXY: &str = "proxy";

/// A started client.
pub(crate) struct Running {
    pub(crate) client: Arc<Client>,
    pub(crate) signals: mpsc::Receiver<Signal>,
    pub(crate) health: Arc<StoreHealth>,
    /// Resolves when the library gives up by itself.
    pub(crate) handle: BotHandle,
    /// What it is asked to do by itself.
    pub(crate) chores: Chores,
    /// They end once they have written down what has come.
    writers: Vec<JoinHandle<()>>,
    /// The way it takes.
    pub(crate) proxy: Option<ProxyUrl>,
    no_more_work: CancellationToken,
}

/// The proxy in the session's settings now. One that cannot be read is an error: without it the session would show
/// itself from the wrong address.
pub(crate) async fn proxy_of(context: &SessionContext) -> Result<Option<ProxyUrl>, EngineError> {
    let shared = &context.shared;
    let row = shared.storage.session(&context.id).await?;
    let config = row.map(|row| row.config).unwrap_or_default();
    proxy::of_config(&config, shared.storage.secrets(), &context.id).map_err(proxy_error)
}

fn proxy_error(message: String) -> EngineError {
    EngineError::Invalid {
        field: PROXY,
        message,
    }
}

impl Running {
    /// Builds and starts a client over the session's store.
    pub(crate) async fn start(context: &Arc<SessionContext>) -> Result<Self, EngineError> {
        let shared = &context.shared;
        let health = Arc::new(StoreHealth::default());
        let (signals_sender, signals) = mpsc::channel(SIGNALS);
        let (work_sender, work) = mpsc::channel(WORK);
        let (notices_sender, notices) = mpsc::channel(NOTICES);
        let learned = notices_sender.clone();
        let (chores, asked) = Chores::channel();
        let store = SessionStore::new(
            Arc::clone(&shared.storage),
            Arc::clone(&context.id),
            Arc::clone(&health),
            Arc::clone(&shared.clock),
        )
        // Lost when the queue is full: the next message of that person says it again.
        .on_addresses(Box::new(move |pairs| {
            drop(learned.try_send(Notice::Addresses(pairs)));
        }));
        let (keeper, kept) = Keeper::channel();
        let mut builder = Bot::builder()
            .with_backend_arc(Arc::new(store))
            .with_device_props(
                DevicePropsOverride::default()
                    .with_os(DEVICE_NAME)
                    .with_platform_type(PlatformType::CHROME),
            )
            .with_cache_config(CacheConfig {
                sent_message_ttl_secs: SENT_MESSAGE_TTL_SECS,
                ..CacheConfig::default()
            })
            .with_inbound_durability_hook(CommitHook {
                context: Arc::clone(context),
                health: Arc::clone(&health),
                chores: chores.clone(),
            })
            .with_event_handler(Listener {
                context: Arc::clone(context),
                signals: signals_sender,
                work: work_sender,
                notices: notices_sender,
                history: keeper,
                chores: chores.clone(),
                dropped: AtomicU64::new(0),
            });
        if !context.wants_history() {
            builder = builder.skip_history_sync();
        }
        if let Network::Sandbox { ws_url, .. } = &shared.network {
            builder = builder
                .with_transport_factory(
                    whatsapp_rust::transport::TokioWebSocketTransportFactory::new().with_url(ws_url),
                )
                .with_version(SANDBOX_VERSION);
        }
        #[cfg(feature = "sandbox")]
        if let Network::Sandbox { media_ca, .. } = &shared.network {
            builder = builder.with_http_client(crate::http::client(media_ca.as_deref())?);
        }
        let proxy = proxy_of(context).await?;
        if let Some(proxy) = &proxy {
            let client = proxy::http::client(proxy, &shared.proxies)
                .await
                .map_err(|error| proxy_error(format!("{error:#}")))?;
            builder = builder
                .with_http_client(client)
                .with_transport_factory(ProxiedTransport::new(
                    proxy.clone(),
                    shared.proxies.clone(),
                    &shared.network,
                ));
        }
        let bot = builder
            .build()
            .await
            .map_err(|error| EngineError::Internal(format!("cannot build a client: {error}")))?;
        let client = bot.client();
        let no_more_work = CancellationToken::new();
        let stop = || no_more_work.clone();
        let (of_client, of_session) = (|| Arc::downgrade(&client), || Arc::clone(context));
        let (tell_history, history_told) = mpsc::channel(1);
        let writers = vec![
            tokio::spawn(write_down(
                of_session(),
                of_client(),
                chores.clone(),
                work,
                stop(),
            )),
            tokio::spawn(notice::write_down(
                of_session(),
                of_client(),
                chores.clone(),
                notices,
                stop(),
            )),
            tokio::spawn(history::keep(of_session(), kept, tell_history, stop())),
            tokio::spawn(history::work(of_session(), history_told, stop())),
            tokio::spawn(chores::run(of_session(), of_client(), asked, stop())),
            tokio::spawn(send::drain(of_session(), of_client(), stop())),
        ];
        Ok(Self {
            client,
            signals,
            health,
            handle: bot.spawn(),
            chores,
            writers,
            proxy,
            no_more_work,
        })
    }

    /// Disconnects and waits until nothing of this client writes any more. With a poisoned store nothing is flushed.
    pub(crate) async fn shutdown(self) {
        let Self {
            client,
            mut handle,
            health,
            writers,
            no_more_work,
            ..
        } = self;
        let graceful = async {
            client.disconnect().await;
            (&mut handle).await;
        };
        if tokio::time::timeout(SHUTDOWN_PATIENCE, graceful).await.is_err() {
            tracing::warn!("a client did not disconnect in time and was aborted");
            handle.abort();
        }
        // What has arrived is still written down, then the writers end.
        no_more_work.cancel();
        let deadline = tokio::time::Instant::now() + SHUTDOWN_PATIENCE;
        for mut writer in writers {
            if tokio::time::timeout_at(deadline, &mut writer).await.is_err() {
                tracing::warn!("what has come was not written down in time");
                writer.abort();
            }
        }
        // Whatever task of the library outlives it must not write beside the next client of this session.
        health.poison();
    }
}

/// Writes outcomes down in the order in which they came, apart from the receive path. Ends when told to, once what has
/// come until then is written: the library may hold the sending end for longer than its client lives.
async fn write_down(
    context: Arc<SessionContext>,
    client: Weak<Client>,
    chores: Chores,
    mut work: mpsc::Receiver<Work>,
    no_more: CancellationToken,
) {
    loop {
        let item = tokio::select! {
            item = work.recv() => item,
            () = no_more.cancelled(), if !work.is_closed() => {
                work.close();
                continue;
            }
        };
        match item {
            None => return,
            Some(Work::Outcome(item)) => outcome::record(&context, item).await,
            Some(Work::Messages(batch)) => {
                let Some(own) = client.upgrade().and_then(|client| Own::of(&client)) else {
                    continue;
                };
                if let Err(error) = inbound::commit(&context, &own, &chores, &batch).await {
                    tracing::error!(session.id = %context.id, error = format!("{error:#}"), "messages were lost");
                }
            }
        }
    }
}
