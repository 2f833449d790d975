//! `w:mex`: queries in JSON, each known by a number. Newsletters are in `newsletters.rs`, what is left of groups in
//! `groups.rs`.

mod groups;
mod newsletters;

use serde_json::{Value, json};
use wacore::iq::mex_operations as operations;
use wacore_binary::builder::NodeBuilder;

use super::Answer;
use crate::accounts::{AccountId, DeviceAddress};
use crate::stanza::iq::Iq;
use crate::stanza::{attr, content};
use crate::state::State;

/// Why a query has no data.
struct Refused {
    code: u16,
    text: &'static str,
}

type Outcome = Result<Value, Refused>;

impl Refused {
    fn new(code: u16, text: &'static str) -> Self {
        Self { code, text }
    }
}

/// A part of a query's variables; `null` when there is none.
fn field<'a>(variables: &'a Value, path: &str) -> &'a Value {
    variables.pointer(path).unwrap_or(&Value::Null)
}

pub(super) fn answer(state: &mut State, by: DeviceAddress, query: &Iq) -> Answer {
    let Some(asked) = query.child("query") else {
        return query.error(400, "bad-request").into();
    };
    let number = attr(asked, "query_id").unwrap_or_default();
    let body: Value = content(asked)
        .and_then(|body| serde_json::from_slice(body).ok())
        .unwrap_or_default();
    let outcome = operation(
        state,
        by.account,
        &number,
        body.get("variables").unwrap_or(&Value::Null),
    );
    let answer = match outcome {
        Ok(data) => json!({ "data": data }),
        Err(refused) => json!({
            "data": null,
            "errors": [{
                "message": refused.text,
                "extensions": { "error_code": refused.code, "is_summary": true },
            }],
        }),
    };
    let result = NodeBuilder::new("result").bytes(answer.to_string().into_bytes());
    query.result(vec![result.build()]).into()
}

fn operation(state: &mut State, by: AccountId, number: &str, variables: &Value) -> Outcome {
    match number {
        operations::create_newsletter::DOC_ID => newsletters::create(state, by, variables),
        operations::fetch_newsletter::DOC_ID => newsletters::fetch(state, by, variables),
        operations::fetch_all_newsletters_metadata::DOC_ID => Ok(newsletters::subscribed(state, by)),
        operations::join_newsletter::DOC_ID => newsletters::follow(state, by, variables, true),
        operations::leave_newsletter::DOC_ID => newsletters::follow(state, by, variables, false),
        operations::update_newsletter::DOC_ID => newsletters::update(state, by, variables),
        operations::update_newsletter_user_setting::DOC_ID => newsletters::mute(state, by, variables),
        operations::update_group_property::DOC_ID => groups::update(state, by, variables),
        operations::fetch_all_subgroups::DOC_ID => {
            groups::sub_groups(state, by, field(variables, "/group_id"))
        }
        operations::query_subgroup_participant_count::DOC_ID => {
            groups::sub_groups(state, by, field(variables, "/input/group_jid"))
        }
        unknown => {
            tracing::debug!(query = unknown, "a query nobody answers yet");
            state.counters.unknown_queries += 1;
            Err(Refused::new(400, "this network does not know the query"))
        }
    }
}
