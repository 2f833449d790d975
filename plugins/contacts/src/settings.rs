//! What the administrator can set.

use serde::Deserialize;
use wagate_plugin_api::Error;

/// The default, and the most there can be: each contact is one more look into the history.
const MAX_CONTACTS: u32 = 5000;

/// `[settings]` of `config/plugins/contacts.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    max_contacts: Option<u32>,
}

impl Settings {
    /// Of one answer.
    pub(crate) fn max_contacts(&self) -> Result<u32, Error> {
        match self.max_contacts {
            None => Ok(MAX_CONTACTS),
            Some(max) if (1..=MAX_CONTACTS).contains(&max) => Ok(max),
            Some(_) => Err(Error::bad_request(format!(
                "[settings] max_contacts: 1 to {MAX_CONTACTS}"
            ))),
        }
    }
}
