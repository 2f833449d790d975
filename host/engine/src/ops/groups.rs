//! Groups: looked at, made, changed, joined, left.

mod change;
mod view;

use wagate_storage::groups::GroupRow;
use whatsapp_rust::{GroupCreateOptions, GroupParticipantOptions, Jid, JoinGroupResult};

use crate::account::Account;
use crate::{EngineError, address, compose, groups, refusal};

pub use change::{GroupSetting, MemberAction, MemberResult};
pub use view::{Group, Member};

/// Longest subject, in characters.
pub const MAX_SUBJECT: usize = 100;
/// Longest description, in characters.
pub const MAX_DESCRIPTION: usize = 2_048;
/// Most people of one call.
pub(super) const MAX_PEOPLE: usize = 1_023;
/// What stands before the code in a link.
const INVITE_LINK: &str = "https://chat.whatsapp.com/";

impl Account {
    /// Makes a group with these people.
    pub async fn create_group(&self, subject: &str, people: &[String]) -> Result<Group, EngineError> {
        let subject = subject.trim().to_owned();
        compose::length(&subject, 1, MAX_SUBJECT, "subject")?;
        let people = people_of(people)?;
        self.request("a new group", |account| async move {
            let people = people.into_iter().map(GroupParticipantOptions::new).collect();
            let options = GroupCreateOptions::new(subject).with_participants(people);
            let made = account.client.groups().create_group(options).await;
            let made = made.map_err(|error| refusal::group_change(&error, "a new group"))?;
            Ok(Group::from(account.note_group(made.metadata).await?))
        })
        .await
    }

    /// All groups the account is in, by subject.
    pub async fn groups(&self) -> Result<Vec<Group>, EngineError> {
        self.request("the groups", |account| async move {
            let found = account.client.groups().get_participating().await;
            let found = found.map_err(|error| refusal::group_read(&error, "the groups"))?;
            let rows = account.note_all_groups(found.into_values().collect()).await?;
            Ok(rows.into_iter().map(Group::from).collect())
        })
        .await
    }

    /// One group, as the server has it now.
    pub async fn group(&self, group: &str) -> Result<Group, EngineError> {
        let jid = address::parse_group(group)?;
        self.request("the group", |account| async move {
            let found = account.client.groups().get_metadata(&jid).await;
            let found = found.map_err(|error| refusal::group_read(&error, "the group"))?;
            Ok(Group::from(account.note_group(found).await?))
        })
        .await
    }

    /// The group behind an invite code or link.
    pub async fn invite_info(&self, code: &str) -> Result<Group, EngineError> {
        let code = code_of(code)?;
        self.request("the group behind an invite", |account| async move {
            let found = account.client.groups().get_invite_info(&code).await;
            let found = found.map_err(|error| refusal::invite(&error, "the group behind an invite"))?;
            Ok(Group::from(groups::row_of(&account.context, found).await))
        })
        .await
    }

    /// The invite code; a new one when `revoke` is set.
    pub async fn invite_code(&self, group: &str, revoke: bool) -> Result<String, EngineError> {
        let jid = address::parse_group(group)?;
        self.request("the invite code", |account| async move {
            let link = account.client.groups().get_invite_link(&jid, revoke).await;
            let link = link.map_err(|error| refusal::group_change(&error, "the invite code"))?;
            let code = link.strip_prefix(INVITE_LINK).map(str::to_owned).unwrap_or(link);
            let kept = Some(code.clone());
            let edit =
                move |row: &mut GroupRow| std::mem::replace(&mut row.invite_code, kept.clone()) != kept;
            account.edit_group(&jid, edit).await?;
            Ok(code)
        })
        .await
    }

    /// Joins by code or link; the group's JID.
    pub async fn accept_invite(&self, code: &str) -> Result<String, EngineError> {
        let code = code_of(code)?;
        self.request("the group to be joined", |account| async move {
            let joined = account.client.groups().join_with_invite_code(&code).await;
            let joined = joined.map_err(|error| refusal::invite(&error, "the group to be joined"))?;
            if let JoinGroupResult::Joined(jid) = &joined {
                // What the server tells of a group to newcomers comes later.
                match account.client.groups().get_metadata(jid).await {
                    Ok(metadata) => drop(account.note_group(metadata).await?),
                    Err(error) => tracing::debug!(%error, "a group that was joined is not known yet"),
                }
            }
            Ok(joined.group_jid().to_string())
        })
        .await
    }

    /// Leaves a group.
    pub async fn leave_group(&self, group: &str) -> Result<(), EngineError> {
        let jid = address::parse_group(group)?;
        self.request("the group to be left", |account| async move {
            let left = account.client.groups().leave(&jid).await;
            left.map_err(|error| refusal::group_read(&error, "the group to be left"))?;
            let edit = |row: &mut GroupRow| std::mem::replace(&mut row.participating, false);
            account.edit_group(&jid, edit).await
        })
        .await
    }

    /// Whether the account is an admin there.
    pub(crate) async fn is_admin_of(&self, group: &Jid) -> Result<bool, EngineError> {
        let found = self.client.groups().get_metadata(group).await;
        let found = found.map_err(|error| refusal::group_read(&error, "the group"))?;
        let own = [self.client.pn(), self.client.lid()];
        let is_own = |jid: &Jid| {
            own.iter()
                .flatten()
                .any(|own| own.user == jid.user && own.server == jid.server)
        };
        let mut members = found.participants.iter();
        Ok(members.any(|member| {
            let addresses = [
                Some(&member.jid),
                member.phone_number.as_ref(),
                member.lid.as_ref(),
            ];
            member.is_admin() && addresses.into_iter().flatten().any(is_own)
        }))
    }
}

/// The people a call names.
fn people_of(people: &[String]) -> Result<Vec<Jid>, EngineError> {
    if people.is_empty() || people.len() > MAX_PEOPLE {
        return Err(EngineError::invalid(
            "participants",
            format!("1 to {MAX_PEOPLE} people"),
        ));
    }
    let people = people
        .iter()
        .map(|person| address::parse_person(person, "participants"));
    people.collect()
}

/// The code of an invite, which may be written as a link.
fn code_of(text: &str) -> Result<String, EngineError> {
    let text = text.trim();
    let code = text.rsplit('/').next().unwrap_or(text);
    let code = code.split(['?', '#']).next().unwrap_or(code);
    let is_code = (8..=64).contains(&code.len())
        && code
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if is_code {
        return Ok(code.to_owned());
    }
    Err(EngineError::invalid(
        "inviteCode",
        format!("must be an invite code, or a link {INVITE_LINK}..."),
    ))
}

#[cfg(test)]
mod tests {
    use super::code_of;

    #[test]
    fn codes_and_links() {
        for text in [
            "AbCdEfGhIjKlMnOpQrStUv",
            "https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv",
            " https://chat.whatsapp.com/invite/AbCdEfGhIjKlMnOpQrStUv?mode=ac ",
        ] {
            assert_eq!(code_of(text).unwrap(), "AbCdEfGhIjKlMnOpQrStUv");
        }
        for text in ["", "short", "https://chat.whatsapp.com/", "a b c d e f g h"] {
            assert!(code_of(text).is_err(), "{text}");
        }
    }
}
