//! `DELETE /phones/{number}/devices/{id}`.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::answer::{Failure, phone};
use crate::accounts::DeviceAddress;
use crate::devices;
use crate::hub::Hub;

pub(super) async fn unlink(
    State(hub): State<Arc<Hub>>,
    Path((number, id)): Path<(String, String)>,
) -> Result<StatusCode, Failure> {
    let device: u16 = id
        .parse()
        .map_err(|_| Failure::field("id", "must be a device number"))?;
    if device == 0 {
        return Err(Failure::field("id", "device 0 is the phone itself"));
    }
    hub.update(|state| {
        let account = phone(state, &number)?;
        if devices::remove(state, DeviceAddress { account, device }) {
            Ok(StatusCode::NO_CONTENT)
        } else {
            Err(Failure::not_found(format!(
                "the phone {number} has no device {device}"
            )))
        }
    })
}
