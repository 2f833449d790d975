//! What an admin changes of a group.

use whatsapp_rust::{
    GroupDescription, GroupError, GroupSubject, Jid, MembershipApprovalMode, ParticipantChangeResponse,
    PreviousDescription,
};

use super::{MAX_DESCRIPTION, MAX_SUBJECT, people_of};
use crate::account::Account;
use crate::ops::picture;
use crate::{EngineError, address, compose, refusal, send};

/// What a group's settings can be set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupSetting {
    /// Only admins write.
    Announce(bool),
    /// Only admins change the group's information.
    Restrict(bool),
    /// Messages disappear after so many seconds; 0: they stay.
    EphemeralSeconds(u32),
    /// An admin has to approve who joins.
    JoinApproval(bool),
}

/// What is done with members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberAction {
    /// Added.
    Add,
    /// Removed.
    Remove,
    /// Made admins.
    Promote,
    /// No admins any more.
    Demote,
}

/// What became of one member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberResult {
    /// The person, as it was asked for, canonical.
    pub jid: String,
    /// `200`, or the code WhatsApp refused with.
    pub status: String,
    /// With a person who must not be added: the code of the invitation that can be sent, and until when it is good
    /// (seconds since 1970).
    pub invite: Option<(String, u64)>,
}

impl Account {
    /// The subject: 1 to 100 characters.
    pub async fn set_group_subject(&self, group: &str, subject: &str) -> Result<(), EngineError> {
        let jid = address::parse_group(group)?;
        let subject = subject.trim();
        compose::length(subject, 1, MAX_SUBJECT, "subject")?;
        let subject =
            GroupSubject::new(subject).map_err(|error| EngineError::invalid("subject", error.to_string()))?;
        self.change_group(
            move |account| async move { account.client.groups().set_subject(&jid, subject).await },
        )
        .await
    }

    /// The description; none, or an empty one, removes it.
    pub async fn set_group_description(
        &self,
        group: &str,
        description: Option<&str>,
    ) -> Result<(), EngineError> {
        let jid = address::parse_group(group)?;
        let description = description.filter(|text| !text.is_empty());
        if let Some(text) = description {
            compose::length(text, 1, MAX_DESCRIPTION, "description")?;
        }
        let description = description
            .map(GroupDescription::new)
            .transpose()
            .map_err(|error| EngineError::invalid("description", error.to_string()))?;
        self.change_group(move |account| async move {
            let groups = account.client.groups();
            let set = || groups.set_description(&jid, description.clone(), PreviousDescription::Resolve);
            match set().await {
                // Somebody else was faster: what is asked for holds for what stands there now, too.
                Err(GroupError::DescriptionConflict) => set().await,
                done => done,
            }
        })
        .await
    }

    /// One of its settings.
    pub async fn set_group(&self, group: &str, setting: GroupSetting) -> Result<(), EngineError> {
        let jid = address::parse_group(group)?;
        if let GroupSetting::EphemeralSeconds(seconds) = setting {
            send::check_timer(seconds)?;
        }
        self.change_group(move |account| async move {
            let groups = account.client.groups();
            match setting {
                GroupSetting::Announce(on) => groups.set_announce(&jid, on).await,
                GroupSetting::Restrict(on) => groups.set_locked(&jid, on).await,
                GroupSetting::EphemeralSeconds(seconds) => groups.set_ephemeral(&jid, seconds).await,
                GroupSetting::JoinApproval(on) => {
                    let mode = if on {
                        MembershipApprovalMode::On
                    } else {
                        MembershipApprovalMode::Off
                    };
                    groups.set_membership_approval(&jid, mode).await
                }
            }
        })
        .await
    }

    /// The picture, a square JPEG; none removes it.
    pub async fn set_group_picture(&self, group: &str, jpeg: Option<Vec<u8>>) -> Result<(), EngineError> {
        let jid = address::parse_group(group)?;
        if let Some(jpeg) = &jpeg {
            picture::check(jpeg)?;
        }
        self.change_group(move |account| async move {
            let groups = account.client.groups();
            let set = match jpeg {
                Some(jpeg) => groups.set_profile_picture(&jid, jpeg).await,
                None => groups.remove_profile_picture(&jid).await,
            };
            set.map(drop)
        })
        .await
    }

    /// Adds, removes, promotes or demotes people; what became of each, in order.
    pub async fn change_members(
        &self,
        group: &str,
        action: MemberAction,
        people: &[String],
    ) -> Result<Vec<MemberResult>, EngineError> {
        let jid = address::parse_group(group)?;
        let people = people_of(people)?;
        self.request("the members of a group", |account| async move {
            let mut named = Vec::with_capacity(people.len());
            for person in &people {
                // Who is added is named as was asked; who is in the group, as the group names people.
                named.push(match action {
                    MemberAction::Add => person.clone(),
                    _ => account.in_chat(&jid, person).await?,
                });
            }
            let groups = account.client.groups();
            let changed = match action {
                MemberAction::Add => groups.add_participants(&jid, &named).await,
                MemberAction::Remove => groups.remove_participants(&jid, &named).await,
                MemberAction::Promote => groups.promote_participants(&jid, &named).await,
                MemberAction::Demote => groups.demote_participants(&jid, &named).await,
            };
            let changed = changed.map_err(|error| refusal::group_change(&error, "the members of a group"))?;
            let mut results = Vec::with_capacity(people.len());
            for (person, named) in people.iter().zip(&named) {
                let found = changed.iter().find(|change| is_about(change, person, named));
                results.push(result(account.canonical(person).await?, found));
            }
            Ok(results)
        })
        .await
    }

    async fn change_group<F>(
        &self,
        change: impl FnOnce(Self) -> F + Send + 'static,
    ) -> Result<(), EngineError>
    where
        F: Future<Output = Result<(), GroupError>> + Send + 'static,
    {
        self.request("a change of the group", |account| async move {
            let changed = change(account).await;
            changed.map_err(|error| refusal::group_change(&error, "a change of the group"))
        })
        .await
    }
}

fn is_about(change: &ParticipantChangeResponse, person: &Jid, named: &Jid) -> bool {
    let is = |jid: &Jid| {
        [person, named]
            .iter()
            .any(|one| one.user == jid.user && one.server == jid.server)
    };
    is(&change.jid) || change.phone_number.as_ref().is_some_and(is)
}

fn result(jid: String, change: Option<&ParticipantChangeResponse>) -> MemberResult {
    let Some(change) = change else {
        // The server names everybody it changed.
        return MemberResult {
            jid,
            status: "404".to_owned(),
            invite: None,
        };
    };
    MemberResult {
        jid,
        status: change.error.clone().unwrap_or_else(|| "200".to_owned()),
        invite: change
            .add_request
            .as_ref()
            .map(|request| (request.code.clone(), request.expiration)),
    }
}
