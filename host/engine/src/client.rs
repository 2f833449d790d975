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

use crate::EngineError;
use crate::context::SessionContext;
use crate::inbound::{self, CommitHook};
use crate::listener::{Listener, SIGNALS, Signal, WORK, Work};
use crate::options::Network;
use crate::outcome;
use crate::store::{SessionStore, StoreHealth};

/// How the linked device calls itself on the phone.
const DEVICE_NAME: &str = "wagate";
/// The protocol version told to a sandbox, which does not care; against WhatsApp the library asks for the current one.
const SANDBOX_VERSION: (u32, u32, u32) = (2, 3000, 1_027_934_701);
/// Sent messages are kept this long for recipients that could not decrypt them. The library's two hours leave group
/// members with "waiting for this message".
const SENT_MESSAGE_TTL_SECS: u64 = 7 * 24 * 3600;
/// A client that takes longer to disconnect is aborted.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(5);

/// A started client.
pub(crate) struct Running {
    pub(crate) client: Arc<Client>,
    pub(crate) signals: mpsc::Receiver<Signal>,
    pub(crate) health: Arc<StoreHealth>,
    /// Resolves when the library gives up by itself.
    pub(crate) handle: BotHandle,
    writer: JoinHandle<()>,
    no_more_work: CancellationToken,
}

impl Running {
    /// Builds and starts a client over the session's store.
    pub(crate) async fn start(context: &Arc<SessionContext>) -> Result<Self, EngineError> {
        let shared = &context.shared;
        let health = Arc::new(StoreHealth::default());
        let store = SessionStore::new(
            Arc::clone(&shared.storage),
            Arc::clone(&context.id),
            Arc::clone(&health),
            Arc::clone(&shared.clock),
        );
        let (signals_sender, signals) = mpsc::channel(SIGNALS);
        let (work_sender, work) = mpsc::channel(WORK);
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
            // History sync comes with the message store of a later version; until then it would only cost memory.
            .skip_history_sync()
            .with_inbound_durability_hook(CommitHook {
                context: Arc::clone(context),
                health: Arc::clone(&health),
            })
            .with_event_handler(Listener {
                context: Arc::clone(context),
                signals: signals_sender,
                work: work_sender,
                dropped: AtomicU64::new(0),
            });
        if let Network::Sandbox { ws_url } = &shared.network {
            builder = builder
                .with_transport_factory(
                    whatsapp_rust::transport::TokioWebSocketTransportFactory::new().with_url(ws_url),
                )
                .with_version(SANDBOX_VERSION);
        }
        let bot = builder
            .build()
            .await
            .map_err(|error| EngineError::Internal(format!("cannot build a client: {error}")))?;
        let client = bot.client();
        let no_more_work = CancellationToken::new();
        let writer = tokio::spawn(write_down(
            Arc::clone(context),
            Arc::downgrade(&client),
            work,
            no_more_work.clone(),
        ));
        Ok(Self {
            client,
            signals,
            health,
            handle: bot.spawn(),
            writer,
            no_more_work,
        })
    }

    /// Disconnects and waits until nothing of this client writes any more. With a poisoned store nothing is flushed.
    pub(crate) async fn shutdown(self) {
        let Self {
            client,
            mut handle,
            health,
            writer,
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
        // What has arrived is still written down, then the writer ends.
        no_more_work.cancel();
        let mut writer = writer;
        if tokio::time::timeout(SHUTDOWN_PATIENCE, &mut writer)
            .await
            .is_err()
        {
            tracing::warn!("receipts and acknowledgements were not written down in time");
            writer.abort();
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
                let Some(client) = client.upgrade() else { continue };
                if let Err(error) = inbound::commit(&context, &client, &batch).await {
                    tracing::error!(session.id = %context.id, error = format!("{error:#}"), "messages were lost");
                }
            }
        }
    }
}
