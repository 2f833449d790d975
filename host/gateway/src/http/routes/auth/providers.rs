//! `GET /api/auth/providers`: the ways to log in. There is one.

use axum::Json;
use serde_json::{Value, json};

use super::absolute;
use crate::http::extract::Head;

/// Answers.
pub(crate) async fn handle(Head(parts): Head) -> Json<Value> {
    Json(json!({
        "credentials": {
            "id": "credentials",
            "name": "Credentials",
            "type": "credentials",
            "signinUrl": absolute(&parts, "/api/auth/signin"),
            "callbackUrl": absolute(&parts, "/api/auth/callback/credentials"),
        },
    }))
}
