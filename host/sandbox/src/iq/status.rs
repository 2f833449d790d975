//! `status`: the text about oneself. Reading it is a matter of `usync`.

use super::Answer;
use crate::accounts::{AccountId, DeviceAddress};
use crate::profile::{About, LONGEST_ABOUT};
use crate::stanza::content;
use crate::stanza::iq::{Iq, IqKind};
use crate::state::State;
use crate::tell;

pub(super) fn answer(state: &mut State, by: DeviceAddress, query: &Iq) -> Answer {
    let Some(text) = query
        .child("status")
        .filter(|_| query.kind == IqKind::Set)
        .map(|status| String::from_utf8_lossy(content(status).unwrap_or_default()).into_owned())
    else {
        return query.error(400, "bad-request").into();
    };
    if text.chars().count() > LONGEST_ABOUT {
        return query.error(406, "not-acceptable").into();
    }
    set(state, by.account, text);
    query.result(Vec::new()).into()
}

/// An account says something else about itself.
pub(crate) fn set(state: &mut State, account: AccountId, text: String) {
    let at = state.clock.now_secs();
    if let Some(entry) = state.accounts.get_mut(account) {
        entry.profile.about = About { text, at };
    }
    tell::about(state, account);
}
