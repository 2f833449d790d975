//! `GET|POST|DELETE /api/user/api-key`: the one key that clients of the contract know. Shown when it is made, hinted at
//! afterwards.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use wagate_storage::api_keys::ApiKeyRow;
use wagate_storage::new_row_id;

use super::create::too_many_keys;
use super::view::masked;
use crate::auth::key;
use crate::auth::principal::Principal;
use crate::http::audit::About;
use crate::http::envelope::{Envelope, merged};
use crate::http::error::ApiError;
use crate::http::state::ApiState;

/// The key with its middle left out, or null.
pub(crate) async fn get(
    principal: Principal,
    State(state): State<ApiState>,
) -> Result<Json<Value>, ApiError> {
    let keys = state.storage.api_keys_of(&principal.user_id).await?;
    let key = keys.iter().find(|key| key.is_default).map(masked);
    merged("API key fetched", &json!({ "apiKey": key }))
}

/// A new key in the place of the old one, which does not work any more.
pub(crate) async fn replace(
    principal: Principal,
    State(state): State<ApiState>,
) -> Result<Response, ApiError> {
    let text = key::generate();
    let row = ApiKeyRow {
        id: new_row_id(),
        user_id: principal.user_id,
        name: "default".to_owned(),
        hash: key::hash(&text).to_vec(),
        prefix: key::prefix(&text),
        last4: key::last4(&text),
        is_default: true,
        created_at: state.clock.now_ms(),
        ..ApiKeyRow::default()
    };
    let id = row.id.clone();
    if !state.storage.insert_api_key(row).await? {
        return Err(too_many_keys());
    }
    state.auth.rights_changed();
    let body = merged("API key generated", &json!({ "apiKey": text }))?;
    Ok(About::target(id).on(body.into_response()))
}

/// Revokes it; nothing happens when there is none.
pub(crate) async fn revoke(
    principal: Principal,
    State(state): State<ApiState>,
) -> Result<Response, ApiError> {
    state.storage.delete_default_api_key(&principal.user_id).await?;
    state.auth.rights_changed();
    Ok(About::default().on(Json(Envelope::new("API key revoked", json!({}))).into_response()))
}
