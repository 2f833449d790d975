//! `POST /api/messages/{sessionId}/{jid}/location`

use serde::Deserialize;
use wagate_plugin_api::messages::{Content, Location};
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use crate::limits::{MAX_LATITUDE, MAX_LONGITUDE, MAX_NAME};
use crate::{Messages, fields};

#[derive(Deserialize)]
struct Form {
    #[serde(default, deserialize_with = "lenient")]
    latitude: Option<f64>,
    #[serde(default, deserialize_with = "lenient")]
    longitude: Option<f64>,
    name: Option<String>,
    address: Option<String>,
}

pub(crate) fn location(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let place = request.json::<Form>()?.place()?;
    let to = fields::recipient(request)?;
    let session = &request.session()?.id;
    let sent = host.send(session, &to, &Content::Location(place), &fields::plain())?;
    fields::done(&sent)
}

impl Form {
    fn place(self) -> Result<Location, Error> {
        let (Some(latitude), Some(longitude)) = (self.latitude, self.longitude) else {
            return Err(Error::bad_request("latitude and longitude are required"));
        };
        within(latitude, MAX_LATITUDE, "Latitude")?;
        within(longitude, MAX_LONGITUDE, "Longitude")?;
        let name = self.name.filter(|text| !text.is_empty());
        let address = self.address.filter(|text| !text.is_empty());
        for (text, field) in [(&name, "name"), (&address, "address")] {
            fields::at_most(text.as_deref().unwrap_or_default(), MAX_NAME, field)?;
        }
        Ok(Location {
            latitude,
            longitude,
            name,
            address,
            ext: Vec::new(),
        })
    }
}

fn within(degrees: f64, most: f64, name: &str) -> Result<(), Error> {
    if (-most..=most).contains(&degrees) {
        return Ok(());
    }
    Err(Error::bad_request(format!(
        "{name} must be between -{most} and {most}"
    )))
}
