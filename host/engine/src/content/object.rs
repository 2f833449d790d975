//! The content object of REST clients (`{"image":{"url":..},"caption":..}`), read into a [`Content`]. No I/O: a URL stays a
//! URL, and what looks like a path of this machine is refused.

mod fields;
mod file;
mod kinds;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::Content;
use crate::EngineError;
use fields::{Common, read};

/// Largest content object, in bytes: files in it are base64.
pub const MAX_OBJECT: usize = 32 * 1024 * 1024;

/// A content object, read.
#[derive(Debug, Clone, PartialEq)]
pub struct ContentObject {
    /// What the message says.
    pub content: Content,
    /// People it mentions, as they were written.
    pub mentions: Vec<String>,
    /// It mentions everybody in the group.
    pub mention_all: bool,
    /// It opens once.
    pub view_once: bool,
    /// It disappears after so many seconds.
    pub ephemeral_seconds: Option<u32>,
    /// Wire bytes of a `ContextInfo` that goes over what the message gets otherwise.
    pub context_info: Option<Vec<u8>>,
}

impl ContentObject {
    /// Reads one. The error names the field.
    pub fn parse(json: &str) -> Result<Self, EngineError> {
        if json.len() > MAX_OBJECT {
            return Err(refused(format!("at most {MAX_OBJECT} bytes")));
        }
        let object: Map<String, Value> =
            serde_json::from_str(json).map_err(|error| refused(format!("must be a JSON object: {error}")))?;
        Self::read(object)
    }

    fn read(mut object: Map<String, Value>) -> Result<Self, EngineError> {
        object.retain(|_, value| !value.is_null());
        let context_info = object
            .remove("contextInfo")
            .map(|json| context_info(&json))
            .transpose()?;
        let mut found = kinds::KINDS.iter().filter(|(name, _)| object.contains_key(*name));
        let Some((name, reader)) = found.next() else {
            return Self::raw(object, context_info);
        };
        if let Some((other, _)) = found.find(|(other, _)| !kinds::go_together(name, other)) {
            return Err(refused(format!("has both {name} and {other}: one of them")));
        }
        let common: Common = read(Value::Object(picked(&object, fields::COMMON)), "")?;
        Ok(Self {
            content: reader(&mut object)?,
            mentions: common.mentions,
            mention_all: common.mention_all,
            view_once: common.view_once,
            ephemeral_seconds: common.ephemeral_expiration,
            context_info,
        })
    }

    /// A message as the schema has it.
    fn raw(object: Map<String, Value>, context_info: Option<Vec<u8>>) -> Result<Self, EngineError> {
        let is_schema = |name: &String| name.ends_with("Message") || name == "conversation";
        if !object.keys().any(is_schema) {
            let names: Vec<&str> = kinds::KINDS.iter().map(|(name, _)| *name).collect();
            return Err(refused(format!("must have one of {}", names.join(", "))));
        }
        let wire =
            wagate_codec::from_json(&Value::Object(object)).map_err(|error| refused(error.to_string()))?;
        Ok(Self {
            content: Content::Raw(wire),
            mentions: Vec::new(),
            mention_all: false,
            view_once: false,
            ephemeral_seconds: None,
            context_info,
        })
    }
}

/// Some fields of an object. The others may be large.
fn picked(object: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let some = names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), object.get(*name)?.clone())));
    some.collect()
}

fn context_info(json: &Value) -> Result<Vec<u8>, EngineError> {
    wagate_codec::from_json_as(wagate_codec::Kind::ContextInfo, json)
        .map_err(|error| refused(format!("contextInfo: {error}")))
}

fn refused(message: impl Into<String>) -> EngineError {
    EngineError::invalid("message", message)
}
