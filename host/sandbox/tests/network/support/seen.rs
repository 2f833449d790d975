//! What a client tells, as far as the tests care.

use std::sync::{Arc, Mutex};

use tokio::sync::watch;
use whatsapp_rust::Jid;
use whatsapp_rust::types::events::{Event, EventHandler};
use whatsapp_rust::wacore::types::call::CallAction;
use whatsapp_rust::wacore::types::presence::{ChatPresence, ChatPresenceMedia, ReceiptType};

use super::inbound;

/// What a client told, as far as the tests care.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen {
    Qr(String),
    PairCode(String),
    Connected,
    LoggedOut,
    Replaced,
    PushName(String),
    Text {
        id: String,
        text: String,
        chat: String,
        sender: String,
        from_me: bool,
        offline: bool,
    },
    Undecryptable(String),
    Group {
        group: String,
        /// The tag of the change.
        action: String,
        by: Option<String>,
    },
    Presence {
        from: String,
        online: bool,
        /// Whether it said when the contact was last seen.
        seen: bool,
    },
    Typing {
        chat: String,
        from: String,
        what: &'static str,
    },
    Picture {
        jid: String,
        removed: bool,
    },
    About {
        jid: String,
        text: String,
    },
    Call {
        from: Jid,
        creator: Jid,
        id: String,
        what: &'static str,
    },
    MissedCall(String),
    Devices {
        user: String,
        what: String,
    },
    Nack {
        id: String,
        code: String,
    },
    Banned {
        code: i32,
        seconds: i64,
    },
    Outdated,
    Passkey,
    Refused(String),
    Disconnected,
    Receipt {
        ids: Vec<String>,
        kind: ReceiptType,
    },
    Ack(String),
}

#[derive(Clone)]
pub(super) struct Log {
    pub(super) seen: Arc<Mutex<Vec<Seen>>>,
    pub(super) messages: Arc<Mutex<Vec<inbound::Inbound>>>,
    pub(super) history: Arc<Mutex<Vec<inbound::History>>>,
    pub(super) synced: Arc<Mutex<Vec<String>>>,
    pub(super) changes: watch::Sender<usize>,
}

impl EventHandler for Log {
    fn handle_event(&self, event: Arc<Event>) {
        if let Some(told) = crate::app_state::told(&event) {
            self.synced.lock().unwrap().push(told);
        }
        let mut seen = self.seen.lock().unwrap();
        match &*event {
            Event::HistorySync(file) => self.history.lock().unwrap().push((&**file).into()),
            Event::PairingQrCode(qr) => seen.push(Seen::Qr(qr.code.clone())),
            Event::PairingCode(code) => seen.push(Seen::PairCode(code.code.clone())),
            Event::Connected(_) => seen.push(Seen::Connected),
            Event::LoggedOut(_) => seen.push(Seen::LoggedOut),
            Event::StreamReplaced(_) => seen.push(Seen::Replaced),
            Event::SelfPushNameUpdated(name) => seen.push(Seen::PushName(name.new_name.clone())),
            Event::Messages(_) => {
                for inbound in event.messages() {
                    let message = &inbound.message;
                    self.messages.lock().unwrap().push(inbound.into());
                    let text = message.conversation.clone().or_else(|| {
                        message
                            .extended_text_message
                            .as_option()
                            .and_then(|text| text.text.clone())
                    });
                    if let Some(text) = text {
                        seen.push(Seen::Text {
                            id: inbound.info.id.clone(),
                            text,
                            chat: inbound.info.source.chat.to_string(),
                            sender: inbound.info.source.sender.to_string(),
                            from_me: inbound.info.source.is_from_me,
                            offline: inbound.info.is_offline,
                        });
                    }
                }
            }
            Event::UndecryptableMessage(message) => {
                seen.push(Seen::Undecryptable(message.info.id.clone()));
            }
            Event::Receipt(receipt) => seen.push(Seen::Receipt {
                ids: receipt.message_ids.iter().map(ToString::to_string).collect(),
                kind: receipt.r#type.clone(),
            }),
            Event::ServerAck(ack) if ack.class.as_deref() == Some("message") => {
                seen.push(match &ack.error {
                    None => Seen::Ack(ack.id.clone()),
                    Some(code) => Seen::Nack {
                        id: ack.id.clone(),
                        code: code.clone(),
                    },
                });
            }
            other => seen.extend(of_others(other)),
        }
        self.changes.send_modify(|count| *count += 1);
    }
}

/// What others do, and what becomes of the connection.
fn of_others(event: &Event) -> Option<Seen> {
    Some(match event {
        Event::GroupUpdate(update) => Seen::Group {
            group: update.group_jid.to_string(),
            action: update.action.tag_name().to_string(),
            by: update.participant.as_ref().map(ToString::to_string),
        },
        Event::Presence(update) => Seen::Presence {
            from: update.from.to_string(),
            online: !update.unavailable,
            seen: update.last_seen.is_some(),
        },
        Event::ChatPresence(update) => Seen::Typing {
            chat: update.source.chat.to_string(),
            from: update.source.sender.to_string(),
            what: match (&update.state, &update.media) {
                (ChatPresence::Paused, _) => "paused",
                (_, ChatPresenceMedia::Audio) => "recording",
                _ => "composing",
            },
        },
        Event::PictureUpdate(update) => Seen::Picture {
            jid: update.jid.to_string(),
            removed: update.removed,
        },
        Event::UserAboutUpdate(update) => Seen::About {
            jid: update.jid.to_string(),
            text: update.status.clone(),
        },
        Event::IncomingCall(call) => Seen::Call {
            from: call.from.clone(),
            creator: call.action.call_creator().clone(),
            id: call.action.call_id().to_owned(),
            what: match &call.action {
                CallAction::Offer { is_video: true, .. } => "video",
                CallAction::Offer { .. } => "offer",
                CallAction::Terminate { .. } => "terminate",
                _ => "other",
            },
        },
        Event::MissedCall(call) => Seen::MissedCall(call.call_id.clone()),
        Event::DeviceListUpdate(update) => Seen::Devices {
            user: update.user.to_string(),
            what: format!("{:?}", update.update_type),
        },
        Event::TemporaryBan(ban) => Seen::Banned {
            code: ban.code.code(),
            seconds: ban.expire.num_seconds(),
        },
        Event::PairPasskeyRequest(_) => Seen::Passkey,
        Event::ClientOutdated(_) => Seen::Outdated,
        Event::ConnectFailure(failure) => Seen::Refused(format!("{:?}", failure.reason)),
        Event::Disconnected(_) => Seen::Disconnected,
        _ => return None,
    })
}
