//! Newsletters, made and found.

use serde_json::{Value, json};
use wacore_binary::Jid;

use super::{Outcome, Refused};
use crate::accounts::AccountId;
use crate::newsletters::{self, Newsletter, NewsletterError};
use crate::state::State;

impl From<NewsletterError> for Refused {
    fn from(error: NewsletterError) -> Self {
        Self::new(error.code(), error.text())
    }
}

fn describe(newsletter: &Newsletter, viewer: AccountId) -> Value {
    json!({
        "id": newsletter.jid().to_string(),
        "state": { "type": "active" },
        "thread_metadata": {
            "name": { "text": newsletter.name },
            "description": { "text": newsletter.description },
            "subscribers_count": newsletter.subscribers.len().to_string(),
            "verification": "UNVERIFIED",
            "invite": newsletter.invite,
            "creation_time": newsletter.created.to_string(),
        },
        "viewer_metadata": {
            "role": newsletter.role(viewer).wire(),
            "mute": if newsletter.subscribers.get(&viewer) == Some(&false) { "ON" } else { "OFF" },
        },
    })
}

fn named(value: &Value) -> Result<Jid, NewsletterError> {
    value
        .as_str()
        .and_then(|jid| jid.parse().ok())
        .ok_or(NewsletterError::NotFound)
}

pub(super) fn create(state: &mut State, by: AccountId, variables: &Value) -> Outcome {
    let input = &variables["input"];
    let name = input["name"].as_str().unwrap_or_default();
    let description = input["description"].as_str().unwrap_or_default();
    let jid = newsletters::create(state, by, name, description)?;
    let newsletter = describe(state.newsletters.get(&jid)?, by);
    Ok(json!({ "xwa2_newsletter_create": newsletter }))
}

pub(super) fn fetch(state: &State, by: AccountId, variables: &Value) -> Outcome {
    let input = &variables["input"];
    let found = if input["type"] == "INVITE" {
        state
            .newsletters
            .by_invite(input["key"].as_str().unwrap_or_default())
    } else {
        named(&input["key"]).and_then(|jid| state.newsletters.get(&jid))
    };
    Ok(json!({ "xwa2_newsletter": describe(found?, by) }))
}

pub(super) fn subscribed(state: &State, by: AccountId) -> Value {
    let newsletters: Vec<Value> = state
        .newsletters
        .of(by)
        .map(|newsletter| describe(newsletter, by))
        .collect();
    json!({ "xwa2_newsletter_subscribed": newsletters })
}

pub(super) fn follow(state: &mut State, by: AccountId, variables: &Value, follows: bool) -> Outcome {
    let jid = named(&variables["newsletter_id"])?;
    newsletters::follow(state, by, &jid, follows)?;
    let newsletter = describe(state.newsletters.get(&jid)?, by);
    let field = if follows {
        "xwa2_newsletter_join_v2"
    } else {
        "xwa2_newsletter_leave_v2"
    };
    Ok(json!({ field: newsletter }))
}

pub(super) fn update(state: &mut State, by: AccountId, variables: &Value) -> Outcome {
    let jid = named(&variables["newsletter_id"])?;
    let updates = &variables["updates"];
    let (name, description) = (updates["name"].as_str(), updates["description"].as_str());
    newsletters::update(state, by, &jid, name, description)?;
    let newsletter = describe(state.newsletters.get(&jid)?, by);
    Ok(json!({ "xwa2_newsletter_update": newsletter }))
}

pub(super) fn mute(state: &mut State, by: AccountId, variables: &Value) -> Outcome {
    let input = &variables["input"];
    let jid = named(&input["newsletter_id"])?;
    newsletters::mute(state, by, &jid, input["value"] == "ON")?;
    Ok(json!({ "xwa2_newsletter_update_user_setting": { "id": jid.to_string() } }))
}
