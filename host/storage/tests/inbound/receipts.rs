//! Receipts and statuses.

use std::sync::{Arc, Mutex};

use wagate_storage::groups::{GroupRow, Participant};
use wagate_storage::journal::{SendRow, SendState};
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
        .advance_status(change, Box::new(|_, _, _| Vec::new()))
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

#[tokio::test]
async fn where_a_send_came_from_is_known_to_whatever_tells_it() {
    let f = Fixture::open().await;
    let begin = async |wa_id: &str, origin: Option<&str>| {
        let send = SendRow {
            session_id: SESSION.to_owned(),
            wa_id: wa_id.to_owned(),
            chat: ANN.to_owned(),
            cause: None,
            origin: origin.map(str::to_owned),
            state: SendState::Sending,
            error: None,
            created_at: START,
        };
        f.storage.begin_send(send).await.unwrap()
    };
    for number in 1..=3 {
        let status = MessageStatus::Pending;
        f.receive(MessageRow {
            status,
            ..own(number, "x")
        })
        .await;
    }
    assert!(begin("M1", Some("plugin:bot")).await.is_none());
    assert!(begin("M2", Some("api")).await.is_none());
    // A send that is repeated comes from where it came from first; M3 is one of an earlier version.
    let again = begin("M1", Some("api")).await.unwrap();
    assert_eq!(again.origin.as_deref(), Some("plugin:bot"));
    assert!(begin("M3", None).await.is_none());
    let f = f.reopen().await;

    let told = Arc::new(Mutex::new(Vec::new()));
    for wa_id in ["M1", "M3"] {
        let change = StatusChange {
            session_id: SESSION.to_owned(),
            wa_id: wa_id.to_owned(),
            status: MessageStatus::Sent,
        };
        let told = Arc::clone(&told);
        let tell = Box::new(move |row: &MessageRow, _, origin: Option<&str>| {
            told.lock()
                .unwrap()
                .push((row.wa_id.clone(), origin.map(str::to_owned)));
            Vec::new()
        });
        assert!(f.storage.advance_status(change, tell).await.unwrap());
    }
    // A receipt that overtakes the server's word tells it, and later ones do not.
    for kind in [ReceiptKind::Delivered, ReceiptKind::Read] {
        let receipt = NewReceipt {
            session_id: SESSION.to_owned(),
            wa_id: "M2".to_owned(),
            participant: ANN.to_owned(),
            kind,
            at: START,
        };
        let told = Arc::clone(&told);
        let tell: TellReceipt = Box::new(move |risen| {
            told.lock()
                .unwrap()
                .push((risen.row.wa_id.clone(), risen.origin.clone()));
            Vec::new()
        });
        f.storage.record_receipts(vec![receipt], tell).await.unwrap();
    }
    let of = |id: &str, origin: Option<&str>| (id.to_owned(), origin.map(str::to_owned));
    assert_eq!(
        *told.lock().unwrap(),
        [
            of("M1", Some("plugin:bot")),
            of("M3", None),
            of("M2", Some("api")),
            of("M2", None)
        ]
    );
}
