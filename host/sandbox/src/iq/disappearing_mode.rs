//! `disappearing_mode`: how long messages of new chats last.

use wacore_binary::builder::NodeBuilder;

use super::Answer;
use crate::accounts::DeviceAddress;
use crate::stanza::attr;
use crate::stanza::iq::{Iq, IqKind};
use crate::state::State;
use crate::tell;

pub(super) fn answer(state: &mut State, by: DeviceAddress, query: &Iq) -> Answer {
    let now = state.clock.now_secs();
    let Some(account) = state.accounts.get_mut(by.account) else {
        return query.error(401, "not-authorized").into();
    };
    if query.kind == IqKind::Set {
        let duration = query
            .child("disappearing_mode")
            .and_then(|mode| attr(mode, "duration")?.parse().ok());
        let Some(duration) = duration else {
            return query.error(400, "bad-request").into();
        };
        account.profile.timer = duration;
        account.profile.timer_set = now;
        let change = NodeBuilder::new("disappearing_mode")
            .attr("duration", duration)
            .attr("t", now);
        tell::own_devices(state, by, change.build());
        return query.result(Vec::new()).into();
    }
    let mode = NodeBuilder::new("disappearing_mode")
        .attr("duration", account.profile.timer)
        .attr("t", account.profile.timer_set);
    query.result(vec![mode.build()]).into()
}
