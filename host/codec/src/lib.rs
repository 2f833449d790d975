//! WhatsApp's messages between wire bytes and JSON, driven by WhatsApp's own schema. Knows no library and no session.
//!
//! The JSON is what webhook users parse today: camelCase names, bytes as base64, 64-bit numbers as strings, enums by name,
//! nothing for what is not set. The bytes are the truth, the JSON a view of them: what the schema does not know is not
//! shown. Everything here takes hostile input: size and depth are bounded, nothing panics.
//!
//! Module order, left to right, a module uses only what stands to its left: `error -> schema -> lenient -> convert`.

mod convert;
mod error;
mod lenient;
mod schema;

pub use convert::{
    MAX_JSON_DEPTH, MAX_JSON_VALUES, MAX_WIRE_BYTES, from_json, from_json_as, to_json, to_json_as,
};
pub use error::CodecError;
pub use schema::Kind;
