//! `whatsapp-groups`: groups looked at, made, changed, joined, left.

use wagate_engine::ops;
use wagate_protocol::manifest::Right;

use super::on_account;
use crate::bindings::whatsapp_groups::{self, Group, MemberAction, MemberResult, Participant, Setting};
use crate::bindings::{error_to_wit, types};
use crate::services::storage_error;

on_account! {whatsapp_groups needs WhatsappGroups {
    create(account, subject: String, participants: Vec<String>) -> Group {
        account.create_group(&subject, &participants).await.map(group)
    }
    participating(account) -> Vec<Group> { Ok(account.groups().await?.into_iter().map(group).collect()) }
    info(account, jid: String) -> Group { account.group(&jid).await.map(group) }
    invite_info(account, code: String) -> Group { account.invite_info(&code).await.map(group) }
    set_subject(account, group: String, subject: String) -> () { account.set_group_subject(&group, &subject).await }
    set_description(account, group: String, description: Option<String>) -> () {
        account.set_group_description(&group, description.as_deref()).await
    }
    set(account, group: String, setting: Setting) -> () { account.set_group(&group, setting_of(setting)).await }
    set_picture(account, group: String, jpeg: Option<Vec<u8>>) -> () { account.set_group_picture(&group, jpeg).await }
    members(account, group: String, action: MemberAction, people: Vec<String>) -> Vec<MemberResult> {
        let changed = account.change_members(&group, action_of(action), &people).await?;
        Ok(changed.into_iter().map(result).collect())
    }
    invite_code(account, group: String, revoke: bool) -> String { account.invite_code(&group, revoke).await }
    accept_invite(account, code: String) -> String { account.accept_invite(&code).await }
    leave(account, group: String) -> () { account.leave_group(&group).await }
}
also {
    async fn stored(&mut self, session: String) -> Result<Vec<Group>, types::Error> {
        let services = self
            .with_session(Right::WhatsappGroups, &session)
            .await
            .map_err(error_to_wit)?;
        let rows = services.storage.groups(&session).await.map_err(|error| error_to_wit(storage_error(&error)))?;
        Ok(rows.into_iter().map(|row| group(row.into())).collect())
    }
} }

fn group(group: ops::Group) -> Group {
    let times = [
        ("createdAt", group.created_at_ms),
        ("updatedAt", group.updated_at_ms),
        ("size", group.size),
    ];
    let ext = [("json", group.json)]
        .into_iter()
        .chain(group.id.map(|id| ("id", id)))
        .chain(times.map(|(key, value)| (key, value.to_string())));
    Group {
        jid: group.jid,
        subject: group.subject,
        description: group.description,
        owner: group.owner,
        created_at_ms: group.made_at_ms,
        announce: group.announce,
        restrict: group.restrict,
        ephemeral_seconds: group.ephemeral_seconds,
        join_approval: group.join_approval,
        is_community: group.is_community,
        linked_parent: group.linked_parent,
        participants: group.members.into_iter().map(participant).collect(),
        ext: ext.map(|(key, value)| (key.to_owned(), value)).collect(),
    }
}

fn participant(member: ops::Member) -> Participant {
    Participant {
        jid: member.jid,
        alt: member.alt,
        admin: member.admin,
        ext: Vec::new(),
    }
}

/// `inviteCode` and `inviteExpiration`: what can be sent to somebody who must not be added.
fn result(result: ops::MemberResult) -> MemberResult {
    let invite = result.invite.into_iter().flat_map(|(code, expiration)| {
        [
            ("inviteCode".to_owned(), code),
            ("inviteExpiration".to_owned(), expiration.to_string()),
        ]
    });
    MemberResult {
        jid: result.jid,
        status: result.status,
        ext: invite.collect(),
    }
}

fn setting_of(setting: Setting) -> ops::GroupSetting {
    match setting {
        Setting::Announce(on) => ops::GroupSetting::Announce(on),
        Setting::Restrict(on) => ops::GroupSetting::Restrict(on),
        Setting::EphemeralSeconds(seconds) => ops::GroupSetting::EphemeralSeconds(seconds),
        Setting::JoinApproval(on) => ops::GroupSetting::JoinApproval(on),
    }
}

fn action_of(action: MemberAction) -> ops::MemberAction {
    match action {
        MemberAction::Add => ops::MemberAction::Add,
        MemberAction::Remove => ops::MemberAction::Remove,
        MemberAction::Promote => ops::MemberAction::Promote,
        MemberAction::Demote => ops::MemberAction::Demote,
    }
}
