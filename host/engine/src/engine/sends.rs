//! Sends that may wait for a connection, and what became of them.

use std::sync::Arc;
use std::time::Duration;

use whatsapp_rust::Jid;

use super::Engine;
use crate::context::SessionContext;
use crate::send::{self, DEFAULT_WAIT, IfOffline, MAX_WAIT, Name, Outgoing, SendReport, SentMessage};
use crate::{EngineError, SessionSnapshot, address, compose};

/// How often messages are looked for whose time is over.
const EXPIRY_TICK: Duration = Duration::from_secs(1);

impl Engine {
    /// Sends anything. Answers once the server has accepted it; or, where the call or the session's settings say that
    /// it may wait and there is no connection, once it is written down. What may wait stays behind what waits already.
    pub async fn send(&self, id: &str, mut message: Outgoing) -> Result<SentMessage, EngineError> {
        let handle = self.handle(id)?;
        let context = handle.context();
        let wait = wait_of(&context, message.options.if_offline)?;
        // What has to be looked up or uploaded needs the connection; a send that is refused at once says so best.
        let Some(wait) = wait.filter(|_| compose::alone(&message.content).is_some()) else {
            message.options.if_offline = IfOffline::Refuse;
            return self.account(id)?.send(message).await;
        };
        message.options.if_offline = IfOffline::Wait(wait);
        let name = Name::choose(&message.options, message.key.as_ref())?;
        message.options.message_id = Some(name.id.clone());
        let storage = &self.inner.shared.storage;
        if storage.count_queued_sends(id).await? == 0
            && let Ok(account) = self.account(id)
        {
            match account.send(message.clone()).await {
                Err(EngineError::NotConnected { .. }) => {}
                done => return done,
            }
        }
        let own = own_of(&handle.snapshot())?;
        send::put(&context, &own, message, name, wait).await
    }

    /// What became of a send, while it is remembered.
    pub async fn send_report(&self, id: &str, wa_id: &str) -> Result<Option<SendReport>, EngineError> {
        send::report(&self.handle(id)?.context(), wa_id).await
    }

    /// Gives up messages whose time is over, until the end.
    pub(super) fn run_expiry(&self) {
        let inner = Arc::downgrade(&self.inner);
        let end = self.inner.end.clone();
        self.inner.tasks.spawn(async move {
            let mut tick = tokio::time::interval(EXPIRY_TICK);
            tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = tick.tick() => {}
                    () = end.cancelled() => return,
                }
                let Some(inner) = inner.upgrade() else { return };
                let engine = Self { inner };
                let shared = &engine.inner.shared;
                let find = |id: &str| Some(engine.handle(id).ok()?.context());
                if let Err(error) = send::expire(&shared.storage, shared.clock.now_ms(), find).await {
                    tracing::warn!(%error, "messages whose time is over were not looked for");
                }
            }
        });
    }
}

/// How long it may wait; none when it is to be refused.
fn wait_of(context: &SessionContext, if_offline: IfOffline) -> Result<Option<Duration>, EngineError> {
    match if_offline {
        IfOffline::Refuse => Ok(None),
        IfOffline::Wait(wait) if wait.is_zero() || wait > MAX_WAIT => Err(EngineError::invalid(
            "queue",
            format!("must be 1 to {} seconds", MAX_WAIT.as_secs()),
        )),
        IfOffline::Wait(wait) => Ok(Some(wait)),
        IfOffline::AsSet => {
            let config = context.config();
            let wait = config
                .send_queue_seconds
                .map_or(DEFAULT_WAIT, |seconds| Duration::from_secs(u64::from(seconds)));
            Ok(config
                .send_queue
                .then(|| wait.clamp(Duration::from_secs(1), MAX_WAIT)))
        }
    }
}

/// The account a message waits for: without one it could wait for ever.
fn own_of(snapshot: &SessionSnapshot) -> Result<Jid, EngineError> {
    let pn = snapshot.pn.as_deref().ok_or(EngineError::NotConnected {
        status: snapshot.status,
    })?;
    address::parse(pn, "jid")
}
