//! `GET /pictures/{file}`: the bytes of profile and group pictures.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::answer::Failure;
use super::fields::Fields;
use crate::hub::Hub;
use crate::pictures::{CONTENT_TYPE, LARGEST};

pub(super) async fn get(State(hub): State<Arc<Hub>>, Path(file): Path<String>) -> Result<Response, Failure> {
    let bytes = hub
        .read(|state| state.pictures.file(&file))
        .ok_or_else(|| Failure::not_found(format!("there is no picture {file}")))?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], bytes).into_response())
}

/// The picture in a body, base64; `null` is none.
pub(super) fn bytes(fields: &Fields) -> Result<Option<Vec<u8>>, Failure> {
    match fields.value("picture") {
        None => Err(Failure::field("picture", "is missing")),
        Some(Value::Null) => Ok(None),
        Some(_) => {
            let bytes = BASE64_STANDARD
                .decode(fields.required("picture")?)
                .map_err(|_| Failure::field("picture", "is not base64"))?;
            if bytes.len() > LARGEST {
                let limit = format!("must not be larger than {LARGEST} bytes");
                return Err(Failure::field("picture", limit));
            }
            Ok(Some(bytes))
        }
    }
}
