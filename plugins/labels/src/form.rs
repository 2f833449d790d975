//! What a client sends to make or change a label.

use serde::Deserialize;
use serde_json::Value;
use wagate_plugin_api::Error;

const MAX_NAME: usize = 100;
/// WhatsApp's palette ends here.
pub(crate) const MAX_COLOR: u32 = 19;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Form {
    name: Option<Value>,
    color: Option<Value>,
}

/// What is to be changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) name: Option<String>,
    pub(crate) color: Option<u32>,
}

impl Form {
    /// Name and colour of a new label.
    pub(crate) fn new_label(self) -> Result<(String, u32), Error> {
        let Wanted { name, color } = self.wanted()?;
        let name = name.ok_or_else(|| Error::bad_request("sessionId and name are required"))?;
        Ok((name, color.unwrap_or_default()))
    }

    /// What it says, checked. An empty name says nothing.
    pub(crate) fn wanted(self) -> Result<Wanted, Error> {
        let name = match self.name {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
            Some(_) => return Err(Error::bad_request("name: must be a text")),
        };
        if name.as_ref().is_some_and(|name| name.chars().count() > MAX_NAME) {
            return Err(Error::bad_request(format!("name: at most {MAX_NAME} characters")));
        }
        let color = match self.color.filter(|color| !color.is_null()) {
            None => None,
            Some(color) => match color.as_u64().and_then(|color| u32::try_from(color).ok()) {
                Some(color) if color <= MAX_COLOR => Some(color),
                _ => {
                    return Err(Error::bad_request(format!(
                        "Color must be between 0 and {MAX_COLOR}"
                    )));
                }
            },
        };
        Ok(Wanted { name, color })
    }
}
