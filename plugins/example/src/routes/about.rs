//! `GET /api/example`: of no session, for everybody. Only `log` and `clock` are of use here, and they need no right.

use serde_json::json;
use wagate_plugin_api::{Error, Host, Level, Request, Response, iso8601};

use crate::Example;

pub(crate) fn about(_plugin: &Example, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    host.log(Level::Debug, "somebody asked what this is");
    Response::json(&json!({
        "plugin": "example",
        "version": env!("CARGO_PKG_VERSION"),
        "now": iso8601(host.now_ms()),
        "asked": host.unique_id(),
        "language": request.header("accept-language"),
    }))
}

#[cfg(test)]
mod tests {
    use wagate_plugin_api::testing::{FakeHost, request};

    use crate::tests::answer;

    #[test]
    fn everybody_may_ask() {
        let (status, answer) = answer(&FakeHost::default(), &request("GET", "/api/example", &[], None));
        assert_eq!(
            (status, &answer["plugin"], &answer["now"]),
            (200, &"example".into(), &"2025-10-09T08:53:20.000Z".into())
        );
    }
}
