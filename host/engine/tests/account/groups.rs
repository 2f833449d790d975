//! Groups, as their members see them.

use serde_json::{Value, json};
use wagate_engine::EngineError;
use wagate_engine::content::Content;
use wagate_engine::ops::{GroupSetting, MemberAction};

use crate::harness::{BOB, CARL, OWN, World, jid};

async fn seen(world: &World, group: &str) -> Value {
    world.get(&format!("/groups/{group}")).await
}

async fn in_both_kinds(check: impl AsyncFn(World)) {
    for addressing in ["pn", "lid"] {
        check(World::start_addressed(addressing).await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_group_is_made_changed_and_left() {
    in_both_kinds(async |world: World| {
        let account = world.account();
        let group = account.create_group("Team", &[BOB.to_owned()]).await.unwrap();
        assert_eq!(group.subject, "Team");
        let members: Vec<&str> = group.members.iter().map(|member| member.jid.as_str()).collect();
        assert!(
            members.contains(&&*jid(BOB)) && members.contains(&&*jid(OWN)),
            "{members:?}"
        );
        let id = group.jid.as_str();

        account.set_group_subject(id, "Team A").await.unwrap();
        account
            .set_group_description(id, Some("what we do"))
            .await
            .unwrap();
        account
            .set_group_description(id, Some("what we do now"))
            .await
            .unwrap();
        for setting in [
            GroupSetting::Announce(true),
            GroupSetting::Restrict(true),
            GroupSetting::EphemeralSeconds(86_400),
            GroupSetting::JoinApproval(true),
        ] {
            account.set_group(id, setting).await.unwrap();
        }
        let added = account
            .change_members(
                id,
                MemberAction::Add,
                &[CARL.to_owned(), "12025550199".to_owned()],
            )
            .await
            .unwrap();
        assert_eq!(
            (added[0].jid.as_str(), added[0].status.as_str()),
            (&*jid(CARL), "200")
        );
        assert_ne!(added[1].status, "200");
        for action in [MemberAction::Promote, MemberAction::Demote] {
            let done = account
                .change_members(id, action, &[CARL.to_owned()])
                .await
                .unwrap();
            assert_eq!(
                (done[0].jid.as_str(), done[0].status.as_str()),
                (&*jid(CARL), "200")
            );
        }
        let now = account.group(id).await.unwrap();
        assert_eq!(
            (now.subject.as_str(), now.description.as_deref()),
            ("Team A", Some("what we do now"))
        );
        assert!(now.announce && now.restrict && now.join_approval);
        assert_eq!((now.ephemeral_seconds, now.members.len()), (86_400, 3));
        let own = now.members.iter().find(|member| member.jid == jid(OWN)).unwrap();
        assert_eq!(own.admin.as_deref(), Some("superadmin"));
        let shown: Value = serde_json::from_str(&now.json).unwrap();
        assert_eq!((&shown["id"], &shown["size"]), (&json!(id), &json!(3)));

        account.set_group_description(id, None).await.unwrap();
        assert_eq!(account.group(id).await.unwrap().description, None);
        let gone = account
            .change_members(id, MemberAction::Remove, &[CARL.to_owned()])
            .await
            .unwrap();
        assert_eq!(gone[0].status, "200");
        assert_eq!(account.groups().await.unwrap().len(), 1);
        account.leave_group(id).await.unwrap();
        assert_eq!(account.groups().await.unwrap(), []);
        let refused = account.group(id).await;
        assert!(matches!(refused, Err(EngineError::NotFound(_))), "{refused:?}");
        seen(&world, id).await;
        world.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_is_followed_and_taken_back() {
    let world = World::start().await;
    let made = world
        .post(
            &format!("/phones/{BOB}/groups"),
            &json!({ "subject": "Bob's", "members": [CARL] }),
        )
        .await;
    let id = made["group"]["jid"].as_str().unwrap().to_owned();
    let invite = world
        .post(&format!("/phones/{BOB}/groups/{id}/invite"), &json!({}))
        .await;
    let code = invite["code"]
        .as_str()
        .or(invite["link"].as_str())
        .unwrap()
        .to_owned();
    let account = world.account();
    assert_eq!(account.invite_info(&code).await.unwrap().subject, "Bob's");
    assert_eq!(account.accept_invite(&code).await.unwrap(), id);
    assert_eq!(account.group(&id).await.unwrap().members.len(), 3);

    // No admin here.
    for refused in [
        account
            .set_group(&id, GroupSetting::Announce(true))
            .await
            .map(drop),
        account.invite_code(&id, true).await.map(drop),
    ] {
        let text = refused.unwrap_err().to_string();
        assert!(text.starts_with("Bot must be admin"), "{text}");
    }
    world
        .post(
            &format!("/phones/{BOB}/groups/{id}/invite"),
            &json!({ "reset": true }),
        )
        .await;
    account.leave_group(&id).await.unwrap();
    let refused = account.accept_invite(&code).await;
    assert!(matches!(refused, Err(EngineError::NotFound(_))), "{refused:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_are_mentioned_and_quoted_as_the_group_names_them() {
    in_both_kinds(async |world: World| {
        let account = world.account();
        let group = account
            .create_group("Team", &[BOB.to_owned(), CARL.to_owned()])
            .await
            .unwrap();
        let id = group.jid.as_str();
        let question = world.write(BOB, id, "tea?").await;
        world.stored(&question).await;
        let options = wagate_engine::SendOptions {
            quote: Some(question.clone()),
            mentions: vec![CARL.to_owned()],
            ..wagate_engine::SendOptions::default()
        };
        let sent = world
            .send_with(id, Content::Text(format!("ask @{CARL}")), options)
            .await
            .unwrap();
        let got = world.arrives_as(BOB, &sent.message_id).await;
        use base64::Engine as _;
        let wire = base64::engine::general_purpose::STANDARD
            .decode(got["proto"].as_str().unwrap())
            .unwrap();
        let message = wagate_codec::to_json(&wire).unwrap();
        let text = &message["extendedTextMessage"];
        let mentioned = text["contextInfo"]["mentionedJid"][0].as_str().unwrap();
        let user = mentioned.split('@').next().unwrap();
        assert_eq!(text["text"], format!("ask @{user}"));
        assert_eq!(
            mentioned.ends_with("@lid"),
            text["contextInfo"]["participant"]
                .as_str()
                .unwrap()
                .ends_with("@lid")
        );

        // Bob's message: only an admin may take it back.
        let gone = account.delete(id, &question, None).await.unwrap();
        let got = world.arrives_as(CARL, &gone.message_id).await;
        assert_eq!(
            (&got["type"], &got["target"]),
            (&json!("revoke"), &json!(question))
        );
        world.stop().await;
    })
    .await;
}
