//! `POST /phones/{number}/join`, and the group actions about links and requests.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::answer::{Failure, phone};
use super::fields::Fields;
use super::groups::{results, who};
use crate::accounts::AccountId;
use crate::groups::invites::{self, Joined};
use crate::groups::{GroupId, approval};
use crate::hub::Hub;
use crate::state;

/// What a link starts with.
const LINK: &str = "https://chat.whatsapp.com/";

pub(super) async fn join(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let fields = Fields::parse(&body)?;
    let code = fields.required("code")?.trim_start_matches(LINK).to_owned();
    hub.update(|state| {
        let by = phone(state, &number)?;
        Ok(joined(&invites::join(state, by, &code)?))
    })
}

fn joined(joined: &Joined) -> Json<Value> {
    let (id, pending) = match joined {
        Joined::In(id) => (id, false),
        Joined::Asked(id) => (id, true),
    };
    Json(json!({ "group": id.jid().to_string(), "pending": pending }))
}

pub(super) fn accept(
    state: &mut state::State,
    by: AccountId,
    id: &GroupId,
    fields: &Fields,
) -> Result<Json<Value>, Failure> {
    let code = fields.required("code")?;
    Ok(joined(&invites::accept(state, id, by, code)?))
}

pub(super) fn invite(
    state: &mut state::State,
    by: AccountId,
    id: &GroupId,
    fields: &Fields,
) -> Result<Json<Value>, Failure> {
    let code = if fields.flag("reset")?.unwrap_or_default() {
        invites::reset(state, id, by)?
    } else {
        invites::code(state, id, by)?
    };
    let code = code.as_str();
    Ok(Json(json!({ "code": code, "link": format!("{LINK}{code}") })))
}

pub(super) fn decide(
    state: &mut state::State,
    by: AccountId,
    id: &GroupId,
    let_in: bool,
    fields: &Fields,
) -> Result<Vec<Value>, Failure> {
    let who = who(state, fields)?;
    let outcomes = approval::decide(state, id, by, let_in, &who)?;
    Ok(results(state, &outcomes))
}
