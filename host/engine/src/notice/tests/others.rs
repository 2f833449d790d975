//! Labels, calls, presence, and messages that were lost.

use std::sync::Arc;

use serde_json::json;
use wacore::types::call::{CallAction, IncomingCall};
use wacore::types::events::{
    ChatPresenceUpdate, DecryptFailMode, Event, LabelAssociationUpdate, LabelEditUpdate, PresenceUpdate,
    UnavailableType, UndecryptableMessage,
};
use wacore::types::message::MessageSource;
use wacore::types::presence::{ChatPresence, ChatPresenceMedia};
use waproto::whatsapp::sync_action_value as action;

use super::{at, record};
use crate::chores::Chore;
use crate::fixture::{ANN, Fixture, from_ann, jid};

#[tokio::test]
async fn labels() {
    let f = Fixture::open().await;
    let edit = |name: &str, deleted: bool| {
        Event::LabelEditUpdate(
            LabelEditUpdate::builder()
                .label_id("3".to_owned())
                .timestamp(at())
                .action(Box::new(action::LabelEditAction {
                    name: Some(name.to_owned()),
                    color: Some(5),
                    deleted: Some(deleted),
                    ..action::LabelEditAction::default()
                }))
                .from_full_sync(false)
                .build(),
        )
    };
    let put = LabelAssociationUpdate::builder()
        .label_id("3".to_owned())
        .chat_jid(jid(ANN))
        .timestamp(at())
        .action(Box::new(action::LabelAssociationAction {
            labeled: Some(true),
            ..action::LabelAssociationAction::default()
        }))
        .from_full_sync(false)
        .build();
    record(&f, vec![edit("Paid", false), Event::LabelAssociationUpdate(put)]).await;
    insta::assert_json_snapshot!("label_updated", f.event("label.updated").await);
    insta::assert_json_snapshot!("label_assigned", f.event("label.assigned").await);
    assert_eq!(
        f.storage().labels_on("session", ANN, None).await.unwrap().len(),
        1
    );
    record(&f, vec![edit("Paid", true)]).await;
    assert!(f.storage().labels("session").await.unwrap().is_empty());
}

fn call(action: CallAction) -> Event {
    Event::IncomingCall(
        IncomingCall::builder()
            .from(jid(ANN))
            .stanza_id("S".to_owned())
            .timestamp(at())
            .offline(false)
            .action(action)
            .build(),
    )
}

fn offer() -> Event {
    call(CallAction::Offer {
        call_id: "C1".to_owned(),
        call_creator: jid(ANN),
        caller_pn: None,
        caller_country_code: None,
        device_class: None,
        joinable: false,
        is_video: true,
        audio: Vec::new(),
        group_jid: None,
    })
}

fn hang_up(reason: Option<&str>) -> Event {
    call(CallAction::Terminate {
        call_id: "C1".to_owned(),
        call_creator: jid(ANN),
        reason: reason.map(str::to_owned),
        duration: None,
        audio_duration: None,
    })
}

#[tokio::test]
async fn a_call_nobody_answers() {
    let mut f = Fixture::open().await;
    record(
        &f,
        vec![offer(), hang_up(Some("timeout")), hang_up(Some("timeout"))],
    )
    .await;
    insta::assert_json_snapshot!("call_received", f.event("call.received").await);
    insta::assert_json_snapshot!("call_missed", f.event("call.missed").await);
    assert!(f.asked().is_empty());
}

#[tokio::test]
async fn a_call_answered_elsewhere_is_not_missed() {
    let f = Fixture::open().await;
    record(&f, vec![offer(), hang_up(Some("accepted_elsewhere"))]).await;
    let kinds: Vec<String> = f.events().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["call.received"]);
}

#[tokio::test]
async fn a_session_that_takes_no_calls_is_asked_to_refuse() {
    let mut f = Fixture::open().await;
    f.configure(&json!({ "rejectCalls": true, "rejectCallMessage": "Please write." }));
    record(&f, vec![offer(), hang_up(None)]).await;
    assert_eq!(f.event("call.received").await["rejected"], true);
    assert_eq!(f.events().await.len(), 1, "a refused call is not a missed one");
    let asked = f.asked();
    let [
        Chore::RejectCall {
            call_id, answer_to, ..
        },
    ] = &asked[..]
    else {
        panic!("{asked:?}");
    };
    assert_eq!((call_id.as_str(), answer_to.as_deref()), ("C1", Some(ANN)));
}

#[tokio::test]
async fn presence_updated() {
    let f = Fixture::open().await;
    let online = || {
        Event::Presence(
            PresenceUpdate::builder()
                .from(jid(ANN))
                .unavailable(false)
                .build(),
        )
    };
    let typing = || {
        Event::ChatPresence(
            ChatPresenceUpdate::builder()
                .source(MessageSource {
                    chat: jid(ANN),
                    sender: jid(ANN),
                    ..MessageSource::default()
                })
                .state(ChatPresence::Composing)
                .media(ChatPresenceMedia::Audio)
                .build(),
        )
    };
    record(&f, vec![online(), online()]).await;
    insta::assert_json_snapshot!(f.event("presence.updated").await);
    record(&f, vec![typing()]).await;
    let (_, told) = f.events().await.pop().unwrap();
    assert_eq!(told["presence"], "recording");
}

#[tokio::test]
async fn a_lost_message() {
    let f = Fixture::open().await;
    let lost = UndecryptableMessage::builder()
        .info(Arc::new(from_ann("A1")))
        .is_unavailable(true)
        .unavailable_type(UnavailableType::ViewOnce)
        .decrypt_fail_mode(DecryptFailMode::Show)
        .build();
    record(&f, vec![Event::UndecryptableMessage(lost)]).await;
    assert_eq!(f.event("message.undecryptable").await["reason"], "view_once");
}
