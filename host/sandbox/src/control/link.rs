//! `POST /phones/{number}/scan` and `POST /phones/{number}/link-code`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Serialize;

use super::answer::{Failure, phone};
use super::fields::Fields;
use crate::accounts::{AccountId, DeviceAddress, Namespace};
use crate::hub::Hub;
use crate::pairing::PairingError;
use crate::streams::ConnectionId;
use crate::{link_code, pairing, state};

/// A client signs within milliseconds; one that does not is gone or broken.
const SIGNING_LIMIT: Duration = Duration::from_secs(10);

/// The device that was linked.
#[derive(Serialize)]
pub(super) struct Linked {
    device: u16,
    jid: String,
    lid: String,
}

pub(super) async fn scan(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<Json<Linked>, Failure> {
    let fields = Fields::parse(&body)?;
    let qr = fields.required("qr")?;
    let device = hub.update(|state| {
        let phone = phone(state, &number)?;
        Ok::<_, Failure>(pairing::scan(state, phone, qr)?)
    })?;
    signed(&hub, device).await
}

pub(super) async fn code(
    State(hub): State<Arc<Hub>>,
    Path(number): Path<String>,
    body: Bytes,
) -> Result<Json<Linked>, Failure> {
    let fields = Fields::parse(&body)?;
    let code: String = fields
        .required("code")?
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_uppercase();
    if code.len() != 8 {
        return Err(Failure::field("code", "must have eight letters and digits"));
    }
    let (phone, connection, wrapped) = hub.read(|state| {
        let phone = phone(state, &number)?;
        let (connection, wrapped) = link_code::waiting(state, phone).ok_or(PairingError::NoCode)?;
        Ok::<_, Failure>((phone, connection, wrapped))
    })?;
    let hello = tokio::task::spawn_blocking(move || link_code::compute(connection, &wrapped, &code))
        .await
        .map_err(|_| Failure::new(500, "the code could not be computed"))??;
    hub.update(|state| link_code::enter(state, phone, hello))?;
    let outcome = hub
        .wait_for(SIGNING_LIMIT, |state| outcome(state, phone, connection))
        .await;
    match outcome {
        Some(Ok(device)) => signed(&hub, device).await,
        Some(Err(error)) => Err(error.into()),
        None => Err(Failure::new(504, "the client did not answer")),
    }
}

/// How a typed code ended; `None` while the client has not answered.
fn outcome(
    state: &state::State,
    phone: AccountId,
    connection: ConnectionId,
) -> Option<Result<DeviceAddress, PairingError>> {
    let Some(companion) = state.streams.companion(connection) else {
        // Signed already: the newest device of the account is the one.
        let account = state.accounts.get(phone)?;
        let newest = account
            .devices
            .iter()
            .next_back()
            .filter(|(_, device)| device.is_linked());
        return Some(match newest {
            Some((device, _)) => Ok(DeviceAddress {
                account: phone,
                device: *device,
            }),
            None => Err(PairingError::NobodyWaits),
        });
    };
    match (&companion.pending, &companion.link_code) {
        (Some(pending), _) => Some(Ok(pending.device)),
        (None, None) => Some(Err(PairingError::WrongCode)),
        (None, Some(_)) => None,
    }
}

async fn signed(hub: &Hub, address: DeviceAddress) -> Result<Json<Linked>, Failure> {
    let done = hub
        .wait_for(SIGNING_LIMIT, |state| match state.accounts.device(address) {
            Some(device) if device.is_linked() => Some(true),
            Some(_) => None,
            None => Some(false),
        })
        .await;
    match done {
        Some(true) => hub
            .read(|state| {
                let account = state.accounts.get(address.account)?;
                Some(Json(Linked {
                    device: address.device,
                    jid: account.jid(Namespace::Pn, address.device).to_string(),
                    lid: account.jid(Namespace::Lid, address.device).to_string(),
                }))
            })
            .ok_or_else(|| Failure::new(500, "the phone is gone")),
        Some(false) => Err(Failure::new(409, "the client refused the link or left")),
        None => Err(Failure::new(504, "the client did not answer")),
    }
}
