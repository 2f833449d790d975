//! `POST /phones`.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::answer::Failure;
use super::fields::Fields;
use crate::accounts::{Account, Namespace};
use crate::hub::Hub;
use crate::phone;

/// A phone, as the API shows it.
#[derive(Serialize)]
pub(super) struct PhoneView {
    number: String,
    name: String,
    addressing: &'static str,
    jid: String,
    lid: String,
}

impl From<&Account> for PhoneView {
    fn from(account: &Account) -> Self {
        Self {
            number: account.number.clone(),
            name: account.phone.name.clone(),
            addressing: account.phone.addressing.name(),
            jid: account.jid(Namespace::Pn, 0).to_string(),
            lid: account.jid(Namespace::Lid, 0).to_string(),
        }
    }
}

pub(super) async fn create(
    State(hub): State<Arc<Hub>>,
    body: Bytes,
) -> Result<(StatusCode, Json<PhoneView>), Failure> {
    let fields = Fields::parse(&body)?;
    let number = fields.required("number")?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || !(7..=15).contains(&number.len()) || number.starts_with('0') {
        return Err(Failure::field(
            "number",
            "must be 7 to 15 digits, with country code and without +",
        ));
    }
    let name = fields.optional("name")?.unwrap_or(number);
    let addressing = match fields.optional("addressing")? {
        None | Some("pn") => Namespace::Pn,
        Some("lid") => Namespace::Lid,
        Some(_) => return Err(Failure::field("addressing", "must be \"pn\" or \"lid\"")),
    };
    hub.update(|state| {
        if state.accounts.is_taken(number) {
            return Err(Failure::new(409, format!("there is a phone {number} already")));
        }
        let id = phone::create(state, number, name, addressing)?;
        let account = state
            .accounts
            .get(id)
            .ok_or_else(|| Failure::new(500, "the phone is gone"))?;
        Ok((StatusCode::CREATED, Json(PhoneView::from(account))))
    })
}
