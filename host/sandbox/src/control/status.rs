//! `POST /phones/{number}/status`: a phone posts a status.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::answer::{Failure, phone};
use super::fields::Fields;
use super::messages;
use crate::accounts::Namespace;
use crate::hub::Hub;
use crate::phone::mailbox::Sent;
use crate::phone::media;
use crate::phone::post;

pub(super) async fn post(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Sent>), Failure> {
    let fields = Fields::parse(&body)?;
    let spec = messages::spec(&fields)?;
    let typed = fields.texts("to")?;
    hub.read(|state| phone(state, &number).map(drop))?;
    let prepared = media::prepare_in_background(Arc::clone(&hub.media), spec).await?;
    hub.update(|state| {
        let from = phone(state, &number)?;
        let to = match &typed {
            Some(typed) => messages::accounts(state, "to", typed)?,
            // Everybody it has exchanged messages with.
            None => state
                .accounts
                .get(from)
                .map(|account| account.contacts.iter().copied().collect())
                .unwrap_or_default(),
        };
        let mut message = messages::build(state, from, Namespace::Lid, &prepared)?;
        // The text of a status is never a plain conversation.
        if let Some(text) = message.conversation.take() {
            message.extended_text_message.get_or_insert_default().text = Some(text);
        }
        let sent = post::status(state, from, &to, message, None)?;
        Ok((StatusCode::CREATED, Json(sent)))
    })
}
