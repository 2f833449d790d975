//! `POST /api/example/{sessionId}/counters/{name}` with `{"by":2}`: raises a counter. Path and body as types.

use serde::Deserialize;
use serde_json::json;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::counters::CounterName;
use crate::{Example, counters};

/// The body; without one the counter goes up by one.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Form {
    by: u32,
}

impl Default for Form {
    fn default() -> Self {
        Self { by: 1 }
    }
}

pub(crate) fn count(_plugin: &Example, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let name: CounterName = request.param_as("name")?;
    let form: Form = request.json()?;
    let value = counters::add(host, &session.id, &name, u64::from(form.by))?;
    Response::data("Counted", &json!({ "name": name.to_string(), "value": value }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wagate_plugin_api::testing::{FakeHost, request};

    use crate::tests::answer;

    fn ask(host: &FakeHost, method: &str, name: &str, body: Option<&Value>) -> (u16, Value) {
        let params = [("sessionId", "shop"), ("name", name)];
        answer(
            host,
            &request(method, "/api/example/{sessionId}/counters/{name}", &params, body),
        )
    }

    #[test]
    fn a_counter_is_raised_and_read() {
        let host = FakeHost::default();
        ask(&host, "POST", "visits", Some(&json!({ "by": 2 })));
        ask(&host, "POST", "visits", None);
        let (status, answer) = ask(&host, "GET", "visits", None);
        assert_eq!((status, &answer["data"]["value"]), (200, &3.into()));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let host = FakeHost::default();
        for (name, body, text) in [
            ("a/b", json!({}), "name: must be 1 to 40 of a-z and -"),
            (
                "visits",
                json!({ "by": -1 }),
                "by: invalid value: integer `-1`, expected u32",
            ),
        ] {
            let (status, answer) = ask(&host, "POST", name, Some(&body));
            assert_eq!((status, &answer["message"]), (400, &text.into()));
        }
    }
}
