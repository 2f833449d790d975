//! Acks and receipts: what is told, and in which order.

use serde_json::Value;
use wagate_protocol::event::origin;
use wagate_storage::contacts::ContactSighting;
use wagate_storage::groups::GroupRow;
use wagate_storage::journal::{SendRow, SendState};
use wagate_storage::messages::{MessageStatus, NewMessage};
use wagate_storage::receipts::ReceiptKind;

use super::{Outcome, record};
use crate::fixture::{ANN, ANN_LID, BOB, Fixture, GROUP, NOW, OWN, jid, text};
use crate::normalise;

async fn sent(f: &Fixture, chat: &str) {
    let row = normalise::outgoing(
        &f.context,
        &jid(OWN),
        chat.to_owned(),
        "O1".to_owned(),
        &text("hello"),
    );
    let message = NewMessage {
        row,
        event: None,
        contact: ContactSighting::default(),
        media: None,
    };
    let send = SendRow {
        session_id: message.row.session_id.clone(),
        wa_id: message.row.wa_id.clone(),
        chat: chat.to_owned(),
        cause: None,
        origin: Some(origin::API.to_owned()),
        state: SendState::Sending,
        error: None,
        created_at: NOW,
    };
    assert!(f.storage().begin_send(send).await.unwrap().is_none());
    f.storage().commit_messages(vec![message]).await.unwrap();
}

async fn ack(f: &Fixture, error: Option<&str>) {
    let outcome = Outcome::Ack {
        message_id: "O1".to_owned(),
        error: error.map(str::to_owned),
    };
    record(&f.context, outcome).await;
}

async fn receipt(f: &Fixture, from: &str, kind: ReceiptKind) {
    let outcome = Outcome::Receipt {
        message_ids: vec!["O1".to_owned(), "not ours".to_owned()],
        kind,
        from: jid(from),
        from_alt: None,
        at: NOW,
    };
    record(&f.context, outcome).await;
}

/// Kind and status of each event.
async fn told(f: &Fixture) -> Vec<String> {
    f.events()
        .await
        .into_iter()
        .map(|(kind, data)| format!("{kind} {}", data["status"].as_str().unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn message_status() {
    let f = Fixture::open().await;
    sent(&f, ANN).await;
    ack(&f, None).await;
    insta::assert_json_snapshot!("message_sent_by_the_gateway", f.event("message.sent").await);
    insta::assert_json_snapshot!(f.event("message.status").await);
}

#[tokio::test]
async fn each_step_is_told_once_whatever_comes_first() {
    let f = Fixture::open().await;
    sent(&f, ANN).await;
    receipt(&f, ANN, ReceiptKind::Read).await;
    receipt(&f, ANN, ReceiptKind::Delivered).await;
    ack(&f, None).await;
    receipt(&f, ANN, ReceiptKind::Played).await;
    receipt(&f, ANN, ReceiptKind::Played).await;
    assert_eq!(
        told(&f).await,
        [
            "message.sent ",
            "message.status SENT",
            "message.status READ",
            "message.status READ"
        ]
    );
    let (_, last) = f.events().await.pop().unwrap();
    assert_eq!(last["played"], true);
}

#[tokio::test]
async fn a_refusal_says_why_and_a_receipt_proves_it_wrong() {
    let f = Fixture::open().await;
    sent(&f, ANN).await;
    ack(&f, Some("463")).await;
    let failed = f.event("message.status").await;
    assert_eq!(
        (&failed["status"], &failed["error"]),
        (&Value::from("FAILED"), &Value::from("463"))
    );
    receipt(&f, ANN, ReceiptKind::Delivered).await;
    assert_eq!(
        told(&f).await,
        [
            "message.status FAILED",
            "message.sent ",
            "message.status SENT",
            "message.status DELIVERED"
        ]
    );
}

#[tokio::test]
async fn in_a_group_it_is_read_when_all_have_read_it() {
    let f = Fixture::open().await;
    let group = GroupRow {
        id: "g".to_owned(),
        jid: GROUP.to_owned(),
        size: 3,
        addressing: "lid".to_owned(),
        participating: true,
        ..GroupRow::default()
    };
    f.storage().put_groups("session", vec![group], NOW).await.unwrap();
    sent(&f, GROUP).await;
    ack(&f, None).await;
    receipt(&f, ANN, ReceiptKind::Read).await;
    receipt(&f, BOB, ReceiptKind::Delivered).await;
    let (_, delivered) = f.events().await.pop().unwrap();
    insta::assert_json_snapshot!("message_status_in_a_group", delivered);
    receipt(&f, BOB, ReceiptKind::Read).await;
    let (_, read) = f.events().await.pop().unwrap();
    assert_eq!(read["status"], "READ");
    let row = f
        .storage()
        .message_by_wa_id("session", "O1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.status, MessageStatus::Read);
}

#[tokio::test]
async fn receipts_under_both_addresses_are_one_recipients() {
    let f = Fixture::open().await;
    f.arrive(
        {
            let mut info = crate::fixture::from_ann("A1");
            info.source.sender_alt = Some(jid(ANN_LID));
            info
        },
        text("so that both are known"),
    )
    .await;
    sent(&f, GROUP).await;
    receipt(&f, ANN, ReceiptKind::Delivered).await;
    receipt(&f, ANN_LID, ReceiptKind::Read).await;
    let receipts = f.storage().receipts("session", "O1").await.unwrap();
    assert_eq!(receipts.len(), 1);
    assert_eq!(receipts[0].participant, ANN);
    assert!(receipts[0].read_at.is_some());
}
