//! `POST /phones/{number}/newsletters` and `POST /phones/{number}/newsletters/{id}/{action}`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use wacore_binary::Jid;
use waproto::whatsapp::Message;

use super::answer::{Failure, phone};
use super::fields::Fields;
use crate::accounts::DeviceAddress;
use crate::hub::Hub;
use crate::newsletters::{self, Draft, NewsletterError};
use crate::random;

impl From<NewsletterError> for Failure {
    fn from(error: NewsletterError) -> Self {
        Self::new(
            error.code(),
            format!("the newsletter refused it: {}", error.text()),
        )
    }
}

pub(super) async fn create(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Failure> {
    let fields = Fields::parse(&body)?;
    let name = fields.required("name")?;
    let description = fields.optional("description")?.unwrap_or_default();
    hub.update(|state| {
        let owner = phone(state, &number)?;
        let jid = newsletters::create(state, owner, name, description)?;
        let invite = state.newsletters.get(&jid)?.invite.clone();
        let answer = json!({ "jid": jid.to_string(), "invite": invite });
        Ok((StatusCode::CREATED, Json(answer)))
    })
}

pub(super) async fn act(
    State(hub): State<Arc<Hub>>,
    Path((number, id, action)): Path<(String, String, String)>,
    body: Bytes,
) -> Result<Json<Value>, Failure> {
    let fields = Fields::parse(&body)?;
    let jid = Jid::newsletter(id.trim_end_matches("@newsletter"));
    hub.update(|state| {
        let account = phone(state, &number)?;
        match action.as_str() {
            "follow" => newsletters::follow(state, account, &jid, true)?,
            "unfollow" => newsletters::follow(state, account, &jid, false)?,
            "publish" => {
                let message = Message {
                    conversation: Some(fields.required("text")?.to_owned()),
                    ..Default::default()
                };
                let draft = Draft {
                    id: random::message_id(),
                    kind: "text".to_owned(),
                    body: waproto::codec::message_to_vec(&message),
                    mediatype: None,
                    edit: None,
                };
                let id = draft.id.clone();
                let by = DeviceAddress { account, device: 0 };
                let number = newsletters::publish(state, by, &jid, draft)?;
                return Ok(Json(json!({ "id": id, "serverId": number })));
            }
            _ => return Err(Failure::not_found(format!("newsletters have no action {action}"))),
        }
        Ok(Json(json!({ "jid": jid.to_string() })))
    })
}
