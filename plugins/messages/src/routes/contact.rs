//! `POST /api/messages/{sessionId}/{jid}/contact`

use serde::Deserialize;
use serde_json::Value;
use wagate_plugin_api::messages::{ContactCard, Content};
use wagate_plugin_api::{Error, Host, Request, Response, lenient};

use crate::limits::{MAX_CARDS, MAX_NAME, MAX_VCARD};
use crate::{Messages, fields};

const BEGINNING: &str = "BEGIN:VCARD";

#[derive(Deserialize)]
struct Form {
    #[serde(default, deserialize_with = "lenient")]
    contacts: Option<Vec<Value>>,
}

pub(crate) fn contact(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let cards = request.json::<Form>()?.cards()?;
    let to = fields::recipient(request)?;
    let session = &request.session()?.id;
    let sent = host.send(session, &to, &Content::Contacts(cards), &fields::plain())?;
    fields::done(&sent)
}

impl Form {
    fn cards(self) -> Result<Vec<ContactCard>, Error> {
        let written = self
            .contacts
            .ok_or_else(|| Error::bad_request("contacts (array) is required"))?;
        if written.is_empty() {
            return Err(Error::bad_request("At least one contact is required"));
        }
        if written.len() > MAX_CARDS {
            return Err(Error::bad_request(format!("contacts: at most {MAX_CARDS}")));
        }
        written
            .iter()
            .enumerate()
            .map(|(n, card)| read(n, card))
            .collect()
    }
}

fn read(n: usize, written: &Value) -> Result<ContactCard, Error> {
    let text = |name: &str| {
        let text = written.get(name).and_then(Value::as_str);
        text.filter(|text| !text.trim().is_empty()).map(str::to_owned)
    };
    let (Some(display_name), Some(vcard)) = (text("displayName"), text("vcard")) else {
        return Err(Error::bad_request("Each contact must have displayName and vcard"));
    };
    fields::at_most(&display_name, MAX_NAME, &format!("contacts[{n}].displayName"))?;
    let beginning = vcard.trim_start().get(..BEGINNING.len()).unwrap_or_default();
    if vcard.len() > MAX_VCARD || !beginning.eq_ignore_ascii_case(BEGINNING) {
        return Err(Error::bad_request(format!(
            "contacts[{n}].vcard: must be a vCard ({BEGINNING} ...) of at most {MAX_VCARD} bytes"
        )));
    }
    Ok(ContactCard { display_name, vcard })
}
