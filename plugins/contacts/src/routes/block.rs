//! `POST /api/contacts/{sessionId}/{jid}/block` and `.../unblock`

use wagate_plugin_api::{Error, Host, Request, Response, jid};

use crate::Contacts;

pub(crate) fn block(_plugin: &Contacts, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    host.contact_block(&request.session()?.id, &person(request)?, true)?;
    Response::message("Contact blocked successfully")
}

pub(crate) fn unblock(_plugin: &Contacts, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    host.contact_block(&request.session()?.id, &person(request)?, false)?;
    Response::message("Contact unblocked successfully")
}

fn person(request: &Request) -> Result<String, Error> {
    let person = jid::recipient(request.param("jid")?, "jid")?;
    if jid::is_group(&person) {
        return Err(Error::bad_request("jid: must be a person, not a group"));
    }
    Ok(person)
}
