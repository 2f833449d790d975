//! Receipts and statuses.

use wagate_storage::groups::{GroupRow, Participant};
use wagate_storage::messages::{MessageRow, MessageStatus, StatusChange};
use wagate_storage::receipts::{NewReceipt, ReceiptKind, TellReceipt};

use super::support::{ANN, BOB, Fixture, GROUP, OWN, SESSION, START, event, in_group, own};

async fn receipt(f: &Fixture, from: &str, kind: ReceiptKind) {
    let receipt = NewReceipt {
        session_id: SESSION.to_owned(),
        wa_id: "M1".to_owned(),
        participant: from.to_owned(),
        kind,
        at: START,
    };
    let tell: TellReceipt = Box::new(|risen| {
        vec![event(
            "message.status",
            &format!("{}{}", risen.row.status.as_str(), risen.row.played),
            &risen.row.chat,
        )]
    });
    f.storage.record_receipts(vec![receipt], tell).await.unwrap();
}

async fn state(f: &Fixture) -> (MessageStatus, bool) {
    let row = f.message("M1").await;
    (row.status, row.played)
}

#[tokio::test]
async fn in_a_direct_chat_the_recipient_is_the_status_and_it_never_falls() {
    let f = Fixture::open().await;
    f.receive(own(1, "x")).await;
    receipt(&f, ANN, ReceiptKind::Read).await;
    assert_eq!(state(&f).await, (MessageStatus::Read, false));
    receipt(&f, ANN, ReceiptKind::Delivered).await;
    let change = StatusChange {
        session_id: SESSION.to_owned(),
        wa_id: "M1".to_owned(),
        status: MessageStatus::Sent,
    };
    let fell = f
        .storage
        .advance_status(change, Box::new(|_, _| Vec::new()))
        .await
        .unwrap();
    assert!(!fell);
    assert_eq!(state(&f).await, (MessageStatus::Read, false));
    receipt(&f, ANN, ReceiptKind::Played).await;
    assert_eq!(state(&f).await, (MessageStatus::Read, true));
    let statuses = f.told().await.into_iter().filter(|kind| kind == "message.status");
    assert_eq!(statuses.count(), 2);
}

#[tokio::test]
async fn a_receipt_beats_a_refusal() {
    let f = Fixture::open().await;
    f.receive(MessageRow {
        status: MessageStatus::Failed,
        ..own(1, "x")
    })
    .await;
    receipt(&f, ANN, ReceiptKind::Delivered).await;
    assert_eq!(state(&f).await.0, MessageStatus::Delivered);
}

#[tokio::test]
async fn in_a_group_the_slowest_member_is_the_status() {
    let f = Fixture::open().await;
    let members = [OWN, ANN, BOB].map(|jid| Participant {
        jid: jid.to_owned(),
        alt: None,
        admin: None,
    });
    let group = GroupRow {
        id: "g".to_owned(),
        jid: GROUP.to_owned(),
        participants: members.into(),
        size: 3,
        addressing: "pn".to_owned(),
        participating: true,
        ..GroupRow::default()
    };
    f.storage.put_groups(SESSION, vec![group], START).await.unwrap();
    f.receive(in_group(own(1, "x"))).await;
    for (from, kind, status) in [
        (ANN, ReceiptKind::Delivered, MessageStatus::Sent),
        (ANN, ReceiptKind::Read, MessageStatus::Sent),
        (BOB, ReceiptKind::Delivered, MessageStatus::Delivered),
        (BOB, ReceiptKind::Read, MessageStatus::Read),
    ] {
        receipt(&f, from, kind).await;
        assert_eq!(state(&f).await.0, status, "after {from} {kind:?}");
    }
    let receipts = f.storage.receipts(SESSION, "M1").await.unwrap();
    assert_eq!(receipts.len(), 2);
    assert!(receipts.iter().all(|receipt| receipt.read_at.is_some()));
}

#[tokio::test]
async fn in_a_group_nobody_knows_the_first_member_is_the_status() {
    let f = Fixture::open().await;
    f.receive(in_group(own(1, "x"))).await;
    receipt(&f, ANN, ReceiptKind::Delivered).await;
    assert_eq!(state(&f).await.0, MessageStatus::Delivered);
}

#[tokio::test]
async fn receipts_of_what_is_no_message_leave_nothing() {
    let f = Fixture::open().await;
    receipt(&f, ANN, ReceiptKind::Read).await;
    assert!(f.storage.receipts(SESSION, "M1").await.unwrap().is_empty());
    assert!(f.told().await.is_empty());
}
