//! `[log]`: what is logged, and how it looks.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use tracing_subscriber::EnvFilter;

/// The section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) level: Level,
    pub(crate) format: Format,
}

/// Filter directives that were parsed once, so that they cannot fail later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Level(String);

/// The shape of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    Text,
    Json,
}

impl Default for Log {
    fn default() -> Self {
        // Info lines of libraries are about their insides; ours say what happened to a session.
        Self {
            level: Level("warn,wagate=info".to_owned()),
            format: Format::Text,
        }
    }
}

impl Level {
    /// Warnings and errors only.
    #[cfg(feature = "sandbox")]
    pub(crate) fn quiet() -> Self {
        Self("warn".to_owned())
    }

    /// The filter these directives mean.
    pub(crate) fn filter(&self) -> EnvFilter {
        EnvFilter::new(&self.0)
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.trim().is_empty() {
            return Err(D::Error::custom("a level such as \"info\" is missing"));
        }
        EnvFilter::try_new(&text).map_err(|error| {
            D::Error::custom(format!("not a log level or a list of target=level: {error}"))
        })?;
        Ok(Self(text))
    }
}
