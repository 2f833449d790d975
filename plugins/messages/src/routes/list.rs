//! `POST /api/messages/{sessionId}/{jid}/list`

use wagate_plugin_api::messages::Content;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::numbered::Form;
use crate::{Messages, fields};

pub(crate) fn list(_plugin: &Messages, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let text = request.json::<Form>()?.text()?;
    let to = fields::recipient(request)?;
    let session = &request.session()?.id;
    let sent = host.send(session, &to, &Content::Text(text), &fields::plain())?;
    fields::done(&sent)
}
