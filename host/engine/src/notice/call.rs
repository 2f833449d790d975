//! Calls: received, missed, and refused where the session is set to.

use std::collections::VecDeque;

use serde_json::json;
use wacore::types::call::{CallAction, IncomingCall, MissedCall};
use wagate_protocol::event::kind;
use wagate_storage::StorageError;
use whatsapp_rust::Jid;

use super::Writer;
use crate::chores::Chore;
use crate::normalise::{Person, known, stable_id};

/// Calls that may ring at once and are remembered.
const MAX_RINGING: usize = 64;

/// A call that nobody has answered yet.
struct Ring {
    id: String,
    is_video: bool,
    group: Option<Jid>,
}

/// Calls that nobody has answered yet.
#[derive(Default)]
pub(super) struct Ringing(VecDeque<Ring>);

impl Ringing {
    fn begin(&mut self, ring: Ring) {
        self.0.retain(|other| other.id != ring.id);
        if self.0.len() == MAX_RINGING {
            self.0.pop_front();
        }
        self.0.push_back(ring);
    }

    fn end(&mut self, id: &str) -> Option<Ring> {
        let position = self.0.iter().position(|ring| ring.id == id)?;
        self.0.remove(position)
    }
}

pub(super) async fn incoming(writer: &mut Writer, call: &IncomingCall) -> Result<(), StorageError> {
    let id = call.action.call_id();
    match &call.action {
        CallAction::Offer {
            is_video,
            group_jid,
            caller_pn,
            ..
        } => {
            let ring = Ring {
                id: id.to_owned(),
                is_video: *is_video,
                group: group_jid.clone(),
            };
            received(writer, call, caller_pn.as_ref(), ring).await
        }
        CallAction::OfferNotice {
            is_video, is_group, ..
        } => {
            let ring = Ring {
                id: id.to_owned(),
                is_video: *is_video,
                group: is_group.then(|| call.from.clone()),
            };
            received(writer, call, None, ring).await
        }
        // Answered on another device of this account.
        CallAction::Accept { .. } => {
            writer.ringing.end(id);
            Ok(())
        }
        CallAction::Terminate { reason, .. } => {
            let Some(ring) = writer.ringing.end(id) else {
                return Ok(());
            };
            let is_missed = matches!(reason.as_deref(), None | Some("timeout" | "group_call_ended"));
            if is_missed {
                let at = call.timestamp.timestamp_millis();
                missed(writer, &call.from, id, at, Some(&ring), "no-answer").await?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

async fn received(
    writer: &mut Writer,
    call: &IncomingCall,
    caller_pn: Option<&Jid>,
    ring: Ring,
) -> Result<(), StorageError> {
    let context = &writer.context;
    let caller = known(context, Person::from_pair(call.action.call_creator(), caller_pn)).await;
    let group = ring.group.as_ref().map(Jid::to_non_ad_string);
    let rejected = context.config().reject_calls;
    let event = context.event(
        stable_id(&[&context.id, &ring.id, kind::CALL_RECEIVED]),
        kind::CALL_RECEIVED,
        Some(group.clone().unwrap_or_else(|| caller.canonical.clone())),
        &json!({
            "id": ring.id,
            "from": caller.canonical,
            "fromAlt": caller.alternative,
            "isVideo": ring.is_video,
            "isGroup": group.is_some(),
            "groupJid": group,
            "rejected": rejected,
            "timestamp": call.timestamp.timestamp_millis(),
        }),
    );
    context.shared.storage.append_events(vec![event]).await?;
    context.shared.announce();
    if rejected {
        writer.chores.ask(Chore::RejectCall {
            call_id: ring.id,
            peer: call.from.clone(),
            creator: call.action.call_creator().clone(),
            answer_to: group.is_none().then_some(caller.canonical),
        });
    } else {
        writer.ringing.begin(ring);
    }
    Ok(())
}

/// Somebody called while this device was away.
pub(super) async fn missed_offline(writer: &mut Writer, call: &MissedCall) -> Result<(), StorageError> {
    let ring = writer.ringing.end(&call.call_id);
    let at = call.timestamp.timestamp_millis();
    missed(writer, &call.from, &call.call_id, at, ring.as_ref(), "offline").await
}

async fn missed(
    writer: &Writer,
    from: &Jid,
    id: &str,
    at: i64,
    ring: Option<&Ring>,
    reason: &str,
) -> Result<(), StorageError> {
    let context = &writer.context;
    let caller = known(context, Person::from_pair(from, None)).await;
    let event = context.event(
        stable_id(&[&context.id, id, kind::CALL_MISSED]),
        kind::CALL_MISSED,
        Some(caller.canonical.clone()),
        &json!({
            "id": id,
            "from": caller.canonical,
            "fromAlt": caller.alternative,
            "isVideo": ring.map(|ring| ring.is_video),
            "isGroup": caller.is_group() || ring.is_some_and(|ring| ring.group.is_some()),
            "reason": reason,
            "timestamp": at,
        }),
    );
    context.shared.storage.append_events(vec![event]).await?;
    context.shared.announce();
    Ok(())
}
