//! What the library tells, sorted at once: it calls inline on the receive path, so nothing here may wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use wacore::types::events::{ConnectFailureReason, Event, EventHandler, InboundMessage, LazyHistorySync};
use wacore::types::presence::ReceiptType;
use wagate_storage::receipts::ReceiptKind;

use crate::PasskeyRequest;
use crate::chores::{Chore, Chores};
use crate::context::SessionContext;
use crate::history::Keeper;
use crate::notice::Notice;
use crate::outcome::Outcome;

/// Lifecycle signals that may wait for the supervisor, which handles them in microseconds.
pub(crate) const SIGNALS: usize = 256;
/// Outcomes and uncommitted messages that may wait for the writer. Beyond that they are dropped, counted and logged.
pub(crate) const WORK: usize = 4096;

/// What the supervisor has to know.
#[derive(Debug)]
pub(crate) enum Signal {
    Qr(String),
    PairingCode(String),
    PairingRefused(String),
    QrExhausted,
    PairSuccess,
    Passkey(PasskeyRequest),
    PasskeyFailed(String),
    Connected,
    PushName(String),
    Disconnected(String),
    /// A login was refused for a reason that may pass.
    Refused(String),
    OfflinePreview(i32),
    OfflineCompleted,
    Terminal(Terminal),
}

/// Why a session ends until someone starts it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Terminal {
    /// The account unlinked this device.
    LoggedOut(String),
    /// Another client logged in with this device's keys.
    Replaced,
    /// WhatsApp banned the account for a while, or does not say how long.
    Banned(String),
    /// WhatsApp refuses this version of the protocol.
    Outdated,
}

/// What is to be written down, in order.
pub(crate) enum Work {
    Outcome(Outcome),
    /// Messages that bypass the durability hook (newsletters, placeholders recovered from the phone).
    Messages(Arc<[InboundMessage]>),
}

pub(crate) struct Listener {
    pub(crate) context: Arc<SessionContext>,
    pub(crate) signals: mpsc::Sender<Signal>,
    pub(crate) work: mpsc::Sender<Work>,
    pub(crate) notices: mpsc::Sender<Notice>,
    pub(crate) history: Keeper,
    pub(crate) chores: Chores,
    pub(crate) dropped: AtomicU64,
}

impl Listener {
    fn signal(&self, signal: Signal) {
        // Full means that the supervisor is stuck; its watchdog looks at the client itself, not only at signals.
        // Closed means that the session has moved on to another client while this one lingers in the library.
        if let Err(TrySendError::Full(_)) = self.signals.try_send(signal) {
            tracing::warn!(session.id = %self.context.id, "a signal was dropped: the supervisor is behind");
        }
    }

    fn keep_history(&self, chunk: &LazyHistorySync) {
        if !self.history.hand_over(chunk) {
            tracing::error!(session.id = %self.context.id, "a chunk of history was lost: the writer is behind");
        }
    }

    fn work(&self, work: Work) {
        if let Err(TrySendError::Full(_)) = self.work.try_send(work) {
            self.count_drop();
        }
    }

    fn notice(&self, event: &Arc<Event>) {
        if let Err(TrySendError::Full(_)) = self.notices.try_send(Notice::Event(Arc::clone(event))) {
            self.count_drop();
        }
    }

    fn count_drop(&self) {
        let dropped = self.dropped.fetch_add(1, Ordering::Relaxed) + 1;
        if dropped.is_power_of_two() {
            tracing::warn!(session.id = %self.context.id, dropped, "events were dropped: the writer is behind");
        }
    }
}

impl EventHandler for Listener {
    fn handle_event(&self, event: Arc<Event>) {
        match &*event {
            Event::PairingQrCode(qr) => self.signal(Signal::Qr(qr.code.clone())),
            Event::PairingCode(code) => self.signal(Signal::PairingCode(code.code.clone())),
            Event::PairingCodeError(error) => self.signal(Signal::PairingRefused(error.error.clone())),
            Event::PairingQrCodesExhausted(exhausted) if exhausted.disconnected => {
                self.signal(Signal::QrExhausted);
            }
            Event::PairSuccess(_) => self.signal(Signal::PairSuccess),
            Event::PairError(error) => self.signal(Signal::PairingRefused(error.error.clone())),
            Event::PairPasskeyRequest(request) => self.signal(Signal::Passkey(PasskeyRequest::assertion(
                request.request_options_json.clone(),
            ))),
            Event::PairPasskeyConfirmation(confirmation) => self.signal(Signal::Passkey(
                PasskeyRequest::confirmation(confirmation.code.clone(), confirmation.skip_handoff_ux),
            )),
            Event::PairPasskeyError(error) => self.signal(Signal::PasskeyFailed(error.error.clone())),
            Event::Connected(_) => self.signal(Signal::Connected),
            Event::SelfPushNameUpdated(update) => self.signal(Signal::PushName(update.new_name.clone())),
            Event::Disconnected(gone) => {
                self.context.acks.give_up();
                self.signal(Signal::Disconnected(gone.reason.to_string()));
            }
            Event::ConnectFailure(failure) => self.signal(match failure.reason {
                ConnectFailureReason::TempBanned => {
                    Signal::Terminal(Terminal::Banned("no end was named".to_owned()))
                }
                reason => Signal::Refused(format!("{reason:?}")),
            }),
            Event::OfflineSyncPreview(preview) => self.signal(Signal::OfflinePreview(preview.total)),
            Event::OfflineSyncCompleted(_) => self.signal(Signal::OfflineCompleted),
            Event::LoggedOut(out) => {
                self.signal(Signal::Terminal(Terminal::LoggedOut(format!("{:?}", out.reason))));
            }
            Event::StreamReplaced(_) => self.signal(Signal::Terminal(Terminal::Replaced)),
            Event::ClientOutdated(_) => self.signal(Signal::Terminal(Terminal::Outdated)),
            Event::TemporaryBan(ban) => {
                let seconds = ban.expire.num_seconds();
                self.signal(Signal::Terminal(Terminal::Banned(format!(
                    "{:?} for {seconds} s",
                    ban.code
                ))));
            }
            Event::ServerAck(ack) if ack.class.as_deref() == Some("message") => {
                let word = match &ack.error {
                    None => Ok(ack.timestamp.map(|t| t.timestamp_millis())),
                    Some(code) => Err(code.clone()),
                };
                self.work(Work::Outcome(Outcome::Ack {
                    message_id: ack.id.clone(),
                    error: ack.error.clone(),
                }));
                self.context.acks.resolve(&ack.id, word);
            }
            Event::Receipt(receipt) => {
                let kind = match receipt.r#type {
                    // Inactive: it is on the device, whose app is not in the foreground.
                    ReceiptType::Delivered | ReceiptType::Inactive => ReceiptKind::Delivered,
                    ReceiptType::Read => ReceiptKind::Read,
                    ReceiptType::Played => ReceiptKind::Played,
                    ReceiptType::ReadSelf => {
                        self.notice(&event);
                        return;
                    }
                    _ => return,
                };
                if receipt.source.is_from_me {
                    return;
                }
                // Its acknowledgement was lost, or is late: what a recipient has, the server has taken.
                for id in &receipt.message_ids {
                    if self.context.acks.resolve(id, Ok(None)) {
                        self.work(Work::Outcome(Outcome::Ack {
                            message_id: id.clone(),
                            error: None,
                        }));
                    }
                }
                self.work(Work::Outcome(Outcome::Receipt {
                    message_ids: receipt.message_ids.iter().map(ToString::to_string).collect(),
                    kind,
                    from: receipt.source.sender.clone(),
                    from_alt: receipt.source.sender_alt.clone(),
                    at: receipt.timestamp.timestamp_millis(),
                }));
            }
            Event::Messages(batch) if !batch.hook_committed => {
                self.work(Work::Messages(Arc::clone(&batch.messages)));
            }
            Event::HistorySync(chunk) => self.keep_history(chunk),
            Event::AppStateSyncFailed(failed) => {
                for collection in &failed.skipped {
                    self.chores.ask(Chore::LookAgain(collection.clone()));
                }
            }
            Event::GroupUpdate(_)
            | Event::ContactUpdate(_)
            | Event::PictureUpdate(_)
            | Event::UserAboutUpdate(_)
            | Event::ContactNumberChanged(_)
            | Event::BusinessStatusUpdate(_)
            | Event::ArchiveUpdate(_)
            | Event::PinUpdate(_)
            | Event::MuteUpdate(_)
            | Event::MarkChatAsReadUpdate(_)
            | Event::DeleteChatUpdate(_)
            | Event::ClearChatUpdate(_)
            | Event::StarUpdate(_)
            | Event::DeleteMessageForMeUpdate(_)
            | Event::LabelEditUpdate(_)
            | Event::LabelAssociationUpdate(_)
            | Event::IncomingCall(_)
            | Event::MissedCall(_)
            | Event::Presence(_)
            | Event::ChatPresence(_)
            | Event::UndecryptableMessage(_) => self.notice(&event),
            _ => {}
        }
    }
}
