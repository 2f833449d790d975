//! What the administrator can set: nothing yet. A key under `[settings]` is refused, not ignored.

use serde::Deserialize;

/// No settings.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {}
