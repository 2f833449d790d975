//! Messages, and what changes them.

use std::sync::Arc;

use wagate_storage::groups::{GroupRow, Participant};
use wagate_storage::messages::{DELETED_TEXT, Inbound, MessageRow, NewEdit, NewRevoke};
use wagate_storage::polls::{NewVote, TellVote, VoteRow};
use wagate_storage::reactions::NewReaction;

use super::support::{
    ANN, ANN_LID, BOB, Fixture, GROUP, OWN, SESSION, START, arrived, event, in_group, own, text,
};

fn edit(of: &str, editor: &str, content: &str, at: i64) -> Inbound {
    Inbound::Edit(Box::new(NewEdit {
        session_id: SESSION.to_owned(),
        chat: ANN.to_owned(),
        wa_id: of.to_owned(),
        editor: vec![editor.to_owned()],
        content: Some(content.to_owned()),
        wire: b"edited".to_vec(),
        at,
        event: event("message.edited", &format!("{of}/{at}"), ANN),
    }))
}

fn revoke(of: &str, chat: &str, by: &[&str], keep_content: bool) -> Inbound {
    Inbound::Revoke(Box::new(NewRevoke {
        session_id: SESSION.to_owned(),
        chat: chat.to_owned(),
        wa_id: of.to_owned(),
        by: by.iter().map(|jid| (*jid).to_owned()).collect(),
        keep_content,
        at: START + 60_000,
        event: event("message.deleted", &format!("{of}/{by:?}"), chat),
    }))
}

#[tokio::test]
async fn a_message_that_comes_twice_is_one_message_and_one_event() {
    let f = Fixture::open().await;
    f.receive(text(1, "hello")).await;
    f.receive(MessageRow {
        content: Some("other".to_owned()),
        ..text(1, "hello")
    })
    .await;
    assert_eq!(f.message("M1").await.content.as_deref(), Some("hello"));
    assert_eq!(f.told().await, ["message.received"]);
}

#[tokio::test]
async fn messages_are_in_the_order_of_time_whenever_they_came() {
    let f = Fixture::open().await;
    for number in [5, 1, 3, 2, 4] {
        f.receive(text(number, "x")).await;
    }
    // Ten in one second keep the order in which they came.
    for number in 0..10 {
        f.receive(MessageRow {
            timestamp: START + 6_000,
            ..text(10 + number, "x")
        })
        .await;
    }
    let ids = |rows: Vec<MessageRow>| rows.into_iter().map(|row| row.wa_id).collect::<Vec<_>>();
    let page = f.storage.chat_messages(SESSION, ANN, None, 4).await.unwrap();
    let before = page.first().unwrap().id.clone();
    assert_eq!(ids(page), ["M16", "M17", "M18", "M19"]);
    let page = f
        .storage
        .chat_messages(SESSION, ANN, Some(&before), 100)
        .await
        .unwrap();
    assert_eq!(
        ids(page),
        [
            "M1", "M2", "M3", "M4", "M5", "M10", "M11", "M12", "M13", "M14", "M15"
        ]
    );
    let nowhere = f
        .storage
        .chat_messages(SESSION, ANN, Some("no such row"), 10)
        .await
        .unwrap();
    assert!(nowhere.is_empty());
}

#[tokio::test]
async fn times_no_clock_shows_have_a_place() {
    let f = Fixture::open().await;
    for (number, timestamp) in [(1, i64::MIN), (2, -1), (3, 0), (4, i64::MAX), (5, i64::MAX)] {
        f.receive(MessageRow {
            timestamp,
            ..text(number, "x")
        })
        .await;
    }
    let rows = f.storage.chat_messages(SESSION, ANN, None, 10).await.unwrap();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows.last().unwrap().wa_id, "M5");
}

#[tokio::test]
async fn only_who_wrote_a_message_edits_it() {
    let f = Fixture::open().await;
    f.receive(text(1, "helo")).await;
    f.commit(vec![edit("M1", BOB, "forged", START + 1)]).await;
    assert_eq!(f.message("M1").await.content.as_deref(), Some("helo"));
    f.commit(vec![edit("M1", ANN, "hello", START + 2_000)]).await;
    // An older edit that comes late.
    f.commit(vec![edit("M1", ANN, "hel", START + 1_000)]).await;
    let row = f.message("M1").await;
    assert_eq!(row.content.as_deref(), Some("hello"));
    assert_eq!(row.edited_at, Some(START + 2_000));
    assert_eq!(row.wire, b"edited");
    assert_eq!(f.told().await, ["message.received", "message.edited"]);
}

#[tokio::test]
async fn an_edit_of_a_message_nobody_has_is_told_all_the_same() {
    let f = Fixture::open().await;
    f.commit(vec![edit("OLD", ANN, "hello", START)]).await;
    assert_eq!(f.told().await, ["message.edited"]);
}

#[tokio::test]
async fn a_revoked_message_loses_its_text_unless_it_is_to_be_kept() {
    let f = Fixture::open().await;
    f.receive(text(1, "secret")).await;
    f.receive(text(2, "kept")).await;
    f.commit(vec![
        revoke("M1", ANN, &[ANN], false),
        revoke("M2", ANN, &[ANN], true),
    ])
    .await;
    let gone = f.message("M1").await;
    assert_eq!(gone.content.as_deref(), Some(DELETED_TEXT));
    assert!(gone.wire.is_empty());
    assert_eq!(gone.deleted_at, Some(START + 60_000));
    assert_eq!(gone.deleted_by.as_deref(), Some(ANN));
    let kept = f.message("M2").await;
    assert_eq!(kept.content.as_deref(), Some("kept"));
    assert_eq!(kept.wire, b"wire");
    assert_eq!(kept.deleted_at, Some(START + 60_000));
    // Neither an edit nor a second revoke brings anything back.
    f.commit(vec![
        edit("M1", ANN, "back", START + 70_000),
        revoke("M1", ANN, &[ANN], false),
    ])
    .await;
    assert_eq!(f.message("M1").await.content.as_deref(), Some(DELETED_TEXT));
    let told = f.told().await;
    assert_eq!(told.iter().filter(|kind| *kind == "message.deleted").count(), 2);
    assert!(!told.contains(&"message.edited".to_owned()));
}

#[tokio::test]
async fn nobody_revokes_what_another_wrote_in_a_direct_chat() {
    let f = Fixture::open().await;
    f.receive(own(1, "mine")).await;
    f.commit(vec![revoke("M1", ANN, &[ANN], false)]).await;
    assert_eq!(f.message("M1").await.content.as_deref(), Some("mine"));
    assert!(!f.told().await.contains(&"message.deleted".to_owned()));
    f.commit(vec![revoke("M1", ANN, &[OWN], false)]).await;
    assert_eq!(f.message("M1").await.content.as_deref(), Some(DELETED_TEXT));
}

#[tokio::test]
async fn admins_revoke_in_groups_and_members_do_not() {
    let f = Fixture::open().await;
    let member = |jid: &str, admin: Option<&str>| Participant {
        jid: jid.to_owned(),
        alt: (jid == ANN).then(|| ANN_LID.to_owned()),
        admin: admin.map(str::to_owned),
    };
    let group = GroupRow {
        id: "g".to_owned(),
        jid: GROUP.to_owned(),
        participants: vec![member(OWN, None), member(ANN, Some("admin")), member(BOB, None)],
        addressing: "pn".to_owned(),
        participating: true,
        ..GroupRow::default()
    };
    f.storage.put_groups(SESSION, vec![group], START).await.unwrap();
    f.receive(in_group(own(1, "mine"))).await;
    f.commit(vec![revoke("M1", GROUP, &[BOB], false)]).await;
    assert_eq!(f.message("M1").await.content.as_deref(), Some("mine"));
    // Known by her other address only.
    f.commit(vec![revoke("M1", GROUP, &[ANN_LID], false)]).await;
    assert_eq!(f.message("M1").await.content.as_deref(), Some(DELETED_TEXT));
}

fn reaction(sender: &str, emoji: Option<&str>, at: i64) -> Inbound {
    Inbound::Reaction(Box::new(NewReaction {
        session_id: SESSION.to_owned(),
        chat: ANN.to_owned(),
        wa_id: "M1".to_owned(),
        sender: sender.to_owned(),
        from_me: sender == OWN,
        emoji: emoji.map(str::to_owned),
        timestamp: at,
        event: Some(event("message.reaction", &format!("{sender}/{at}"), ANN)),
    }))
}

#[tokio::test]
async fn the_newest_reaction_of_each_person_stands() {
    let f = Fixture::open().await;
    f.receive(text(1, "hello")).await;
    f.commit(vec![
        reaction(ANN, Some("👍"), 10),
        reaction(OWN, Some("❤️"), 11),
        reaction(ANN, Some("😂"), 20),
        // Late, and repeated.
        reaction(ANN, Some("😡"), 15),
        reaction(ANN, Some("😂"), 20),
    ])
    .await;
    let emojis = |rows: Vec<wagate_storage::reactions::ReactionRow>| {
        rows.into_iter()
            .map(|row| (row.sender, row.emoji))
            .collect::<Vec<_>>()
    };
    let rows = f.storage.reactions(SESSION, ANN, "M1").await.unwrap();
    assert_eq!(
        emojis(rows),
        [
            (OWN.to_owned(), "❤️".to_owned()),
            (ANN.to_owned(), "😂".to_owned())
        ]
    );
    f.commit(vec![reaction(OWN, None, 30)]).await;
    let rows = f.storage.reactions(SESSION, ANN, "M1").await.unwrap();
    assert_eq!(emojis(rows), [(ANN.to_owned(), "😂".to_owned())]);
    let told = f.told().await;
    assert_eq!(told.iter().filter(|kind| *kind == "message.reaction").count(), 4);
}

#[tokio::test]
async fn a_vote_is_told_with_all_votes_of_the_poll() {
    let f = Fixture::open().await;
    let vote = |voter: &str, options: &[&str], at: i64| {
        let id = format!("{voter}/{at}");
        Inbound::Vote(Box::new(NewVote {
            session_id: SESSION.to_owned(),
            chat: ANN.to_owned(),
            wa_id: "POLL".to_owned(),
            vote: VoteRow {
                voter: voter.to_owned(),
                options: options.iter().map(|option| (*option).to_owned()).collect(),
                timestamp: at,
            },
            tell: TellVote(Arc::new(move |votes: &[VoteRow]| {
                let mut told = event("poll.voted", &id, ANN);
                told.data = votes
                    .iter()
                    .map(|vote| vote.options.len())
                    .sum::<usize>()
                    .to_string();
                told
            })),
        }))
    };
    f.commit(vec![
        vote(ANN, &["a"], 1),
        vote(BOB, &["a", "b"], 2),
        vote(ANN, &["b", "c"], 3),
        vote(ANN, &["a"], 2),
        vote(BOB, &[], 4),
    ])
    .await;
    let rows = f.storage.events_after(SESSION, 0, 10).await.unwrap();
    let sums: Vec<String> = rows.into_iter().map(|row| row.event.data).collect();
    assert_eq!(sums, ["1", "3", "4", "2"]);
    assert_eq!(f.storage.poll_votes(SESSION, ANN, "POLL").await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_batch_is_all_or_none() {
    let f = Fixture::open().await;
    let broken = MessageRow {
        // The row id of another message.
        id: "same".to_owned(),
        ..text(2, "x")
    };
    let first = MessageRow {
        id: "same".to_owned(),
        ..text(1, "x")
    };
    let tell = wagate_storage::contacts::TellContact::nothing();
    let refused = f
        .storage
        .commit_inbound(
            vec![arrived(first.clone()), arrived(broken.clone())].into(),
            tell.clone(),
        )
        .await;
    assert!(refused.is_err());
    assert!(f.storage.message_by_wa_id(SESSION, "M1").await.unwrap().is_none());
    assert!(f.told().await.is_empty());
    assert!(f.storage.tail().after(0, 10).unwrap().is_empty());
    // Others in the same transaction are none the worse for it, and only theirs is told.
    let commit = |batch: Vec<Inbound>| f.storage.commit_inbound(batch.into(), tell.clone());
    let (before, refused, after) = tokio::join!(
        commit(vec![arrived(text(3, "before"))]),
        commit(vec![arrived(first), arrived(broken)]),
        commit(vec![arrived(text(4, "after"))]),
    );
    assert!(before.is_ok() && refused.is_err() && after.is_ok());
    let told: Vec<String> = f
        .storage
        .tail()
        .after(0, 10)
        .unwrap()
        .iter()
        .map(|row| row.event.id.clone())
        .collect();
    let log = f.storage.events_from(0, 10).await.unwrap();
    assert_eq!(told, log.into_iter().map(|row| row.event.id).collect::<Vec<_>>());
    assert_eq!(told.len(), 2);
}

#[tokio::test]
async fn lists_show_names_quotes_and_reactions() {
    use wagate_storage::contacts::{ContactPatch, Learned, TellContact};
    let f = Fixture::open().await;
    let ann = ContactPatch {
        pn: Some(ANN.to_owned()),
        name: Learned::Text("Ann".to_owned()),
        push_name: Learned::Text("annie".to_owned()),
        ..ContactPatch::default()
    };
    let tell = TellContact::nothing();
    f.storage
        .learn_contacts(SESSION, vec![ann], START, tell)
        .await
        .unwrap();
    f.receive(text(1, "question")).await;
    f.receive(MessageRow {
        quote_id: Some("M1".to_owned()),
        ..own(2, "answer")
    })
    .await;
    f.commit(vec![reaction(ANN, Some("👍"), 10)]).await;
    let rows = f.storage.chat_messages(SESSION, ANN, None, 10).await.unwrap();
    let views = f.storage.view_messages(SESSION, rows).await.unwrap();
    let [question, answer] = &views[..] else {
        panic!("two messages");
    };
    assert_eq!(question.sender_name.as_deref(), Some("Ann"));
    assert_eq!(question.reactions.len(), 1);
    assert_eq!(answer.quoted_content.as_deref(), Some("question"));
    assert_eq!(answer.sender_name, None);
}
