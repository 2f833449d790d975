//! What the administrator can set.

use serde::Deserialize;

/// `[settings]` of `config/plugins/labels.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether labels are also those of the WhatsApp Business account.
    pub(crate) sync_whatsapp: bool,
}
