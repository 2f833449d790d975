//! Groups: the stored metadata kept in step, and what happened told in Baileys' field names.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use wacore::stanza::groups::{GroupNotificationAction as Action, GroupParticipantInfo};
use wacore::types::events::{GroupUpdate, PictureUpdate};
use wagate_protocol::event::kind;
use wagate_storage::StorageError;
use wagate_storage::chats::ChatChange;
use wagate_storage::groups::{GroupEdit, GroupRow, Participant};

use super::Writer;
use crate::chores::Chore;
use crate::context::SessionContext;
use crate::normalise::{Own, Person, known, stable_id};

/// What one action means to us.
struct Change {
    /// Of `group.update`: the fields that changed. None: nobody is told.
    fields: Option<Value>,
    /// Of `group.participant`: what happened to whom.
    people: Option<(&'static str, Vec<Participant>)>,
    edit: GroupEdit,
    /// The whole metadata has to be read again.
    refresh: bool,
}

impl Change {
    fn told(fields: Value, edit: impl FnOnce(&mut GroupRow) + Send + 'static) -> Self {
        Self {
            fields: Some(fields),
            people: None,
            edit: Box::new(move |group| {
                let before = group.clone();
                edit(group);
                *group != before
            }),
            refresh: false,
        }
    }

    fn of_people(
        action: &'static str,
        people: Vec<Participant>,
        edit: impl FnOnce(&mut GroupRow, &[Participant]) + Send + 'static,
    ) -> Self {
        let concerned = people.clone();
        Self {
            fields: None,
            people: Some((action, people)),
            ..Self::told(Value::Null, move |group| edit(group, &concerned))
        }
    }

    fn refreshed(fields: Value) -> Self {
        Self {
            refresh: true,
            ..Self::told(fields, |_| {})
        }
    }
}

pub(super) async fn record(writer: &mut Writer, own: &Own, update: &GroupUpdate) -> Result<(), StorageError> {
    let context = Arc::clone(&writer.context);
    let jid = update.group_jid.to_non_ad_string();
    let author = match &update.participant {
        Some(author) => Some(
            known(
                &context,
                Person::from_pair(author, update.participant_pn.as_ref()),
            )
            .await,
        ),
        None => None,
    };
    let Some(change) = change_of(&context, own, update, author.as_ref()).await else {
        return Ok(());
    };
    let mut events = Vec::new();
    let mut tell = |kind: &str, mut data: Map<String, Value>| {
        data.insert("jid".to_owned(), json!(jid));
        data.insert(
            "author".to_owned(),
            json!(author.as_ref().map(|author| &author.canonical)),
        );
        // The same notification, told again, carries the same id.
        let id = match &update.notification_id {
            Some(id) => stable_id(&[&context.id, &jid, id, &update.action_index.to_string(), kind]),
            None => format!("evt_{}", wagate_storage::new_row_id()),
        };
        events.push(context.event(id, kind, Some(jid.clone()), &Value::Object(data)));
    };
    if let Some(Value::Object(fields)) = change.fields {
        tell(kind::GROUP_UPDATE, fields);
    }
    if let Some((action, people)) = change.people {
        let mut data = Map::new();
        data.insert("action".to_owned(), json!(action));
        data.insert(
            "participants".to_owned(),
            people.iter().map(|one| one.jid.clone()).collect(),
        );
        data.insert(
            "participantsAlt".to_owned(),
            people.iter().map(|one| json!(one.alt)).collect(),
        );
        tell(kind::GROUP_PARTICIPANT, data);
    }
    let shared = &context.shared;
    let is_known = shared
        .storage
        .change_group(&context.id, &jid, change.edit, events, shared.clock.now_ms())
        .await?;
    shared.announce();
    if let Action::Ephemeral { expiration, .. } = &update.action {
        let timer = ChatChange::Ephemeral(i64::from(*expiration));
        crate::chats::change(&context, &jid, timer, false).await?;
    }
    let is_gone = matches!(update.action, Action::Delete { .. } | Action::Remove { .. });
    if change.refresh || (!is_known && !is_gone) {
        writer.chores.ask(Chore::RefreshGroup(update.group_jid.clone()));
    }
    Ok(())
}

async fn change_of(
    context: &SessionContext,
    own: &Own,
    update: &GroupUpdate,
    author: Option<&Person>,
) -> Option<Change> {
    let by = author.map(|author| author.canonical.clone());
    let at = update.timestamp.timestamp_millis();
    Some(match &update.action {
        Action::Add { participants, .. } => {
            let people = people(context, participants).await;
            let joins = has(own, &people);
            Change::of_people("add", people, move |group, people| {
                group
                    .participants
                    .retain(|one| !people.iter().any(|new| same(new, one)));
                group.participants.extend_from_slice(people);
                group.size = count(group);
                group.participating |= joins;
            })
        }
        Action::Remove { participants, .. } => {
            let people = people(context, participants).await;
            let leaves = has(own, &people);
            Change::of_people("remove", people, move |group, people| {
                group
                    .participants
                    .retain(|one| !people.iter().any(|gone| same(gone, one)));
                group.size = count(group);
                group.participating &= !leaves;
            })
        }
        Action::Promote { participants } => {
            let people = people(context, participants).await;
            Change::of_people("promote", people, |group, people| {
                set_admin(group, people, Some("admin"));
            })
        }
        Action::Demote { participants } => {
            let people = people(context, participants).await;
            Change::of_people("demote", people, |group, people| set_admin(group, people, None))
        }
        Action::Modify { participants } => {
            let people = people(context, participants).await;
            let before = by.clone();
            Change::of_people("modify", people, move |group, people| {
                group.participants.retain(|one| Some(&one.jid) != before.as_ref());
                group.participants.extend_from_slice(people);
                group.size = count(group);
            })
        }
        Action::CreatedMembershipRequests { requests, .. } => {
            let people = people(context, requests).await;
            Change::of_people("join-request", people, |_, _| {})
        }
        Action::MembershipApprovalRequest { .. } => {
            let people = author.map(participant).into_iter().collect();
            Change::of_people("join-request", people, |_, _| {})
        }
        Action::RevokedMembershipRequests { participants } => {
            let mut people = Vec::with_capacity(participants.len());
            for jid in participants {
                people.push(participant(&known(context, Person::from_pair(jid, None)).await));
            }
            Change::of_people("join-request-revoked", people, |_, _| {})
        }
        Action::LinkedGroupPromote { participants } => {
            let mut change = Change::of_people("promote", people(context, participants).await, |_, _| {});
            change.refresh = true;
            change
        }
        Action::LinkedGroupDemote { participants } => {
            let mut change = Change::of_people("demote", people(context, participants).await, |_, _| {});
            change.refresh = true;
            change
        }
        other => setting(other, by, at)?,
    })
}

/// Everything but members.
fn setting(action: &Action, by: Option<String>, at: i64) -> Option<Change> {
    Some(match action {
        Action::Subject {
            subject,
            subject_time,
            ..
        } => {
            let at = subject_time
                .and_then(|seconds| i64::try_from(seconds).ok())
                .map_or(at, |seconds| seconds.saturating_mul(1000));
            let (subject, owner) = (subject.clone(), by);
            let fields = json!({ "subject": subject, "subjectOwner": owner, "subjectTime": at / 1000 });
            Change::told(fields, move |group| {
                group.subject = subject;
                group.subject_owner = owner;
                group.subject_at = Some(at);
            })
        }
        Action::Description { id, description } => {
            let (id, description, owner) = (id.clone(), description.clone(), by);
            let fields =
                json!({ "desc": description, "descId": id, "descOwner": owner, "descTime": at / 1000 });
            Change::told(fields, move |group| {
                group.description = description;
                group.description_id = Some(id);
                group.description_owner = owner;
                group.description_at = Some(at);
            })
        }
        Action::Locked { .. } => Change::told(json!({ "restrict": true }), |group| group.restricted = true),
        Action::Unlocked => Change::told(json!({ "restrict": false }), |group| group.restricted = false),
        Action::Announce => Change::told(json!({ "announce": true }), |group| group.announce = true),
        Action::NotAnnounce => Change::told(json!({ "announce": false }), |group| group.announce = false),
        Action::Ephemeral { expiration, .. } => {
            let seconds = i64::from(*expiration);
            Change::told(json!({ "ephemeralDuration": seconds }), move |group| {
                group.ephemeral_seconds = seconds;
            })
        }
        Action::MembershipApprovalMode { enabled } => {
            let on = *enabled;
            Change::told(json!({ "joinApprovalMode": on }), move |group| {
                group.join_approval = on;
            })
        }
        Action::MemberAddMode { mode } => {
            let all = mode == "all_member_add";
            Change::told(json!({ "memberAddMode": all }), move |group| {
                group.member_add = all;
            })
        }
        Action::Invite { code } => {
            let code = code.clone();
            Change::told(json!({ "inviteCode": code }), move |group| {
                group.invite_code = Some(code);
            })
        }
        Action::RevokeInvite => Change::told(json!({ "inviteCode": null, "inviteRevoked": true }), |group| {
            group.invite_code = None;
        }),
        Action::Suspended => Change::told(json!({ "suspended": true }), |group| group.suspended = true),
        Action::Unsuspended => Change::told(json!({ "suspended": false }), |group| group.suspended = false),
        Action::Delete { reason } => Change::told(json!({ "deleted": true, "reason": reason }), |group| {
            group.participating = false;
        }),
        Action::Create { .. } => Change::refreshed(json!({ "created": true })),
        Action::Link { link_type, .. } => Change::refreshed(json!({ "linked": link_type })),
        Action::Unlink { unlink_type, .. } => Change::refreshed(json!({ "unlinked": unlink_type })),
        Action::NoFrequentlyForwarded => Change::told(json!({ "noFrequentlyForwarded": true }), |_| {}),
        Action::FrequentlyForwardedOk => Change::told(json!({ "noFrequentlyForwarded": false }), |_| {}),
        Action::GrowthLocked { .. } => Change::told(json!({ "growthLocked": true }), |_| {}),
        Action::GrowthUnlocked => Change::told(json!({ "growthLocked": false }), |_| {}),
        // Nothing that is stored or shown anywhere.
        _ => return None,
    })
}

fn participant(person: &Person) -> Participant {
    Participant {
        jid: person.canonical.clone(),
        alt: person.alternative.clone(),
        admin: None,
    }
}

async fn people(context: &SessionContext, infos: &[GroupParticipantInfo]) -> Vec<Participant> {
    let mut people = Vec::with_capacity(infos.len());
    for info in infos {
        let other = info.phone_number.as_ref().or(info.lid.as_ref());
        people.push(participant(
            &known(context, Person::from_pair(&info.jid, other)).await,
        ));
    }
    people
}

fn has(own: &Own, people: &[Participant]) -> bool {
    people
        .iter()
        .any(|one| own.is(&one.jid) || one.alt.as_deref().is_some_and(|alt| own.is(alt)))
}

fn same(a: &Participant, b: &Participant) -> bool {
    a.jid == b.jid || a.alt.as_ref() == Some(&b.jid) || Some(&a.jid) == b.alt.as_ref()
}

fn count(group: &GroupRow) -> i64 {
    i64::try_from(group.participants.len()).unwrap_or(i64::MAX)
}

fn set_admin(group: &mut GroupRow, people: &[Participant], admin: Option<&str>) {
    for member in &mut group.participants {
        if people.iter().any(|one| same(one, member)) {
            member.admin = admin.map(str::to_owned);
        }
    }
}

/// The picture of a group was changed or taken away.
pub(super) async fn picture_changed(writer: &mut Writer, update: &PictureUpdate) -> Result<(), StorageError> {
    let context = &writer.context;
    let jid = update.jid.to_non_ad_string();
    let author = match &update.author {
        Some(author) => Some(known(context, Person::from_pair(author, None)).await.canonical),
        None => None,
    };
    let id = update.picture_id.clone().filter(|_| !update.removed);
    let event = context.event(
        format!("evt_{}", wagate_storage::new_row_id()),
        kind::GROUP_UPDATE,
        Some(jid.clone()),
        &json!({ "jid": jid, "pictureId": id, "author": author }),
    );
    let edit: GroupEdit = Box::new(move |group| {
        let changed = group.picture_id != id;
        group.picture_id = id;
        group.picture_url = None;
        changed
    });
    let shared = &context.shared;
    shared
        .storage
        .change_group(&context.id, &jid, edit, vec![event], shared.clock.now_ms())
        .await?;
    shared.announce();
    Ok(())
}
