//! A whole protobuf as JSON, without the hundred fields that are not set.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use serde_json::Value;

/// Lists of numbers of at least this length are bytes.
const BYTES: usize = 4;

/// The JSON of a protobuf: unset fields are left out, bytes are base64.
pub(crate) fn json(message: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(message).unwrap_or_default();
    tidy(&mut value);
    value
}

fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !is_unset(value));
            fields.values_mut().for_each(tidy);
        }
        Value::Array(items) => {
            if let Some(bytes) = bytes(items) {
                *value = Value::String(BASE64_STANDARD.encode(bytes));
            } else {
                items.iter_mut().for_each(tidy);
            }
        }
        _ => {}
    }
}

fn is_unset(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

fn bytes(items: &[Value]) -> Option<Vec<u8>> {
    if items.len() < BYTES {
        return None;
    }
    items
        .iter()
        .map(|item| item.as_u64().and_then(|number| u8::try_from(number).ok()))
        .collect()
}
