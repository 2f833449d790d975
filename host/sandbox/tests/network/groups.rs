//! Groups, in both namespaces: made, renamed, joined and left, by clients and by phones.

use serde_json::{Value, json};
use whatsapp_rust::{
    GroupCreateOptions, GroupDescription, GroupError, GroupParticipantOptions, GroupSubject, IqError, Jid,
    JoinGroupResult, MemberAddMode, MembershipApprovalMode, PreviousDescription,
};

use crate::support::{ANN, BOB, CAT, Client, Seen, TestNetwork};

async fn three(addressing: &str) -> TestNetwork {
    let network = TestNetwork::with_phones(addressing).await;
    network.phone(CAT, "Cat", addressing).await;
    network
}

/// The code a refused query came back with.
fn code<T: std::fmt::Debug>(result: Result<T, GroupError>) -> u16 {
    match result {
        Err(GroupError::Iq(IqError::ServerError { code, .. })) => code,
        other => panic!("not refused by the server: {other:?}"),
    }
}

impl Client {
    /// Waits for a change of a group.
    async fn group_change(&self, group: &Jid, wanted: &str) -> Option<String> {
        self.wait(|seen| {
            seen.iter().find_map(|one| match one {
                Seen::Group {
                    group: got,
                    action,
                    by,
                } if *got == group.to_string() && action == wanted => Some(by.clone()),
                _ => None,
            })
        })
        .await
    }

    /// Waits for a text, and gives back the chat and the sender.
    pub(crate) async fn text(&self, wanted: &str) -> (String, String) {
        self.wait(|seen| {
            seen.iter().find_map(|one| match one {
                Seen::Text {
                    text, chat, sender, ..
                } if text == wanted => Some((chat.clone(), sender.clone())),
                _ => None,
            })
        })
        .await
    }
}

async fn a_client_makes_a_group_and_talks_in_it(addressing: &str) {
    let network = three(addressing).await;
    let ann = network.linked(ANN).await;
    let bob = network.linked(BOB).await;
    let created = ann
        .client()
        .groups()
        .create_group(GroupCreateOptions {
            subject: "Plans".to_owned(),
            participants: vec![
                GroupParticipantOptions::new(Jid::pn(BOB)),
                GroupParticipantOptions::new(Jid::pn(CAT)),
            ],
            ..Default::default()
        })
        .await
        .unwrap()
        .metadata;
    let group = created.id;
    assert_eq!(created.participants.len(), 3);
    bob.group_change(&group, "create").await;
    network.signal(CAT, "group", "create").await;

    let metadata = bob.client().groups().get_metadata(&group).await.unwrap();
    assert_eq!(metadata.subject, "Plans");
    let lid = addressing == "lid";
    assert!(metadata.participants.iter().all(|one| one.jid.is_lid() == lid));
    let admins: Vec<_> = metadata
        .participants
        .iter()
        .filter(|one| one.is_admin())
        .collect();
    assert_eq!(admins.len(), 1);
    assert_eq!(metadata.creator.as_ref(), Some(&admins[0].jid));
    let all = bob.client().groups().get_participating().await.unwrap();
    assert_eq!(all[&group].participants.len(), 3);

    // Both ways, to a client and to a phone, twice: the second message needs no new key.
    for round in ["one", "two"] {
        let id = ann.send_to(group.clone(), &format!("ann {round}")).await;
        let (chat, sender) = bob.text(&format!("ann {round}")).await;
        assert_eq!(chat, group.to_string());
        assert_eq!(sender.ends_with("@lid"), lid, "{sender}");
        ann.saw(&Seen::Ack(id)).await;
        bob.send_to(group.clone(), &format!("bob {round}")).await;
        ann.text(&format!("bob {round}")).await;
        network
            .write(CAT, &group.to_string(), &format!("cat {round}"))
            .await;
        for client in [&ann, &bob] {
            let (chat, _) = client.text(&format!("cat {round}")).await;
            assert_eq!(chat, group.to_string());
        }
    }
    let inbox = network.inbox(CAT, 4).await;
    let texts: Vec<&str> = inbox.iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["ann one", "bob one", "ann two", "bob two"]);
    assert!(
        inbox
            .iter()
            .all(|one| one["chat"] == group.to_string() && one["copies"] == 1)
    );
    let state = network
        .state(|state| {
            let devices = |phone: usize| state["phones"][phone]["devices"][0]["queued"] == 0;
            devices(0) && devices(1)
        })
        .await;
    assert_eq!(state["counters"]["undecryptable"], 0, "{state}");
    assert_eq!(state["counters"]["resent"], 0, "{state}");
    assert_eq!(state["counters"]["outdatedDevices"], 0, "{state}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_makes_a_group_and_talks_in_it_by_number() {
    a_client_makes_a_group_and_talks_in_it("pn").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_makes_a_group_and_talks_in_it_by_lid() {
    a_client_makes_a_group_and_talks_in_it("lid").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_of_a_group_reach_the_writer() {
    use whatsapp_rust::wacore::types::presence::ReceiptType;
    for addressing in ["pn", "lid"] {
        let network = three(addressing).await;
        let ann = network.linked(ANN).await;
        let group = network.group(BOB, "Plans", &[ANN, CAT]).await;
        ann.group_change(&group, "create").await;
        let id = ann.send_to(group.clone(), "hello").await;
        network.inbox(CAT, 1).await;
        ann.receipt(&id, &ReceiptType::Delivered).await;
        let body = json!({ "chat": group.to_string() });
        let (_, read) = network.post(&format!("/phones/{CAT}/read"), &body).await;
        assert_eq!(read["read"], 1, "{read}");
        ann.receipt(&id, &ReceiptType::Read).await;

        // And the other way round.
        let id = network.write(BOB, &group.to_string(), "hi").await;
        let (_, sender) = ann.text("hi").await;
        let sender: Jid = sender.parse().unwrap();
        ann.client()
            .mark_as_read(&group, Some(&sender), &[id.as_str()])
            .await
            .unwrap();
        network.state(|state| state["phones"][1]["outbox"] == 1).await;
        let wanted = |outbox: &Value| {
            let receipts = outbox["messages"][0]["receipts"].as_array().unwrap();
            receipts
                .iter()
                .any(|one| one["number"] == ANN && one["type"] == "read")
        };
        network.outbox(BOB, wanted).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_come_go_and_rise() {
    let network = three("lid").await;
    let ann = network.linked(ANN).await;
    let bob = network.linked(BOB).await;
    let group = network.group(ANN, "Plans", &[BOB]).await;
    let groups = |client: &Client| client.client();
    bob.group_change(&group, "create").await;

    // Bob is no admin, yet every member may add.
    let cat = Jid::pn(CAT);
    let added = groups(&bob)
        .groups()
        .add_participants(&group, &[cat.clone(), Jid::pn("15550009999"), Jid::pn(ANN)])
        .await
        .unwrap();
    let codes: Vec<Option<&str>> = added.iter().map(|one| one.error.as_deref()).collect();
    assert_eq!(codes, [None, Some("404"), Some("409")]);
    ann.group_change(&group, "add").await;
    network.signal(CAT, "group", "create").await;

    let refused = groups(&bob)
        .groups()
        .remove_participants(&group, std::slice::from_ref(&cat))
        .await;
    assert_eq!(code(refused), 403);
    let refused = groups(&bob)
        .groups()
        .promote_participants(&group, std::slice::from_ref(&cat))
        .await;
    assert_eq!(code(refused), 403);

    let promoted = groups(&ann)
        .groups()
        .promote_participants(&group, &[Jid::pn(BOB)])
        .await
        .unwrap();
    assert!(promoted[0].is_ok());
    bob.group_change(&group, "promote").await;
    // The creator is neither demoted nor removed.
    let creator = Jid::pn(ANN);
    let demoted = groups(&bob)
        .groups()
        .demote_participants(&group, std::slice::from_ref(&creator))
        .await
        .unwrap();
    assert_eq!(demoted[0].error.as_deref(), Some("405"));
    let removed = groups(&bob)
        .groups()
        .remove_participants(&group, &[creator, cat.clone()])
        .await
        .unwrap();
    assert_eq!(removed[0].error.as_deref(), Some("405"));
    assert!(removed[1].is_ok());
    ann.group_change(&group, "remove").await;
    network.signal(CAT, "group", "remove").await;
    groups(&ann)
        .groups()
        .demote_participants(&group, &[Jid::pn(BOB)])
        .await
        .unwrap();
    bob.group_change(&group, "demote").await;

    // Whoever is out neither reads nor writes.
    let (status, _) = network
        .post(
            &format!("/phones/{CAT}/messages"),
            &json!({ "to": group.to_string(), "text": "hello?" }),
        )
        .await;
    assert_eq!(status, 403);
    ann.send_to(group.clone(), "without Cat").await;
    bob.text("without Cat").await;
    assert_eq!(
        network.get(&format!("/phones/{CAT}/inbox")).await["messages"],
        json!([])
    );

    // The last admin leaves, and the one who has been there longest becomes it.
    groups(&ann).groups().leave(&group).await.unwrap();
    bob.group_change(&group, "remove").await;
    let view = network.get(&format!("/groups/{group}")).await;
    assert_eq!(view["members"].as_array().unwrap().len(), 1);
    assert_eq!(view["members"][0]["rank"], "admin");
    assert_eq!(code(groups(&ann).groups().get_metadata(&group).await), 403);
    assert_eq!(code(groups(&ann).groups().leave(&group).await), 403);
    let nobody: Jid = "120363000000000000@g.us".parse().unwrap();
    assert_eq!(code(groups(&ann).groups().get_metadata(&nobody).await), 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subject_a_description_and_its_conflict() {
    let network = three("pn").await;
    let ann = network.linked(ANN).await;
    let bob = network.linked(BOB).await;
    let group = network.group(ANN, "Plans", &[BOB]).await;
    let client = ann.client();
    let groups = client.groups();
    groups
        .set_subject(&group, GroupSubject::new("Other plans").unwrap())
        .await
        .unwrap();
    bob.group_change(&group, "subject").await;

    let text = |text: &str| Some(GroupDescription::new(text).unwrap());
    groups
        .set_description(&group, text("first"), PreviousDescription::Absent)
        .await
        .unwrap();
    let by = bob.group_change(&group, "description").await;
    assert_eq!(by.unwrap(), format!("{ANN}@s.whatsapp.net"));
    // Somebody who has not seen the first one.
    let late = groups
        .set_description(&group, text("second"), PreviousDescription::Absent)
        .await;
    assert!(matches!(late, Err(GroupError::DescriptionConflict)), "{late:?}");
    groups
        .set_description(&group, text("second"), PreviousDescription::Resolve)
        .await
        .unwrap();
    let metadata = bob.client().groups().get_metadata(&group).await.unwrap();
    assert_eq!(metadata.subject, "Other plans");
    assert_eq!(metadata.description.as_deref(), Some("second"));
    groups
        .set_description(&group, None, PreviousDescription::Resolve)
        .await
        .unwrap();
    let metadata = bob.client().groups().get_metadata(&group).await.unwrap();
    assert_eq!(metadata.description, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn switches_hold() {
    let network = three("lid").await;
    let ann = network.linked(ANN).await;
    let bob = network.linked(BOB).await;
    let group = network.group(ANN, "Plans", &[BOB, CAT]).await;
    let (admin, member) = (ann.client(), bob.client());
    assert_eq!(code(member.groups().set_announce(&group, true).await), 403);
    member
        .groups()
        .set_subject(&group, GroupSubject::new("By a member").unwrap())
        .await
        .unwrap();

    admin.groups().set_locked(&group, true).await.unwrap();
    bob.group_change(&group, "locked").await;
    let subject = GroupSubject::new("Once more").unwrap();
    assert_eq!(code(member.groups().set_subject(&group, subject).await), 403);

    admin.groups().set_announce(&group, true).await.unwrap();
    bob.group_change(&group, "announcement").await;
    let id = bob.send_to(group.clone(), "may I?").await;
    bob.saw(&Seen::Nack {
        id,
        code: "403".to_owned(),
    })
    .await;
    ann.send_to(group.clone(), "an admin speaks").await;
    bob.text("an admin speaks").await;

    admin.groups().set_ephemeral(&group, 86_400).await.unwrap();
    bob.group_change(&group, "ephemeral").await;
    admin
        .groups()
        .set_member_add_mode(&group, MemberAddMode::AdminAdd)
        .await
        .unwrap();
    bob.group_change(&group, "member_add_mode").await;
    let metadata = member.groups().get_metadata(&group).await.unwrap();
    assert!(metadata.is_locked && metadata.is_announcement);
    assert_eq!(metadata.ephemeral.unwrap().expiration, Some(86_400));
    admin.groups().set_announce(&group, false).await.unwrap();
    admin.groups().set_locked(&group, false).await.unwrap();
    admin.groups().set_ephemeral(&group, 0).await.unwrap();
    let metadata = member.groups().get_metadata(&group).await.unwrap();
    assert!(!metadata.is_locked && !metadata.is_announcement && metadata.ephemeral.is_none());
    let refused = member.groups().add_participants(&group, &[Jid::pn(CAT)]).await;
    assert_eq!(code(refused), 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_in_until_it_is_reset() {
    let network = three("pn").await;
    let ann = network.linked(ANN).await;
    let bob = network.linked(BOB).await;
    let group = network.group(ANN, "Plans", &[]).await;
    let (admin, guest) = (ann.client(), bob.client());
    let link = admin.groups().get_invite_link(&group, false).await.unwrap();
    let info = guest.groups().get_invite_info(&link).await.unwrap();
    assert_eq!((info.subject.as_str(), info.size), ("Plans", Some(1)));
    let joined = guest.groups().join_with_invite_code(&link).await.unwrap();
    assert_eq!(joined, JoinGroupResult::Joined(group.clone()));
    ann.group_change(&group, "add").await;
    bob.group_change(&group, "create").await;
    assert_eq!(code(guest.groups().join_with_invite_code(&link).await), 304);
    assert_eq!(code(guest.groups().get_invite_link(&group, false).await), 403);

    let new = admin.groups().get_invite_link(&group, true).await.unwrap();
    assert_ne!(new, link);
    let (status, answer) = network
        .post(&format!("/phones/{CAT}/join"), &json!({ "code": link }))
        .await;
    assert_eq!(status, 410, "{answer}");
    let (status, answer) = network
        .post(&format!("/phones/{CAT}/join"), &json!({ "code": new }))
        .await;
    assert_eq!(
        (status, answer["pending"].as_bool()),
        (200, Some(false)),
        "{answer}"
    );
    assert_eq!(code(guest.groups().get_invite_info("nonsense").await), 404);

    // Who was removed does not get back in by the link.
    admin
        .groups()
        .remove_participants(&group, &[Jid::pn(BOB)])
        .await
        .unwrap();
    assert_eq!(code(guest.groups().join_with_invite_code(&new).await), 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_want_to_be_added_is_invited() {
    let network = three("lid").await;
    let ann = network.linked(ANN).await;
    let bob = network.linked(BOB).await;
    let group = network.group(ANN, "Plans", &[]).await;
    network
        .post(
            &format!("/phones/{BOB}/profile"),
            &json!({ "privacy": { "groupadd": "none" } }),
        )
        .await;
    let added = ann
        .client()
        .groups()
        .add_participants(&group, &[Jid::pn(BOB)])
        .await
        .unwrap();
    assert_eq!(added[0].error.as_deref(), Some("403"));
    let invite = added[0].add_request.clone().unwrap();
    let expires = i64::try_from(invite.expiration).unwrap();
    let wrong = bob
        .client()
        .groups()
        .join_with_invite_v4(&group, "wrong", expires, Jid::pn(ANN))
        .await;
    assert_eq!(code(wrong), 404);
    let joined = bob
        .client()
        .groups()
        .join_with_invite_v4(&group, &invite.code, expires, Jid::pn(ANN))
        .await
        .unwrap();
    assert_eq!(joined, JoinGroupResult::Joined(group.clone()));
    ann.group_change(&group, "add").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_lets_in_who_asks() {
    let network = three("lid").await;
    let ann = network.linked(ANN).await;
    let bob = network.linked(BOB).await;
    let group = network.group(ANN, "Plans", &[]).await;
    let admin = ann.client();
    admin
        .groups()
        .set_membership_approval(&group, MembershipApprovalMode::On)
        .await
        .unwrap();
    let link = admin.groups().get_invite_link(&group, false).await.unwrap();
    let asked = bob.client().groups().join_with_invite_code(&link).await.unwrap();
    assert_eq!(asked, JoinGroupResult::PendingApproval(group.clone()));
    ann.group_change(&group, "created_membership_requests").await;
    network
        .post(&format!("/phones/{CAT}/join"), &json!({ "code": link }))
        .await;
    let requests = admin.groups().get_membership_requests(&group).await.unwrap();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].jid.is_lid());
    let refused = bob.client().groups().get_membership_requests(&group).await;
    assert_eq!(code(refused), 403);

    let approved = admin
        .groups()
        .approve_membership_requests(&group, &[requests[0].jid.clone()])
        .await
        .unwrap();
    assert!(approved[0].is_ok());
    bob.group_change(&group, "create").await;
    let rejected = admin
        .groups()
        .reject_membership_requests(&group, &[requests[1].jid.clone()])
        .await
        .unwrap();
    assert!(rejected[0].is_ok());
    ann.group_change(&group, "revoked_membership_requests").await;
    let view = network.get(&format!("/groups/{group}")).await;
    assert_eq!(
        (
            view["members"].as_array().unwrap().len(),
            view["requests"].as_array().unwrap().len()
        ),
        (2, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn phones_run_a_group_of_their_own() {
    let network = three("pn").await;
    let ann = network.linked(ANN).await;
    let group = network.group(BOB, "Bob's", &[ANN]).await;
    ann.group_change(&group, "create").await;
    let members = json!({ "members": [CAT] });
    let (status, answer) = network.act(ANN, &group, "remove", &members).await;
    assert_eq!(status, 403, "{answer}");
    let (status, answer) = network.act(BOB, &group, "add", &members).await;
    assert_eq!(
        (status, answer["results"][0]["code"].as_u64()),
        (200, Some(200)),
        "{answer}"
    );
    ann.group_change(&group, "add").await;
    network
        .act(BOB, &group, "rename", &json!({ "subject": "Ours" }))
        .await;
    ann.group_change(&group, "subject").await;
    network
        .act(BOB, &group, "describe", &json!({ "description": "about it" }))
        .await;
    ann.group_change(&group, "description").await;
    network
        .act(BOB, &group, "settings", &json!({ "announce": true }))
        .await;
    ann.group_change(&group, "announcement").await;
    network
        .act(BOB, &group, "promote", &json!({ "members": [ANN] }))
        .await;
    ann.group_change(&group, "promote").await;
    let id = ann.send_to(group.clone(), "as an admin").await;
    ann.saw(&Seen::Ack(id)).await;
    assert_eq!(network.inbox(CAT, 1).await[0]["text"], "as an admin");
    network.act(CAT, &group, "leave", &json!({})).await;
    ann.group_change(&group, "remove").await;
    let (status, answer) = network.act(BOB, &group, "settings", &json!({})).await;
    assert_eq!(status, 400, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_device_of_a_member_reads_along() {
    let network = three("lid").await;
    let ann = network.linked(ANN).await;
    let group = network.group(ANN, "Plans", &[BOB, CAT]).await;
    ann.group_change(&group, "create").await;
    ann.send_to(group.clone(), "before").await;
    network.inbox(BOB, 1).await;
    network.write(CAT, &group.to_string(), "from Cat").await;
    let bob = network.linked(BOB).await;
    ann.wait(|seen| {
        let is_new = |one: &Seen| matches!(one, Seen::Devices { what, .. } if what == "Add");
        seen.iter().any(is_new).then_some(())
    })
    .await;
    ann.send_to(group.clone(), "after").await;
    bob.text("after").await;
    network.write(CAT, &group.to_string(), "Cat again").await;
    bob.text("Cat again").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_community_has_its_flags() {
    let network = three("lid").await;
    let ann = network.linked(ANN).await;
    let client = ann.client();
    let community = client
        .groups()
        .create_group(GroupCreateOptions {
            subject: "Town".to_owned(),
            is_parent: true,
            create_general_chat: true,
            ..Default::default()
        })
        .await
        .unwrap()
        .metadata
        .id;
    let group = network.group(ANN, "Club", &[BOB]).await;
    let linked = client
        .community()
        .link_subgroups(&community, std::slice::from_ref(&group))
        .await
        .unwrap();
    assert_eq!(linked.linked_jids, std::slice::from_ref(&group));
    let all = client.groups().get_participating().await.unwrap();
    assert!(all[&community].is_parent_group);
    assert_eq!(all[&group].parent_group_jid.as_ref(), Some(&community));
    let announcements: Vec<_> = all.values().filter(|one| one.is_default_sub_group).collect();
    assert_eq!(announcements.len(), 1);
    assert!(announcements[0].is_announcement);
    assert_eq!(announcements[0].parent_group_jid.as_ref(), Some(&community));
    assert_eq!(all.values().filter(|one| one.is_general_chat).count(), 1);
    // Bob is in the community because he is in one of its groups.
    let everybody = client
        .community()
        .get_linked_groups_participants(&community)
        .await
        .unwrap();
    assert_eq!(everybody.len(), 2);
    assert_eq!(announcements[0].participants.len(), 2);
    client
        .community()
        .unlink_subgroups(&community, std::slice::from_ref(&group), false)
        .await
        .unwrap();
    let metadata = client.groups().get_metadata(&group).await.unwrap();
    assert_eq!(metadata.parent_group_jid, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_can_be_sent_in_a_group_and_as_a_status() {
    let network = TestNetwork::with_phones("lid").await;
    let client = network.linked(ANN).await;
    let group = network.group(BOB, "Plans", &[ANN]).await.to_string();
    let say = |content: Value| {
        let (network, client, group) = (&network, &client, &group);
        async move {
            let sent = network.say(BOB, group, content).await;
            let id = sent["id"].as_str().unwrap().to_owned();
            let got = client.message(&id).await;
            (id, got)
        }
    };
    let (first, _) = say(json!({ "type": "text", "text": "hello" })).await;
    let (_, got) = say(json!({ "type": "image", "caption": "the sea", "quote": first })).await;
    let image = got.message.image_message.clone();
    assert_eq!(image.caption.as_deref(), Some("the sea"));
    let author = image.context_info.participant.clone().unwrap();
    assert!(author.ends_with("@lid"), "{author}");
    assert!(!client.client().download(&*image).await.unwrap().is_empty());
    let (_, got) = say(json!({ "type": "reaction", "message": first, "emoji": "👍" })).await;
    assert_eq!(got.message.reaction_message.key.id.as_ref(), Some(&first));
    let (_, got) = say(json!({ "type": "revoke", "message": first })).await;
    assert_eq!(got.message.protocol_message.key.id.as_ref(), Some(&first));

    let body = json!({ "content": { "type": "image", "caption": "seen by all" }, "to": [ANN] });
    let (status, sent) = network.post(&format!("/phones/{BOB}/status"), &body).await;
    assert_eq!(status, 201, "{sent}");
    let got = client.message(sent["id"].as_str().unwrap()).await;
    assert_eq!(got.chat.to_string(), "status@broadcast");
    assert_eq!(got.message.image_message.caption.as_deref(), Some("seen by all"));
}
