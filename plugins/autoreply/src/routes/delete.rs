//! `DELETE /api/autoreplies/{sessionId}/{replyId}`

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Autoreply, shelf};

pub(crate) fn delete(_plugin: &Autoreply, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let id = request.param("replyId")?;
    if shelf::get(host, &session.id, id)?.is_none() {
        return Err(Error::not_found("Rule not found"));
    }
    shelf::delete(host, &session.id, id)?;
    Response::message("Operation successful")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wagate_plugin_api::testing::{FakeHost, request};
    use wagate_plugin_api::{Body, Plugin};

    use crate::Autoreply;

    const ALL: &str = "/api/autoreplies/{sessionId}";
    const ONE: &str = "/api/autoreplies/{sessionId}/{replyId}";

    fn call(host: &FakeHost, method: &str, id: Option<&str>, body: Option<&Value>) -> (u16, Value) {
        let plugin = Autoreply::new(crate::settings::Settings::default(), host).unwrap();
        let mut params = vec![("sessionId", "shop")];
        params.extend(id.map(|id| ("replyId", id)));
        let request = request(method, if id.is_some() { ONE } else { ALL }, &params, body);
        let response = plugin
            .handle_http(host, &request)
            .unwrap_or_else(|error| error.to_response());
        let Body::Text(text) = response.body else {
            panic!("no text")
        };
        (response.status, serde_json::from_str(&text).unwrap())
    }

    /// The life of a rule through all five routes.
    #[test]
    fn a_rule_is_made_listed_replaced_and_removed() {
        let host = FakeHost::default();
        let (_, made) = call(
            &host,
            "POST",
            None,
            Some(&json!({"keyword": "hello", "reply": "Hi"})),
        );
        let id = made["data"]["id"].as_str().unwrap().to_owned();
        assert_eq!(
            (&made["data"]["matchType"], &made["data"]["response"]),
            (&json!("EXACT"), &json!("Hi"))
        );
        let (_, list) = call(&host, "GET", None, None);
        assert_eq!(list["data"][0]["session"]["sessionId"], "shop");
        let (_, row) = call(
            &host,
            "PUT",
            Some(&id),
            Some(&json!({"keyword": "h", "response": "x", "matchType": "CONTAINS"})),
        );
        assert_eq!((&row["id"], &row["matchType"]), (&json!(id), &json!("CONTAINS")));
        assert_eq!(
            call(&host, "DELETE", Some(&id), None),
            (200, json!({"status": true, "message": "Operation successful"}))
        );
        assert_eq!(call(&host, "DELETE", Some(&id), None).0, 404);
        assert_eq!(call(&host, "DELETE", None, None).1["data"]["success"], true);
    }

    #[test]
    fn refusals_have_the_contracts_texts() {
        let host = FakeHost::default();
        let refusal = |method, id, body| {
            let (status, body) = call(&host, method, id, Some(&body));
            (status, body["error"].as_str().unwrap().to_owned())
        };
        assert_eq!(
            refusal("POST", None, json!({"keyword": "x"})),
            (400, "Missing required fields".to_owned())
        );
        assert_eq!(
            refusal("PUT", Some("x"), json!({})),
            (400, "Keyword and response are required".to_owned())
        );
        assert_eq!(
            refusal("PUT", Some("x"), json!({"keyword": "a", "response": "b"})),
            (404, "Rule not found".to_owned())
        );
        let bad_type = json!({"keyword": "a", "response": "b", "matchType": "SOUNDS_LIKE"});
        assert!(
            refusal("POST", None, bad_type)
                .1
                .starts_with("matchType: unknown variant")
        );
    }
}
