//! How the media host misbehaves on purpose.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The longest delay before an answer.
pub(crate) const MAX_DELAY: Duration = Duration::from_mins(1);

/// Settings of the control API; the default is a host that behaves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct Faults {
    /// Before every answer.
    pub(crate) delay_ms: u64,
    /// The speed of downloads; without it, as fast as it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes_per_second: Option<u64>,
    /// Answers the next downloads with an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fail_downloads: Option<Failing>,
    /// Answers the next uploads with an error; probes are answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fail_uploads: Option<Failing>,
    /// Breaks the connection of the next uploads off after so many bytes. What arrived is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cut_uploads: Option<Cutting>,
}

/// An error status, so many times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Failing {
    pub(crate) status: u16,
    #[serde(default = "once")]
    pub(crate) times: u32,
}

/// A cut, so many times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Cutting {
    pub(crate) after_bytes: u64,
    #[serde(default = "once")]
    pub(crate) times: u32,
}

fn once() -> u32 {
    1
}

impl Faults {
    /// Says which field makes no sense, and why.
    pub(crate) fn check(&self) -> Result<(), (&'static str, String)> {
        if Duration::from_millis(self.delay_ms) > MAX_DELAY {
            return Err(("delayMs", format!("must be at most {}", MAX_DELAY.as_millis())));
        }
        if self.bytes_per_second == Some(0) {
            return Err(("bytesPerSecond", "must be at least 1".to_owned()));
        }
        for (field, failing) in [
            ("failDownloads", &self.fail_downloads),
            ("failUploads", &self.fail_uploads),
        ] {
            if failing
                .as_ref()
                .is_some_and(|failing| !(400..=599).contains(&failing.status))
            {
                return Err((field, "status must be between 400 and 599".to_owned()));
            }
        }
        Ok(())
    }

    pub(super) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms)
    }

    /// The status the next download fails with.
    pub(super) fn failing_download(&mut self) -> Option<u16> {
        take(&mut self.fail_downloads)
    }

    /// The status the next upload fails with.
    pub(super) fn failing_upload(&mut self) -> Option<u16> {
        take(&mut self.fail_uploads)
    }

    /// Where the next upload is cut.
    pub(super) fn cut(&mut self) -> Option<u64> {
        let cutting = self.cut_uploads.as_mut()?;
        let after = cutting.after_bytes;
        cutting.times = cutting.times.saturating_sub(1);
        if cutting.times == 0 {
            self.cut_uploads = None;
        }
        Some(after)
    }
}

fn take(failing: &mut Option<Failing>) -> Option<u16> {
    let one = failing.as_mut()?;
    let status = one.status;
    one.times = one.times.saturating_sub(1);
    if one.times == 0 {
        *failing = None;
    }
    Some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_comes_as_often_as_asked() {
        let mut faults: Faults =
            serde_json::from_str(r#"{"failDownloads": {"status": 503, "times": 2}}"#).unwrap();
        assert_eq!(faults.failing_download(), Some(503));
        assert_eq!(faults.failing_download(), Some(503));
        assert_eq!(faults.failing_download(), None);
        assert_eq!(faults, Faults::default());
    }
}
