//! Bytes to JSON and back.

use bytes::Bytes;
use prost_reflect::prost::Message as _;
use prost_reflect::{DeserializeOptions, DynamicMessage, SerializeOptions};
use serde_json::Value;

use crate::{CodecError, Kind, lenient};

/// The most wire bytes that are converted.
pub const MAX_WIRE_BYTES: usize = 1024 * 1024;
/// The most levels of objects and lists in JSON.
pub const MAX_JSON_DEPTH: usize = 64;
/// The most values (objects, lists, strings, numbers) in JSON.
pub const MAX_JSON_VALUES: usize = 100_000;

/// A message's wire bytes as JSON.
pub fn to_json(wire: &[u8]) -> Result<Value, CodecError> {
    to_json_as(Kind::Message, wire)
}

/// A message's JSON as wire bytes. Unknown fields are left out, `null` counts as not set; bytes may be base64 or a
/// `Buffer`, 64-bit numbers numbers, strings or a `Long`, enums names or numbers.
pub fn from_json(json: &Value) -> Result<Vec<u8>, CodecError> {
    from_json_as(Kind::Message, json)
}

/// As [`to_json`], for another kind.
pub fn to_json_as(kind: Kind, wire: &[u8]) -> Result<Value, CodecError> {
    if wire.len() > MAX_WIRE_BYTES {
        return Err(CodecError::TooLarge {
            what: "the number of bytes",
            limit: MAX_WIRE_BYTES,
            found: wire.len(),
        });
    }
    // Depth is bounded by the decoder (100 levels).
    let message =
        DynamicMessage::decode(kind.descriptor()?, Bytes::copy_from_slice(wire)).map_err(|source| {
            CodecError::Wire {
                kind: kind.name(),
                source,
            }
        })?;
    message
        .serialize_with_options(serde_json::value::Serializer, &SerializeOptions::new())
        .map_err(|error| refused(kind, &error))
}

/// As [`from_json`], for another kind.
pub fn from_json_as(kind: Kind, json: &Value) -> Result<Vec<u8>, CodecError> {
    let canonical = lenient::canonical(json)?;
    let options = DeserializeOptions::new().deny_unknown_fields(false);
    let message = DynamicMessage::deserialize_with_options(kind.descriptor()?, &canonical, &options)
        .map_err(|error| refused(kind, &error))?;
    Ok(message.encode_to_vec())
}

fn refused(kind: Kind, error: &serde_json::Error) -> CodecError {
    CodecError::Json {
        kind: kind.name(),
        message: error.to_string(),
    }
}
