//! Fields of bodies that answer for themselves when they are missing.

use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_json::Value;

/// For `#[serde(default, deserialize_with = "wagate_plugin_api::lenient")]` on an `Option`: a field of another type reads
/// as none, so that the contract's text for a missing field answers for a wrong one too.
pub fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let written = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(written).ok())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Form {
        #[serde(default, deserialize_with = "super::lenient")]
        on: Option<bool>,
    }

    #[test]
    fn what_does_not_fit_is_as_if_it_were_not_there() {
        let read = |text: &str| serde_json::from_str::<Form>(text).unwrap().on;
        assert_eq!(read(r#"{"on":false}"#), Some(false));
        for text in ["{}", r#"{"on":null}"#, r#"{"on":"yes"}"#, r#"{"on":{"a":[1]}}"#] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
