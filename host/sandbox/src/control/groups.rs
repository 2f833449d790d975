//! `GET /groups`, `GET /groups/{id}`, `POST /phones/{number}/groups` and `POST /phones/{number}/groups/{id}/{action}`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::{Failure, phone};
use super::fields::Fields;
use super::{joining, messages, pictures};
use crate::accounts::{AccountId, Namespace};
use crate::groups::create::{self, Draft};
use crate::groups::info::{self, Ephemeral, NewDescription, Setting};
use crate::groups::members::{self, Action, Outcome};
use crate::groups::{Group, GroupError, GroupId, Place, Settings};
use crate::hub::Hub;
use crate::iq::w_profile_picture;
use crate::{random, state};

/// A group, as the API shows it.
#[expect(clippy::struct_excessive_bools, reason = "they are fields of a JSON object")]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupView {
    id: String,
    jid: String,
    addressing: &'static str,
    subject: String,
    description: Option<String>,
    creator: String,
    members: Vec<MemberView>,
    requests: Vec<String>,
    invite: String,
    announce: bool,
    locked: bool,
    approval: bool,
    admins_add: bool,
    /// Seconds; 0 is for ever.
    ephemeral: u32,
    picture: Option<String>,
    community: bool,
    parent: Option<String>,
    default_sub_group: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberView {
    number: String,
    jid: String,
    rank: &'static str,
}

fn number(state: &state::State, account: AccountId) -> String {
    let account = state.accounts.get(account);
    account.map(|account| account.number.clone()).unwrap_or_default()
}

pub(super) fn view(state: &state::State, group: &Group) -> GroupView {
    let members = group.members.iter().filter_map(|member| {
        let account = state.accounts.get(member.account)?;
        Some(MemberView {
            number: account.number.clone(),
            jid: account.jid(group.addressing, 0).to_string(),
            rank: member.rank.wire().unwrap_or("member"),
        })
    });
    GroupView {
        id: group.id.as_str().to_owned(),
        jid: group.id.jid().to_string(),
        addressing: group.addressing.name(),
        subject: group.subject.text.clone(),
        description: group
            .description
            .as_ref()
            .map(|description| description.text.clone()),
        creator: number(state, group.creator),
        members: members.collect(),
        requests: group
            .requests
            .iter()
            .map(|request| number(state, request.account))
            .collect(),
        invite: group.invite.as_str().to_owned(),
        announce: group.settings.announce,
        locked: group.settings.locked,
        approval: group.settings.approval,
        admins_add: group.settings.admins_add,
        ephemeral: group.settings.ephemeral.map_or(0, |timer| timer.expiration),
        picture: group.picture.clone(),
        community: group.place.parent,
        parent: group
            .place
            .linked_parent
            .as_ref()
            .map(|parent| parent.as_str().to_owned()),
        default_sub_group: group.place.default_sub_group,
    }
}

/// The group a path names, by its id or its jid.
pub(super) fn named(typed: &str) -> GroupId {
    GroupId::new(typed.trim_end_matches("@g.us"))
}

pub(super) async fn list(State(hub): State<Arc<Hub>>) -> Json<Value> {
    let groups: Vec<GroupView> =
        hub.read(|state| state.groups.iter().map(|group| view(state, group)).collect());
    Json(json!({ "groups": groups }))
}

pub(super) async fn get(
    State(hub): State<Arc<Hub>>,
    Path(id): Path<String>,
) -> Result<Json<GroupView>, Failure> {
    hub.read(|state| Ok(Json(view(state, state.groups.get(&named(&id))?))))
}

/// What became of each member.
pub(super) fn results(state: &state::State, outcomes: &[Outcome]) -> Vec<Value> {
    outcomes
        .iter()
        .map(|outcome| {
            json!({
                "number": outcome.account.map(|account| number(state, account)),
                "code": outcome.result.map_or_else(GroupError::code, |()| 200),
                "invite": outcome.invite.as_ref().map(|invite| &invite.code),
            })
        })
        .collect()
}

pub(super) async fn create(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let fields = Fields::parse(&body)?;
    let subject = fields.required("subject")?.to_owned();
    let description = fields.optional("description")?;
    let addressing = match fields.optional("addressing")? {
        None => None,
        Some("pn") => Some(Namespace::Pn),
        Some("lid") => Some(Namespace::Lid),
        Some(_) => return Err(Failure::field("addressing", "must be \"pn\" or \"lid\"")),
    };
    let on = |name| Ok::<_, Failure>(fields.flag(name)?.unwrap_or_default());
    let settings = Settings {
        announce: on("announce")?,
        locked: on("locked")?,
        approval: on("approval")?,
        admins_add: on("adminsAdd")?,
        ..Settings::default()
    };
    let place = Place {
        parent: on("community")?,
        linked_parent: fields.optional("parent")?.map(named),
        ..Place::default()
    };
    let typed = fields.texts("members")?.unwrap_or_default();
    hub.update(|state| {
        let by = phone(state, &number)?;
        let draft = Draft {
            subject,
            description: description.map(|text| (random::stanza_id(), text.to_owned())),
            members: messages::accounts(state, "members", &typed)?,
            settings,
            place,
            with_general_chat: false,
            addressing,
        };
        let (id, outcomes) = create::create(state, by, draft)?;
        let group = view(state, state.groups.get(&id)?);
        let answer = json!({ "group": group, "results": results(state, &outcomes) });
        Ok((StatusCode::CREATED, Json(answer)))
    })
}

pub(super) async fn act(
    State(hub): State<Arc<Hub>>,
    Path((number, id, action)): Path<(String, String, String)>,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let fields = Fields::parse(&body)?;
    let id = named(&id);
    hub.update(|state| {
        let by = phone(state, &number)?;
        let results = match action.as_str() {
            "add" => change(state, by, &id, Action::Add, &fields)?,
            "remove" => change(state, by, &id, Action::Remove, &fields)?,
            "promote" => change(state, by, &id, Action::Promote, &fields)?,
            "demote" => change(state, by, &id, Action::Demote, &fields)?,
            "approve" => joining::decide(state, by, &id, true, &fields)?,
            "reject" => joining::decide(state, by, &id, false, &fields)?,
            "invite" => return joining::invite(state, by, &id, &fields),
            "accept" => return joining::accept(state, by, &id, &fields),
            "rename" => {
                info::rename(state, &id, by, fields.required("subject")?)?;
                Vec::new()
            }
            "describe" => {
                let new = NewDescription {
                    id: None,
                    previous: info::description_id(state, &id)?,
                    text: fields.optional("description")?,
                };
                info::describe(state, &id, by, new)?;
                Vec::new()
            }
            "settings" => {
                switches(state, by, &id, &fields)?;
                Vec::new()
            }
            "picture" => {
                let bytes = pictures::bytes(&fields)?;
                w_profile_picture::set_for_group(state, by, &id, bytes)?;
                Vec::new()
            }
            "leave" => {
                members::leave(state, &id, by)?;
                Vec::new()
            }
            _ => return Err(Failure::not_found(format!("groups have no action {action}"))),
        };
        let group = view(state, state.groups.get(&id)?);
        Ok(Json(json!({ "group": group, "results": results })))
    })
}

fn change(
    state: &mut state::State,
    by: AccountId,
    id: &GroupId,
    action: Action,
    fields: &Fields,
) -> Result<Vec<Value>, Failure> {
    let who = who(state, fields)?;
    let outcomes = members::change(state, id, by, action, &who)?;
    Ok(results(state, &outcomes))
}

/// The members a body names.
pub(super) fn who(state: &state::State, fields: &Fields) -> Result<Vec<Option<AccountId>>, Failure> {
    let typed = fields
        .texts("members")?
        .filter(|members| !members.is_empty())
        .ok_or_else(|| Failure::field("members", "is missing"))?;
    let accounts = messages::accounts(state, "members", &typed)?;
    Ok(accounts.into_iter().map(Some).collect())
}

fn switches(state: &mut state::State, by: AccountId, id: &GroupId, fields: &Fields) -> Result<(), Failure> {
    let mut settings = Vec::new();
    let mut switch = |name, setting: fn(bool) -> Setting| {
        settings.extend(fields.flag(name)?.map(setting));
        Ok::<_, Failure>(())
    };
    switch("announce", Setting::Announce)?;
    switch("locked", Setting::Locked)?;
    switch("approval", Setting::Approval)?;
    switch("adminsAdd", Setting::AdminsAdd)?;
    switch("membersLink", Setting::MembersLink)?;
    if let Some(seconds) = fields.count("ephemeral")? {
        let expiration = u32::try_from(seconds)
            .map_err(|_| Failure::field("ephemeral", "is longer than anybody lives"))?;
        let timer = Ephemeral {
            expiration,
            trigger: None,
        };
        settings.push(Setting::Ephemeral((expiration > 0).then_some(timer)));
    }
    if settings.is_empty() {
        return Err(Failure::new(
            400,
            "nothing to set: announce, locked, approval, adminsAdd, membersLink or ephemeral",
        ));
    }
    for setting in settings {
        info::set(state, id, by, setting)?;
    }
    Ok(())
}
