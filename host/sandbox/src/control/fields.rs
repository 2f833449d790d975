//! Reading a JSON body field by field, so that every complaint names its field.

use serde_json::{Map, Value};

use super::answer::Failure;

/// A request's body.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads a body; an empty one has no fields.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Failure> {
        if body.is_empty() {
            return Ok(Self(Map::new()));
        }
        serde_json::from_slice(body)
            .map(Self)
            .map_err(|error| Failure::new(400, format!("the body is not a JSON object: {error}")))
    }

    /// A text that must be there and must not be empty.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, Failure> {
        match self.optional(name)? {
            Some(text) if !text.is_empty() => Ok(text),
            Some(_) => Err(Failure::field(name, "must not be empty")),
            None => Err(Failure::field(name, "is missing")),
        }
    }

    /// A text that may be there.
    pub(super) fn optional(&self, name: &'static str) -> Result<Option<&str>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Failure::field(name, "must be a string")),
        }
    }

    /// A list of texts that may be there.
    pub(super) fn texts(&self, name: &'static str) -> Result<Option<Vec<String>>, Failure> {
        let wrong = || Failure::field(name, "must be a list of strings");
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong))
                .collect::<Result<_, _>>()
                .map(Some),
            Some(_) => Err(wrong()),
        }
    }

    /// Yes or no, when it is said.
    pub(super) fn flag(&self, name: &'static str) -> Result<Option<bool>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(Failure::field(name, "must be true or false")),
        }
    }

    /// A whole number that is not negative, when there is one.
    pub(super) fn count(&self, name: &'static str) -> Result<Option<u64>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_u64()
                .map(Some)
                .ok_or_else(|| Failure::field(name, "must be a whole number, not negative")),
        }
    }

    /// A value as it is; `null` is a value here, too.
    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// A part that is read as a whole, when it is there.
    pub(super) fn part<T: serde::de::DeserializeOwned>(
        &self,
        name: &'static str,
    ) -> Result<Option<T>, Failure> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => serde_json::from_value(value.clone())
                .map(Some)
                .map_err(|error| Failure::field(name, error.to_string())),
        }
    }
}
