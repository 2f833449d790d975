//! JSON as clients write it, made into the schema's canonical form: `Buffer`s become base64, `Long`s decimal strings.
//! Counts depth and values on the way, without recursion into what is too deep.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use crate::CodecError;
use crate::convert::{MAX_JSON_DEPTH, MAX_JSON_VALUES};

/// The canonical form of `value`; refuses what is too deep or has too many values.
pub(crate) fn canonical(value: &Value) -> Result<Value, CodecError> {
    let mut budget = MAX_JSON_VALUES;
    convert(value, MAX_JSON_DEPTH, &mut budget)
}

fn convert(value: &Value, levels: usize, budget: &mut usize) -> Result<Value, CodecError> {
    *budget = budget.checked_sub(1).ok_or(CodecError::TooLarge {
        what: "the number of JSON values",
        limit: MAX_JSON_VALUES,
        found: MAX_JSON_VALUES + 1,
    })?;
    let Some(below) = levels.checked_sub(1) else {
        return Err(CodecError::TooLarge {
            what: "the depth of the JSON",
            limit: MAX_JSON_DEPTH,
            found: MAX_JSON_DEPTH + 1,
        });
    };
    Ok(match value {
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| convert(item, below, budget))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(fields) => {
            if let Some(text) = buffer(fields).or_else(|| long(fields)) {
                return Ok(Value::String(text));
            }
            let mut converted = Map::new();
            for (name, field) in fields {
                converted.insert(name.clone(), convert(field, below, budget)?);
            }
            Value::Object(converted)
        }
        plain => plain.clone(),
    })
}

/// `{"type":"Buffer","data":[1,2]}` as Node writes it, or `{"type":"Buffer","data":"AQI="}` as Baileys does.
fn buffer(fields: &Map<String, Value>) -> Option<String> {
    if fields.len() != 2 || fields.get("type")?.as_str()? != "Buffer" {
        return None;
    }
    match fields.get("data")? {
        Value::String(text) => Some(text.clone()),
        Value::Array(items) => {
            let bytes = items
                .iter()
                .map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok()))
                .collect::<Option<Vec<u8>>>()?;
            Some(BASE64_STANDARD.encode(bytes))
        }
        _ => None,
    }
}

/// `{"low":1,"high":0,"unsigned":true}`: a 64-bit number as protobufjs writes it.
fn long(fields: &Map<String, Value>) -> Option<String> {
    if fields.len() != 3 {
        return None;
    }
    let half = |name: &str| {
        let number = fields.get(name)?.as_i64()?;
        // Written signed or unsigned, the 32 bits are the same.
        (i64::from(i32::MIN)..=i64::from(u32::MAX))
            .contains(&number)
            .then_some(number & 0xFFFF_FFFF)
    };
    let bits = (half("high")? << 32) | half("low")?;
    Some(if fields.get("unsigned")?.as_bool()? {
        bits.cast_unsigned().to_string()
    } else {
        bits.to_string()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::canonical;

    #[test]
    fn buffers_and_longs_become_canonical() {
        for (given, expected) in [
            (json!({"type": "Buffer", "data": [1, 2, 255]}), json!("AQL/")),
            (json!({"type": "Buffer", "data": "AQL/"}), json!("AQL/")),
            (
                json!({"low": -1, "high": -1, "unsigned": true}),
                json!("18446744073709551615"),
            ),
            (json!({"low": -1, "high": -1, "unsigned": false}), json!("-1")),
            (
                json!({"low": 4_294_967_295_u32, "high": 0, "unsigned": false}),
                json!("4294967295"),
            ),
            // Not what it looks like: left alone.
            (
                json!({"type": "Buffer", "data": [256]}),
                json!({"type": "Buffer", "data": [256]}),
            ),
            (json!({"low": 1, "high": 0}), json!({"low": 1, "high": 0})),
            (json!([{"a": null}]), json!([{"a": null}])),
        ] {
            assert_eq!(canonical(&given).expect("small"), expected);
        }
    }
}
