//! The contract's envelope around what a route answers.

use axum::Json;
use serde::Serialize;
use serde_json::{Map, Value};

use super::error::ApiError;

/// `status` and `success` say the same, for the two kinds of clients that live.
#[derive(Debug, Serialize)]
pub(crate) struct Envelope<T> {
    status: bool,
    success: bool,
    message: &'static str,
    data: T,
}

impl<T> Envelope<T> {
    /// A success.
    pub(crate) fn new(message: &'static str, data: T) -> Self {
        Self {
            status: true,
            success: true,
            message,
            data,
        }
    }
}

/// A success that has nothing to show.
#[derive(Debug, Serialize)]
pub(crate) struct Done {
    status: bool,
    success: bool,
    message: &'static str,
}

/// Says that it is done.
pub(crate) fn done(message: &'static str) -> Json<Done> {
    Json(Done {
        status: true,
        success: true,
        message,
    })
}

/// One body for both kinds of clients: the documented bare object, and the envelope around it beside. Fields without a
/// value are left out of the bare object, because the document has no null there; `data` has them.
pub(crate) fn merged(message: &str, data: &impl Serialize) -> Result<Json<Value>, ApiError> {
    let Ok(Value::Object(data)) = serde_json::to_value(data) else {
        tracing::error!("an answer could not be written as JSON");
        return Err(ApiError::internal());
    };
    let mut body = Map::new();
    body.insert("status".to_owned(), Value::Bool(true));
    body.extend(
        data.iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone())),
    );
    body.insert("success".to_owned(), Value::Bool(true));
    body.insert("message".to_owned(), Value::from(message));
    body.insert("data".to_owned(), Value::Object(data));
    Ok(Json(Value::Object(body)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::merged;

    #[test]
    fn the_bare_object_stands_beside_its_envelope() {
        let body = merged("ok", &json!({ "id": 1, "name": null })).unwrap().0;
        assert_eq!(
            body,
            json!({
                "status": true, "success": true, "message": "ok", "id": 1,
                "data": { "id": 1, "name": null },
            })
        );
        let body = merged("ok", &json!({ "status": "CONNECTED" })).unwrap().0;
        assert_eq!(body["status"], "CONNECTED", "a documented field wins");
    }
}
