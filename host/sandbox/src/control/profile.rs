//! `POST /phones/{number}/profile`: what a phone shows of itself and whom it keeps away.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::answer::{Failure, phone};
use super::fields::Fields;
use super::{messages, pictures};
use crate::accounts::{AccountId, DeviceAddress};
use crate::app_state::action::Change;
use crate::hub::Hub;
use crate::iq::{blocklist, status, w_profile_picture};
use crate::phone::app_state;
use crate::profile::{Business, LONGEST_ABOUT};
use crate::state;

pub(super) async fn change(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let fields = Fields::parse(&body)?;
    hub.update(|state| {
        let account = phone(state, &number)?;
        apply(state, account, &fields)?;
        view(state, account).ok_or_else(|| Failure::new(500, "the phone is gone"))
    })
}

fn apply(state: &mut state::State, account: AccountId, fields: &Fields) -> Result<(), Failure> {
    if let Some(about) = fields.optional("about")? {
        if about.chars().count() > LONGEST_ABOUT {
            let limit = format!("must not be longer than {LONGEST_ABOUT} characters");
            return Err(Failure::field("about", limit));
        }
        status::set(state, account, about.to_owned());
    }
    if fields.value("picture").is_some() {
        let bytes = pictures::bytes(fields)?;
        w_profile_picture::set_own(state, account, bytes);
    }
    if let Some(aliases) = fields.texts("aliases")?
        && !state.accounts.set_aliases(account, &aliases)
    {
        return Err(Failure::field("aliases", "one of them is taken"));
    }
    let gone = || Failure::new(500, "the phone is gone");
    if let Some(name) = fields.optional("name")? {
        if name.is_empty() {
            return Err(Failure::field("name", "must not be empty"));
        }
        app_state::write(state, account, &[Change::push_name(name)], false)
            .map_err(|error| Failure::new(500, error))?;
    }
    if let Some(privacy) = fields.part::<BTreeMap<String, String>>("privacy")? {
        let entry = state.accounts.get_mut(account).ok_or_else(gone)?;
        for (category, value) in privacy {
            entry
                .profile
                .privacy
                .set(&category, &value)
                .map_err(|_| Failure::field("privacy", format!("{category} cannot be {value}")))?;
        }
    }
    if let Some(value) = fields.value("business") {
        let business = if value.is_null() {
            None
        } else {
            fields.part::<Business>("business")?
        };
        state.accounts.get_mut(account).ok_or_else(gone)?.profile.business = business;
    }
    let by = DeviceAddress { account, device: 0 };
    for (field, block) in [("block", true), ("unblock", false)] {
        let typed = fields.texts(field)?.unwrap_or_default();
        for other in messages::accounts(state, field, &typed)? {
            blocklist::change(state, by, other, block);
        }
    }
    Ok(())
}

fn view(state: &state::State, account: AccountId) -> Option<Json<Value>> {
    let entry = state.accounts.get(account)?;
    let privacy: BTreeMap<&str, &str> = entry.profile.privacy.iter().collect();
    let blocked = entry.profile.blocked.keys();
    let blocked: Vec<&str> = blocked
        .filter_map(|other| Some(state.accounts.get(*other)?.number.as_str()))
        .collect();
    Some(Json(json!({
        "name": entry.phone.name,
        "about": entry.profile.about.text,
        "picture": entry.profile.picture,
        "privacy": privacy,
        "blocked": blocked,
        "business": entry.profile.business,
    })))
}
