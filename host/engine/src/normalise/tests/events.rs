//! What is told of each thing that arrives, as it is told.

use buffa::{Message as _, MessageField};
use serde_json::{Value, json};
use wagate_storage::messages::{DELETED_TEXT, MessageStatus};
use waproto::whatsapp as wa;
use waproto::whatsapp::message as m;

use crate::chores::Chore;
use crate::fixture::{
    ANN, ANN_LID, BOB, Fixture, GROUP, NOW, OWN, OWN_LID, from, from_ann, from_own, jid, text,
};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn key(id: &str, chat: &str, from_me: bool, participant: Option<&str>) -> MessageField<wa::MessageKey> {
    MessageField::some(wa::MessageKey {
        remote_jid: some(chat),
        from_me: Some(from_me),
        id: some(id),
        participant: participant.map(str::to_owned),
    })
}

fn protocol(message: m::ProtocolMessage) -> wa::Message {
    wa::Message {
        protocol_message: MessageField::some(message),
        ..wa::Message::default()
    }
}

fn edit(of: &str, content: &str) -> wa::Message {
    protocol(m::ProtocolMessage {
        key: key(of, ANN, true, None),
        r#type: Some(m::protocol_message::Type::MESSAGE_EDIT),
        edited_message: MessageField::some(text(content)),
        timestamp_ms: Some(NOW + 1_000),
        ..m::ProtocolMessage::default()
    })
}

fn revoke(of: &str, participant: Option<&str>) -> wa::Message {
    protocol(m::ProtocolMessage {
        key: key(of, ANN, participant.is_none(), participant),
        r#type: Some(m::protocol_message::Type::REVOKE),
        ..m::ProtocolMessage::default()
    })
}

fn reaction(of: &str, from_me: bool, emoji: &str, at: i64) -> wa::Message {
    wa::Message {
        reaction_message: MessageField::some(m::ReactionMessage {
            key: key(of, ANN, from_me, None),
            text: some(emoji),
            sender_timestamp_ms: Some(at),
            ..m::ReactionMessage::default()
        }),
        ..wa::Message::default()
    }
}

#[tokio::test]
async fn message_received() {
    let f = Fixture::open().await;
    let mut info = from_ann("A1");
    info.source.sender_alt = Some(jid(ANN_LID));
    f.arrive(info, text("hello")).await;
    insta::assert_json_snapshot!(f.event("message.received").await);
}

#[tokio::test]
async fn message_received_in_a_group_with_everything_around_it() {
    let f = Fixture::open().await;
    f.arrive(from_ann("A0"), text("so that Ann is known")).await;
    let mut info = from("G1", GROUP, ANN_LID);
    info.source.sender_alt = Some(jid(ANN));
    let message = wa::Message {
        image_message: MessageField::some(m::ImageMessage {
            mimetype: some("image/jpeg"),
            caption: some("look, @Bob"),
            file_length: Some(1_234),
            view_once: Some(true),
            context_info: MessageField::some(wa::ContextInfo {
                stanza_id: some("OLD"),
                participant: some(OWN_LID),
                quoted_message: MessageField::some(text("what is it?")),
                mentioned_jid: vec![BOB.to_owned(), ANN_LID.to_owned(), "not an address".to_owned()],
                is_forwarded: Some(true),
                expiration: Some(86_400),
                ..wa::ContextInfo::default()
            }),
            ..m::ImageMessage::default()
        }),
        ..wa::Message::default()
    };
    f.arrive(info, message).await;
    let events = f.events().await;
    let (_, data) = events
        .iter()
        .rfind(|(kind, _)| kind == "message.received")
        .unwrap();
    insta::assert_json_snapshot!(data);
    let row = f
        .storage()
        .message_by_wa_id("session", "G1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (row.mime_type.as_deref(), row.file_size),
        (Some("image/jpeg"), Some(1_234))
    );
    assert_eq!(row.quote_id.as_deref(), Some("OLD"));
}

#[tokio::test]
async fn message_sent_from_the_phone() {
    let f = Fixture::open().await;
    f.arrive(from_own("O1"), text("on my way")).await;
    insta::assert_json_snapshot!(f.event("message.sent").await);
    let row = f
        .storage()
        .message_by_wa_id("session", "O1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.status, row.sender.as_str()), (MessageStatus::Sent, OWN));
}

#[tokio::test]
async fn status_update() {
    let f = Fixture::open().await;
    f.arrive(from("S1", "status@broadcast", ANN), text("sunny today"))
        .await;
    let status = f.event("status.update").await;
    assert_eq!(f.event("message.received").await, status);
    insta::assert_json_snapshot!(status);
    assert!(f.storage().chats("session", 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_newsletter_and_a_broadcast_list() {
    let f = Fixture::open().await;
    let newsletter = "120363000000000001@newsletter";
    f.arrive(from("N1", newsletter, newsletter), text("news")).await;
    assert_eq!(f.event("message.received").await["chatType"], "NEWSLETTER");
    f.arrive(from("L1", "1700000000@broadcast", ANN), text("to all of you"))
        .await;
    let row = f
        .storage()
        .message_by_wa_id("session", "L1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((row.chat.as_str(), row.sender.as_str()), (ANN, ANN));
}

#[tokio::test]
async fn message_edited() {
    let f = Fixture::open().await;
    f.arrive(from_ann("A1"), text("helo")).await;
    f.arrive(from_ann("A2"), edit("A1", "hello")).await;
    f.arrive(from_ann("A2"), edit("A1", "hello")).await;
    insta::assert_json_snapshot!(f.event("message.edited").await);
    let row = f
        .storage()
        .message_by_wa_id("session", "A1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.content.as_deref(), Some("hello"));
    assert_eq!(row.edited_at, Some(NOW + 1_000));
    assert!(
        f.storage()
            .message_by_wa_id("session", "A2")
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn message_deleted() {
    let f = Fixture::open().await;
    f.arrive(from_ann("A1"), text("secret")).await;
    f.arrive(from_ann("A2"), revoke("A1", None)).await;
    insta::assert_json_snapshot!(f.event("message.deleted").await);
    let row = f
        .storage()
        .message_by_wa_id("session", "A1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.content.as_deref(), Some(DELETED_TEXT));
}

#[tokio::test]
async fn a_session_set_to_keeps_what_was_deleted() {
    let f = Fixture::open().await;
    f.configure(&json!({ "antiDelete": true }));
    f.arrive(from_ann("A1"), text("secret")).await;
    f.arrive(from_ann("A2"), revoke("A1", None)).await;
    let row = f
        .storage()
        .message_by_wa_id("session", "A1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.content.as_deref(), Some("secret"));
    assert_eq!(
        (row.deleted_at, row.deleted_by.as_deref()),
        (Some(NOW), Some(ANN))
    );
}

#[tokio::test]
async fn an_admin_deletes_what_another_wrote() {
    let f = Fixture::open().await;
    f.arrive(from("G1", GROUP, BOB), text("spam")).await;
    f.arrive(from("G2", GROUP, ANN), revoke("G1", Some(BOB))).await;
    let told = f.event("message.deleted").await;
    assert_eq!((&told["sender"], &told["deletedBy"]), (&json!(BOB), &json!(ANN)));
    assert_eq!(told["fromMe"], false);
}

#[tokio::test]
async fn message_reaction() {
    let f = Fixture::open().await;
    f.arrive(from_own("O1"), text("hello")).await;
    // Ann reacts to what we wrote: her key says that it is not hers.
    f.arrive(from_ann("A1"), reaction("O1", false, "👍", NOW + 1))
        .await;
    insta::assert_json_snapshot!(f.event("message.reaction").await);
    f.arrive(from_ann("A2"), reaction("O1", false, "", NOW + 2)).await;
    let events = f.events().await;
    let (_, removed) = events.last().unwrap();
    assert_eq!(
        (&removed["emoji"], &removed["removed"]),
        (&json!(""), &json!(true))
    );
    assert!(
        f.storage()
            .reactions("session", ANN, "O1")
            .await
            .unwrap()
            .is_empty()
    );
}

const SECRET: [u8; 32] = [7; 32];

fn poll_message() -> wa::Message {
    wa::Message {
        poll_creation_message_v3: MessageField::some(m::PollCreationMessage {
            name: some("Lunch?"),
            options: ["Yes", "No", "Later"]
                .map(|name| m::poll_creation_message::Option {
                    option_name: some(name),
                    ..m::poll_creation_message::Option::default()
                })
                .into(),
            selectable_options_count: Some(1),
            ..m::PollCreationMessage::default()
        }),
        message_context_info: MessageField::some(wa::MessageContextInfo {
            message_secret: Some(SECRET.to_vec()),
            ..wa::MessageContextInfo::default()
        }),
        ..wa::Message::default()
    }
}

/// As the voter's phone seals it, from the addresses it knows.
fn vote(poll: &str, creator: &str, voter: &str, options: &[&str], at: i64) -> wa::Message {
    let hashes: Vec<Vec<u8>> = options
        .iter()
        .map(|option| wacore::poll::compute_option_hash(option).to_vec())
        .collect();
    let (payload, iv) =
        wacore::poll::encrypt_poll_vote_with_secret(&hashes, &SECRET, poll, creator, voter).unwrap();
    wa::Message {
        poll_update_message: MessageField::some(m::PollUpdateMessage {
            poll_creation_message_key: key(poll, GROUP, false, Some(creator)),
            vote: MessageField::some(m::PollEncValue {
                enc_payload: Some(payload),
                enc_iv: Some(iv.to_vec()),
            }),
            sender_timestamp_ms: Some(at),
            ..m::PollUpdateMessage::default()
        }),
        ..wa::Message::default()
    }
}

#[tokio::test]
async fn poll_voted() {
    let f = Fixture::open().await;
    f.arrive(from("P1", GROUP, OWN), poll_message()).await;
    f.arrive(from("V1", GROUP, BOB), vote("P1", OWN, BOB, &["Yes"], 1))
        .await;
    // Sealed under the LIDs of both, which the group does not show.
    let mut info = from("V2", GROUP, ANN);
    info.source.sender_alt = Some(jid(ANN_LID));
    f.arrive(info, vote("P1", OWN_LID, ANN_LID, &["Yes"], 2)).await;
    let last = async || f.events().await.pop().unwrap();
    let (kind, told) = last().await;
    assert_eq!(kind, "poll.voted");
    insta::assert_json_snapshot!(told);
    // Bob changes his mind, and takes it back.
    f.arrive(from("V3", GROUP, BOB), vote("P1", OWN, BOB, &["Later"], 3))
        .await;
    let (_, told) = last().await;
    let counts = |told: &Value| -> Vec<u64> {
        let options = told["options"].as_array().unwrap();
        options
            .iter()
            .map(|option| option["votes"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(counts(&told), [1, 0, 1]);
    f.arrive(from("V4", GROUP, BOB), vote("P1", OWN, BOB, &[], 4))
        .await;
    let (_, told) = last().await;
    assert_eq!(counts(&told), [1, 0, 0]);
    assert_eq!(told["selectedOptions"], json!([]));
}

#[tokio::test]
async fn a_poll_and_its_vote_in_one_batch() {
    let f = Fixture::open().await;
    f.arrive_all(vec![
        (from("P1", GROUP, ANN), poll_message()),
        (from("V1", GROUP, BOB), vote("P1", ANN, BOB, &["No"], 1)),
    ])
    .await;
    assert_eq!(f.event("poll.voted").await["selectedOptions"], json!(["No"]));
}

#[tokio::test]
async fn a_vote_that_nobody_can_read_is_told_without_what_was_chosen() {
    let f = Fixture::open().await;
    f.arrive(from("V1", GROUP, BOB), vote("P1", ANN, BOB, &["No"], 1))
        .await;
    let told = f.event("poll.voted").await;
    assert_eq!(
        (&told["voter"], &told["selectedOptions"]),
        (&json!(BOB), &Value::Null)
    );
    // Sealed with another secret.
    f.arrive(from("P2", GROUP, ANN), poll_message()).await;
    let mut forged = vote("P2", ANN, BOB, &["No"], 1);
    if let Some(update) = forged.poll_update_message.as_option_mut()
        && let Some(sealed) = update.vote.as_option_mut()
    {
        sealed.enc_payload = Some(vec![0; 60]);
    }
    f.arrive(from("V2", GROUP, BOB), forged).await;
    let (_, told) = f.events().await.pop().unwrap();
    assert_eq!(told["selectedOptions"], Value::Null);
    assert!(
        f.storage()
            .poll_votes("session", GROUP, "P2")
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn message_undecryptable() {
    let f = Fixture::open().await;
    let told = crate::normalise::undecryptable(&f.context, &f.own, &from_ann("A1"), "view_once").await;
    let data: Value = serde_json::from_str(&told.data).unwrap();
    insta::assert_json_snapshot!(data);
}

#[tokio::test]
async fn contact_update() {
    let f = Fixture::open().await;
    let mut info = from_ann("A1");
    f.arrive(from("G0", GROUP, ANN_LID), text("who am I?")).await;
    info.source.sender_alt = Some(jid(ANN_LID));
    f.arrive(info, text("it is me")).await;
    let told: Vec<Value> = f
        .events()
        .await
        .into_iter()
        .filter(|(kind, _)| kind == "contact.update")
        .map(|(_, data)| data)
        .collect();
    insta::assert_json_snapshot!(told);
    let row = f
        .storage()
        .message_by_wa_id("session", "G0")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.sender, ANN);
}

#[tokio::test]
async fn the_timer_of_a_chat_is_heeded() {
    let f = Fixture::open().await;
    f.arrive(from_ann("A1"), text("hello")).await;
    let setting = protocol(m::ProtocolMessage {
        r#type: Some(m::protocol_message::Type::EPHEMERAL_SETTING),
        ephemeral_expiration: Some(604_800),
        ..m::ProtocolMessage::default()
    });
    f.arrive(from_ann("A2"), setting).await;
    assert_eq!(f.event("chat.updated").await["ephemeralSeconds"], 604_800);
}

#[tokio::test]
async fn a_session_that_reads_everything_is_asked_to_and_not_for_status_posts() {
    let mut f = Fixture::open().await;
    f.arrive(from_ann("A1"), text("unread")).await;
    f.configure(&json!({ "autoRead": true }));
    f.arrive(from_ann("A2"), text("hello")).await;
    f.arrive(from("G1", GROUP, ANN), text("hello all")).await;
    f.arrive(from("S1", "status@broadcast", ANN), text("sunny")).await;
    f.arrive(from_own("O1"), text("mine")).await;
    let asked: Vec<_> = f
        .asked()
        .into_iter()
        .map(|chore| match chore {
            Chore::Read(reading) => (reading.ids, reading.sender.map(|sender| sender.to_string())),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        asked,
        [
            (vec!["A2".to_owned()], None),
            (vec!["G1".to_owned()], Some(ANN.to_owned()))
        ]
    );
}

#[tokio::test]
async fn what_is_stored_is_what_came_over_the_wire() {
    let f = Fixture::open().await;
    let wrapped = wa::Message {
        ephemeral_message: MessageField::some(m::FutureProofMessage {
            message: MessageField::some(text("hello")),
        }),
        ..wa::Message::default()
    };
    f.arrive(from_ann("A1"), wrapped.clone()).await;
    let row = f
        .storage()
        .message_by_wa_id("session", "A1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.wire, wrapped.encode_to_vec());
    assert_eq!(row.content.as_deref(), Some("hello"));
}
