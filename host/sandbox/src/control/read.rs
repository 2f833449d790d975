//! `POST /phones/{number}/read`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Serialize;

use super::answer::{Failure, phone};
use super::fields::Fields;
use super::messages;
use crate::hub::Hub;
use crate::phone::read::{self, Selection};

/// How many messages are read now.
#[derive(Serialize)]
pub(super) struct Marked {
    read: usize,
}

pub(super) async fn mark(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<Json<Marked>, Failure> {
    let fields = Fields::parse(&body)?;
    let chat = fields.optional("chat")?;
    let ids = fields.texts("ids")?;
    hub.update(|state| {
        let phone = phone(state, &number)?;
        let chat = chat.map(|chat| messages::chat(state, "chat", chat)).transpose()?;
        Ok(Json(Marked {
            read: read::mark(state, phone, &Selection { chat, ids }),
        }))
    })
}
