//! `PUT /api/example/{sessionId}/document` with `{"pong":"..."}`: what the session chooses. What is absent is unset.

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::Example;
use crate::document::Document;

const MAX_PONG: usize = 1000;

pub(crate) fn replace_document(
    _plugin: &Example,
    host: &dyn Host,
    request: &Request,
) -> Result<Response, Error> {
    let document: Document = request.json()?;
    if let Some(pong) = &document.pong
        && (pong.is_empty() || pong.len() > MAX_PONG)
    {
        return Err(Error::bad_request(format!("pong: 1 to {MAX_PONG} bytes")));
    }
    document.put(host, &request.session()?.id)?;
    Response::data("Saved", &document)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wagate_plugin_api::testing::{FakeHost, request};

    use crate::tests::answer;

    fn ask(host: &FakeHost, method: &str, body: Option<&Value>) -> (u16, Value) {
        let params = [("sessionId", "shop")];
        answer(
            host,
            &request(method, "/api/example/{sessionId}/document", &params, body),
        )
    }

    #[test]
    fn what_is_written_is_read() {
        let host = FakeHost::default();
        assert_eq!(ask(&host, "GET", None).1["data"], json!({ "pong": null }));
        assert_eq!(ask(&host, "PUT", Some(&json!({ "pong": "here" }))).0, 200);
        assert_eq!(ask(&host, "GET", None).1["data"], json!({ "pong": "here" }));
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let host = FakeHost::default();
        for body in [
            json!({ "pong": "" }),
            json!({ "pong": 5 }),
            json!({ "ping": "x" }),
        ] {
            assert_eq!(ask(&host, "PUT", Some(&body)).0, 400, "{body}");
        }
        assert_eq!(ask(&host, "GET", None).1["data"], json!({ "pong": null }));
    }
}
