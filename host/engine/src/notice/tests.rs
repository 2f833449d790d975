//! What is told and stored of each notice.

mod others;

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use serde_json::{Value, json};
use wacore::stanza::groups::{GroupNotificationAction as Action, GroupParticipantInfo};
use wacore::types::events::{
    ArchiveUpdate, ContactUpdate, Event, GroupUpdate, MuteUpdate, PictureUpdate, PinUpdate, Receipt,
};
use wacore::types::message::MessageSource;
use wacore::types::presence::ReceiptType;
use wagate_storage::groups::{GroupRow, Participant};
use waproto::whatsapp::sync_action_value as action;

use super::{Writer, call, presence};
use crate::chores::Chore;
use crate::fixture::{ANN, ANN_LID, BOB, Fixture, GROUP, NOW, OWN, from_ann, jid, text};

fn writer(f: &Fixture) -> Writer {
    Writer {
        context: Arc::clone(&f.context),
        chores: f.chores.clone(),
        presence: presence::Throttle::new(Duration::from_secs(60)),
        ringing: call::Ringing::default(),
        people: Vec::new(),
    }
}

async fn record(f: &Fixture, events: Vec<Event>) {
    let mut writer = writer(f);
    for event in events {
        writer.record(&f.own, &event).await;
    }
    writer.flush_people().await;
}

#[tokio::test]
async fn addresses_the_library_learns_make_one_person_of_two() {
    let f = Fixture::open().await;
    f.arrive(crate::fixture::from("L1", ANN_LID, ANN_LID), text("hello"))
        .await;
    let mut writer = writer(&f);
    let pairs = vec![
        (ANN.to_owned(), ANN_LID.to_owned()),
        // Of whom nothing was heard.
        (BOB.to_owned(), "100000000000102@lid".to_owned()),
    ];
    writer.people.extend(super::contact::same_people(pairs));
    writer.flush_people().await;
    let chats = f.storage().chats("session", 10).await.unwrap();
    assert_eq!(
        chats.iter().map(|chat| chat.jid.as_str()).collect::<Vec<_>>(),
        [ANN]
    );
    let (_, told) = f.events().await.pop().unwrap();
    assert_eq!(told["mergedFrom"], ANN_LID);
    assert!(f.storage().contact("session", BOB).await.unwrap().is_none());
}

fn at() -> DateTime<chrono::Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

fn in_group(action: Action) -> Event {
    notified("42", action)
}

fn notified(notification: &str, action: Action) -> Event {
    Event::GroupUpdate(
        GroupUpdate::builder()
            .group_jid(jid(GROUP))
            .notification_id(notification.to_owned())
            .participant(jid(ANN_LID))
            .participant_pn(jid(ANN))
            .timestamp(at())
            .is_lid_addressing_mode(true)
            .action(action)
            .build(),
    )
}

fn member(jid_text: &str, pn: Option<&str>) -> GroupParticipantInfo {
    GroupParticipantInfo {
        jid: jid(jid_text),
        phone_number: pn.map(jid),
        display_name: None,
        r#type: None,
        lid: None,
        username: None,
        join_time: None,
        group_history_sent_state: None,
    }
}

async fn with_group() -> Fixture {
    let f = Fixture::open().await;
    let one = |jid: &str, admin: Option<&str>| Participant {
        jid: jid.to_owned(),
        alt: None,
        admin: admin.map(str::to_owned),
    };
    let group = GroupRow {
        id: "g".to_owned(),
        jid: GROUP.to_owned(),
        subject: "Club".to_owned(),
        participants: vec![one(OWN, None), one(ANN, Some("superadmin"))],
        size: 2,
        addressing: "lid".to_owned(),
        participating: true,
        ..GroupRow::default()
    };
    f.storage().put_groups("session", vec![group], NOW).await.unwrap();
    f
}

async fn group(f: &Fixture) -> GroupRow {
    f.storage().group("session", GROUP).await.unwrap().unwrap()
}

#[tokio::test]
async fn group_participant() {
    let f = with_group().await;
    let add = Action::Add {
        participants: vec![member("100000000000102@lid", Some(BOB))],
        reason: None,
    };
    // The same notification, told again by the server, is one event.
    record(&f, vec![in_group(add.clone()), in_group(add)]).await;
    insta::assert_json_snapshot!(f.event("group.participant").await);
    let row = group(&f).await;
    assert_eq!((row.size, row.participants.len()), (3, 3));
}

#[tokio::test]
async fn members_are_promoted_demoted_and_removed() {
    let f = with_group().await;
    let own = || vec![member(OWN, None)];
    record(&f, vec![notified("1", Action::Promote { participants: own() })]).await;
    assert_eq!(group(&f).await.participants[0].admin.as_deref(), Some("admin"));
    record(&f, vec![notified("2", Action::Demote { participants: own() })]).await;
    assert_eq!(group(&f).await.participants[0].admin, None);
    record(
        &f,
        vec![notified(
            "3",
            Action::Remove {
                participants: own(),
                reason: None,
            },
        )],
    )
    .await;
    let row = group(&f).await;
    assert_eq!(row.participants.len(), 1);
    assert!(!row.participating);
    let actions: Vec<Value> = f
        .events()
        .await
        .into_iter()
        .map(|(_, data)| data["action"].clone())
        .collect();
    assert_eq!(actions, [json!("promote"), json!("demote"), json!("remove")]);
}

#[tokio::test]
async fn group_update() {
    let f = with_group().await;
    let actions = vec![
        Action::Subject {
            subject: "Team".to_owned(),
            subject_owner: None,
            subject_time: Some(1_700_000_000),
        },
        Action::Description {
            id: "D1".to_owned(),
            description: Some("All of us".to_owned()),
        },
        Action::Announce,
        Action::Locked { threshold: None },
        Action::Ephemeral {
            expiration: 86_400,
            trigger: None,
        },
        Action::MembershipApprovalMode { enabled: true },
        Action::MemberAddMode {
            mode: "all_member_add".to_owned(),
        },
        Action::Invite {
            code: "CODE".to_owned(),
        },
        Action::Suspended,
    ];
    let events = actions
        .into_iter()
        .zip(0..)
        .map(|(action, index)| {
            let Event::GroupUpdate(mut update) = in_group(action) else {
                unreachable!()
            };
            update.action_index = index;
            Event::GroupUpdate(update)
        })
        .collect();
    record(&f, events).await;
    let told: Vec<Value> = f.events().await.into_iter().map(|(_, data)| data).collect();
    insta::assert_json_snapshot!(told);
    let row = group(&f).await;
    assert_eq!(row.subject, "Team");
    assert_eq!(row.description.as_deref(), Some("All of us"));
    assert!(row.announce && row.restricted && row.join_approval && row.member_add && row.suspended);
    assert_eq!(
        (row.ephemeral_seconds, row.invite_code.as_deref()),
        (86_400, Some("CODE"))
    );
    let chat = f.storage().chat("session", GROUP).await.unwrap().unwrap();
    assert_eq!(chat.state.ephemeral_seconds, 86_400);
}

#[tokio::test]
async fn a_group_that_is_not_known_is_read() {
    let mut f = Fixture::open().await;
    record(&f, vec![in_group(Action::Announce)]).await;
    assert_eq!(f.event("group.update").await["announce"], true);
    assert!(matches!(&f.asked()[..], [Chore::RefreshGroup(group)] if group.to_string() == GROUP));
}

#[tokio::test]
async fn a_groups_picture() {
    let f = with_group().await;
    let picture = PictureUpdate::builder()
        .jid(jid(GROUP))
        .author(jid(ANN))
        .timestamp(at())
        .removed(false)
        .picture_id("7".to_owned())
        .build();
    record(&f, vec![Event::PictureUpdate(picture)]).await;
    assert_eq!(f.event("group.update").await["pictureId"], "7");
    assert_eq!(group(&f).await.picture_id.as_deref(), Some("7"));
}

#[tokio::test]
async fn the_owners_address_book() {
    let f = Fixture::open().await;
    let saved = ContactUpdate::builder()
        .jid(jid(ANN))
        .timestamp(at())
        .action(Box::new(action::ContactAction {
            full_name: Some("Ann Example".to_owned()),
            first_name: Some("Ann".to_owned()),
            lid_jid: Some(ANN_LID.to_owned()),
            ..action::ContactAction::default()
        }))
        .from_full_sync(true)
        .build();
    record(
        &f,
        vec![Event::ContactUpdate(saved.clone()), Event::ContactUpdate(saved)],
    )
    .await;
    let told = f.event("contact.update").await;
    assert_eq!(
        (&told["jid"], &told["lid"], &told["name"]),
        (&json!(ANN), &json!(ANN_LID), &json!("Ann Example"))
    );
    let row = f.storage().contact("session", ANN_LID).await.unwrap().unwrap();
    assert_eq!(row.pn.as_deref(), Some(ANN));
}

#[tokio::test]
async fn chat_updated() {
    let f = Fixture::open().await;
    f.arrive(from_ann("A1"), text("hello")).await;
    let archive = |on: bool, first: bool| {
        Event::ArchiveUpdate(
            ArchiveUpdate::builder()
                .jid(jid(ANN))
                .timestamp(at())
                .action(Box::new(action::ArchiveChatAction {
                    archived: Some(on),
                    ..action::ArchiveChatAction::default()
                }))
                .from_full_sync(first)
                .build(),
        )
    };
    record(&f, vec![archive(true, false), archive(true, false)]).await;
    insta::assert_json_snapshot!(f.event("chat.updated").await);
    // A first sync is no news.
    record(&f, vec![archive(false, true)]).await;
    assert!(
        !f.storage()
            .chat("session", ANN)
            .await
            .unwrap()
            .unwrap()
            .state
            .archived
    );
    f.event("chat.updated").await;
}

#[tokio::test]
async fn pins_mutes_and_reading_on_the_phone() {
    let f = Fixture::open().await;
    f.arrive(from_ann("A1"), text("hello")).await;
    let pin = PinUpdate::builder()
        .jid(jid(ANN))
        .timestamp(at())
        .action(Box::new(action::PinAction { pinned: Some(true) }))
        .from_full_sync(false)
        .build();
    let mute = MuteUpdate::builder()
        .jid(jid(ANN))
        .timestamp(at())
        .action(Box::new(action::MuteAction {
            muted: Some(true),
            mute_end_timestamp: Some(-1),
            ..action::MuteAction::default()
        }))
        .from_full_sync(false)
        .build();
    let read = Receipt::builder()
        .source(MessageSource {
            chat: jid(ANN),
            sender: jid(OWN),
            is_from_me: true,
            ..MessageSource::default()
        })
        .message_ids(vec!["A1".to_owned()])
        .timestamp(at())
        .r#type(ReceiptType::ReadSelf)
        .offline(false)
        .build();
    record(
        &f,
        vec![
            Event::PinUpdate(pin),
            Event::MuteUpdate(mute),
            Event::Receipt(read),
        ],
    )
    .await;
    let chat = f.storage().chat("session", ANN).await.unwrap().unwrap();
    assert_eq!(chat.state.pinned_at, Some(NOW));
    assert_eq!(chat.state.muted_until, Some(-1));
    assert_eq!(chat.unread, 0);
}
