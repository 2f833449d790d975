//! `whatsapp-contacts`: people, and what WhatsApp knows of them.

use wagate_engine::NumberCheck;
use wagate_protocol::error::HostError;
use wagate_protocol::manifest::Right;
use wagate_storage::contacts::{ContactQuery, ContactRow};

use super::on_account;
use crate::bindings::whatsapp_contacts::{self, Contact, PresenceOnWhatsapp};
use crate::bindings::{error_to_wit, types};
use crate::services::storage_error;

const MAX_CONTACTS: u32 = 1000;
/// Longest text that is looked for, in characters.
const MAX_SEARCH: usize = 256;

on_account! {whatsapp_contacts needs WhatsappContacts {
    check(account, numbers: Vec<String>) -> Vec<PresenceOnWhatsapp> {
        Ok(account.check_numbers(&numbers).await?.into_iter().map(presence).collect())
    }
    picture_url(account, jid: String, small: bool) -> Option<String> { account.picture_url(&jid, small).await }
    about(account, jid: String) -> Option<String> { account.about(&jid).await }
    block(account, jid: String, on: bool) -> () { account.block(&jid, on).await }
    blocked(account) -> Vec<String> { account.blocked().await }
}
also {
    async fn contacts(
        &mut self,
        session: String,
        search: Option<String>,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<Contact>, types::Error> {
        let services = self
            .with_session(Right::WhatsappContacts, &session)
            .await
            .map_err(error_to_wit)?;
        let query = ContactQuery {
            offset: i64::from(offset),
            limit: i64::from(limit.min(MAX_CONTACTS)),
            ..query(search).map_err(error_to_wit)?
        };
        let found = services.storage.contacts(&session, &query).await;
        let found = found.map_err(|error| error_to_wit(storage_error(&error)))?;
        Ok(found.into_iter().map(contact).collect())
    }

    async fn count(&mut self, session: String, search: Option<String>) -> Result<u64, types::Error> {
        let services = self
            .with_session(Right::WhatsappContacts, &session)
            .await
            .map_err(error_to_wit)?;
        let query = query(search).map_err(error_to_wit)?;
        let count = services.storage.count_contacts(&session, &query).await;
        let count = count.map_err(|error| error_to_wit(storage_error(&error)))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
} }

fn query(search: Option<String>) -> Result<ContactQuery, HostError> {
    if search
        .as_ref()
        .is_some_and(|text| text.chars().count() > MAX_SEARCH)
    {
        return Err(HostError::Invalid(format!(
            "search: at most {MAX_SEARCH} characters"
        )));
    }
    Ok(ContactQuery {
        search,
        ..ContactQuery::default()
    })
}

fn contact(row: ContactRow) -> Contact {
    let jid = row.jid().to_owned();
    let known = [
        ("id", Some(row.id.to_string())),
        ("firstName", row.first_name),
        ("verifiedName", row.verified_name),
        ("about", row.about),
        ("profilePic", row.picture_url),
        ("createdAt", Some(row.created_at.to_string())),
        ("updatedAt", Some(row.updated_at.to_string())),
    ];
    Contact {
        jid,
        lid: row.lid,
        name: row.name,
        push_name: row.push_name,
        ext: ext(known),
    }
}

fn presence(check: NumberCheck) -> PresenceOnWhatsapp {
    let known = [
        ("lid", check.lid),
        ("business", check.is_business.then(|| "true".to_owned())),
        ("error", check.error),
    ];
    PresenceOnWhatsapp {
        number: check.number,
        exists: check.exists,
        jid: check.jid,
        ext: ext(known),
    }
}

fn ext<const N: usize>(known: [(&str, Option<String>); N]) -> Vec<(String, String)> {
    let known = known.into_iter();
    known
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}
