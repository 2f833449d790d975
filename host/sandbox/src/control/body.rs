//! Reading a JSON body as a type, so that every complaint names the path of its field.

use serde::de::DeserializeOwned;

use super::answer::Failure;

/// Reads a body; an empty one is an empty object.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    let body = if body.is_empty() { b"{}".as_slice() } else { body };
    let mut json = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let complaint = error.into_inner().to_string();
        if path == "." {
            Failure::new(400, complaint)
        } else {
            Failure::field(path, complaint)
        }
    })
}
