//! Places and events.

use super::MAX_NAME;
use crate::EngineError;

/// A place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Location {
    /// -90 to 90.
    pub latitude: f64,
    /// -180 to 180.
    pub longitude: f64,
    /// What it is called.
    pub name: Option<String>,
    /// Where it is, in words.
    pub address: Option<String>,
    /// A page about it.
    pub url: Option<String>,
    /// A small JPEG of the map.
    pub thumbnail: Option<Vec<u8>>,
}

/// A place that moves.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LiveLocation {
    /// Where it is now; name, address and page are not told.
    pub place: Location,
    /// Metres.
    pub accuracy_m: Option<u32>,
    /// Metres a second.
    pub speed_mps: Option<f32>,
    /// Degrees from north, clockwise.
    pub heading: Option<u32>,
    /// What stands below it.
    pub caption: Option<String>,
    /// Which of its positions this is.
    pub sequence: Option<i64>,
}

/// Something that happens.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    /// What.
    pub name: String,
    /// In more words.
    pub description: Option<String>,
    /// Where.
    pub place: Option<Location>,
    /// How to join from afar.
    pub join_link: Option<String>,
    /// Begins, seconds since 1970.
    pub starts_at: i64,
    /// Ends, seconds since 1970.
    pub ends_at: Option<i64>,
    /// It was called off.
    pub is_canceled: bool,
    /// Guests may bring others.
    pub extra_guests: bool,
}

impl Location {
    pub(crate) fn check(&self) -> Result<(), EngineError> {
        within(self.latitude, 90.0, "latitude")?;
        within(self.longitude, 180.0, "longitude")?;
        let texts = [
            ("name", &self.name),
            ("address", &self.address),
            ("url", &self.url),
        ];
        for (field, text) in texts {
            let length = text.as_deref().map_or(0, |text| text.chars().count());
            if length > MAX_NAME {
                return Err(EngineError::invalid(
                    field,
                    format!("at most {MAX_NAME} characters"),
                ));
            }
        }
        Ok(())
    }
}

fn within(value: f64, limit: f64, field: &'static str) -> Result<(), EngineError> {
    if value.is_finite() && value.abs() <= limit {
        Ok(())
    } else {
        Err(EngineError::invalid(
            field,
            format!("must be between -{limit} and {limit}"),
        ))
    }
}
