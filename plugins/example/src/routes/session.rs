//! `GET /api/example/{sessionId}`: what the host knows about the session.

use serde::Serialize;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::Example;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    session_id: String,
    name: String,
    status: String,
    phone: Option<String>,
}

pub(crate) fn session(_plugin: &Example, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let info = host.session(&request.session()?.id)?;
    Response::data_only(&View {
        session_id: info.slug,
        name: info.name,
        status: info.status,
        phone: info.pn,
    })
}

#[cfg(test)]
mod tests {
    use wagate_plugin_api::testing::{FakeHost, request};

    use crate::tests::answer;

    #[test]
    fn the_session_is_shown_as_clients_call_it() {
        let request = request("GET", "/api/example/{sessionId}", &[("sessionId", "shop")], None);
        let (status, answer) = answer(&FakeHost::default(), &request);
        assert_eq!((status, &answer["data"]["sessionId"]), (200, &"shop".into()));
    }
}
