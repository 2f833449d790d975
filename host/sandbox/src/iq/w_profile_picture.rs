//! `w:profile:picture`: pictures of people and of groups.

use wacore_binary::Jid;
use wacore_binary::builder::NodeBuilder;

use super::Answer;
use crate::accounts::{AccountId, DeviceAddress};
use crate::groups::{GroupError, GroupId, info};
use crate::pictures::{self, LARGEST, Size};
use crate::profile::{self, Aspect};
use crate::stanza::iq::{Iq, IqKind};
use crate::stanza::{attr, content, jid};
use crate::state::State;
use crate::tell;

/// A code and its text.
type Refused = (u16, &'static str);

const NOT_AUTHORIZED: Refused = (401, "not-authorized");
const NOT_FOUND: Refused = (404, "item-not-found");
const NOT_ACCEPTABLE: Refused = (406, "not-acceptable");

pub(super) fn answer(state: &mut State, by: DeviceAddress, query: &Iq) -> Answer {
    // The picture's owner is the target; older clients address the owner itself.
    let target = jid(query.node(), "target")
        .or_else(|| query.to().cloned())
        .filter(|jid| !jid.user.is_empty());
    let outcome = if query.kind == IqKind::Set {
        set(state, by.account, target.as_ref(), query)
    } else {
        get(state, by.account, target.as_ref(), query)
    };
    match outcome {
        Ok(Some(picture)) => query.result(vec![picture.build()]).into(),
        Ok(None) => query.result(Vec::new()).into(),
        Err((code, text)) => query.error(code, text).into(),
    }
}

fn get(
    state: &State,
    by: AccountId,
    target: Option<&Jid>,
    query: &Iq,
) -> Result<Option<NodeBuilder>, Refused> {
    let target = target.ok_or(NOT_FOUND)?;
    let asked = query.child("picture");
    let picture = if let Some(id) = GroupId::of(target) {
        let group = state.groups.get(&id).map_err(refused)?;
        group.as_member(by).map_err(|_| NOT_AUTHORIZED)?;
        group.picture.as_deref()
    } else {
        let account = state.accounts.find(target).ok_or(NOT_FOUND)?;
        if !profile::allows(state, account, by, Aspect::Picture) {
            return Err(NOT_AUTHORIZED);
        }
        let entry = state.accounts.get(account).ok_or(NOT_FOUND)?;
        entry.profile.picture.as_deref()
    };
    let id = picture.ok_or(NOT_FOUND)?;
    // Who has it already is only told that it is the same.
    if asked.and_then(|asked| attr(asked, "id")).as_deref() == Some(id) {
        return Ok(Some(NodeBuilder::new("picture").attr("id", id)));
    }
    let size = Size::of(asked.and_then(|asked| attr(asked, "type")).as_deref());
    pictures::link(state, id, size).map(Some).ok_or(NOT_FOUND)
}

fn set(
    state: &mut State,
    by: AccountId,
    target: Option<&Jid>,
    query: &Iq,
) -> Result<Option<NodeBuilder>, Refused> {
    let bytes = query
        .child("picture")
        .and_then(content)
        .filter(|bytes| !bytes.is_empty())
        .map(<[u8]>::to_vec);
    if bytes.as_ref().is_some_and(|bytes| bytes.len() > LARGEST) {
        return Err(NOT_ACCEPTABLE);
    }
    let id = match target.and_then(GroupId::of) {
        Some(group) => set_for_group(state, by, &group, bytes).map_err(refused)?,
        None => match target.and_then(|target| state.accounts.find(target)) {
            Some(other) if other != by => return Err(NOT_AUTHORIZED),
            _ => set_own(state, by, bytes),
        },
    };
    Ok(id.map(|id| NodeBuilder::new("picture").attr("id", id)))
}

fn refused(error: GroupError) -> Refused {
    (error.code(), error.text())
}

/// Gives an account a picture, or takes it away, and tells those who may see it.
pub(crate) fn set_own(state: &mut State, account: AccountId, bytes: Option<Vec<u8>>) -> Option<String> {
    let old = state.accounts.get_mut(account)?.profile.picture.take();
    let new = pictures::replace(state, old, bytes);
    state.accounts.get_mut(account)?.profile.picture.clone_from(&new);
    tell::picture(state, account, new.as_deref());
    new
}

/// Gives a group a picture, or takes it away, and tells its members.
pub(crate) fn set_for_group(
    state: &mut State,
    by: AccountId,
    id: &GroupId,
    bytes: Option<Vec<u8>>,
) -> Result<Option<String>, GroupError> {
    info::may_change_picture(state, id, by)?;
    let old = state.groups.get_mut(id)?.picture.take();
    let new = pictures::replace(state, old, bytes);
    state.groups.get_mut(id)?.picture.clone_from(&new);
    tell::group_picture(state, id, by, new.as_deref());
    Ok(new)
}
