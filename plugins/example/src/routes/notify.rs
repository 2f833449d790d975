//! `POST /api/example/notifications` with `{"sessionId":"shop","title":"...","message":"..."}`: a note for the session's
//! users. The route names its session in the body.

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::notify::{Notification, Severity};
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::Example;

/// The host reads `sessionId`, this the rest.
#[derive(Deserialize)]
struct Form {
    title: String,
    message: String,
}

pub(crate) fn notify(_plugin: &Example, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let form: Form = request.json()?;
    let notification = Notification {
        title: form.title,
        message: form.message,
        severity: Severity::Info,
        link: None,
        ext: Vec::new(),
    };
    let id = host.notify(&request.session()?.id, &notification)?;
    Response::data("Notified", &json!({ "id": id }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wagate_plugin_api::testing::{FakeHost, SESSION_ID, request};

    use crate::tests::answer;

    #[test]
    fn the_note_goes_to_the_sessions_users() {
        let host = FakeHost::default();
        let body = json!({ "sessionId": "shop", "title": "Look", "message": "here" });
        let request = request("POST", "/api/example/notifications", &[], Some(&body));
        assert_eq!(answer(&host, &request).0, 200);
        let notified = host.notified();
        assert_eq!(notified[0].session, SESSION_ID);
        assert_eq!(notified[0].notification.title, "Look");
    }
}
