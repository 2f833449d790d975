//! The contract's row of a contact.

use serde::Serialize;
use wagate_plugin_api::contacts::Contact;
use wagate_plugin_api::{ext, iso8601};

/// A contact as clients read it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactRow {
    id: String,
    session_id: String,
    jid: String,
    lid: Option<String>,
    name: Option<String>,
    notify: Option<String>,
    verified_name: Option<String>,
    /// The other address of the same person.
    remote_jid_alt: Option<String>,
    profile_pic: Option<String>,
    data: Data,
    created_at: Option<String>,
    updated_at: Option<String>,
    #[serde(rename = "_count")]
    count: Count,
}

/// What is known besides.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<String>,
}

#[derive(Serialize)]
struct Count {
    messages: u64,
}

impl ContactRow {
    /// The row of a contact of this session, who has so many messages.
    pub(crate) fn of(contact: Contact, session_id: &str, messages: u64) -> Self {
        let known = |key: &str| ext(&contact.ext, key).map(str::to_owned);
        let moment = |key: &str| {
            ext(&contact.ext, key)
                .and_then(|text| text.parse().ok())
                .map(iso8601)
        };
        let (verified_name, profile_pic) = (known("verifiedName"), known("profilePic"));
        let data = Data {
            first_name: known("firstName"),
            about: known("about"),
        };
        let (created_at, updated_at) = (moment("createdAt"), moment("updatedAt"));
        Self {
            id: known("id").unwrap_or_else(|| contact.jid.clone()),
            session_id: session_id.to_owned(),
            remote_jid_alt: contact.lid.clone().filter(|lid| *lid != contact.jid),
            lid: contact.lid,
            jid: contact.jid,
            name: contact.name,
            notify: contact.push_name,
            verified_name,
            profile_pic,
            data,
            created_at,
            updated_at,
            count: Count { messages },
        }
    }
}
