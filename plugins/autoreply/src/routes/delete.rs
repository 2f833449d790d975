//! `DELETE /api/autoreplies/{sessionId}/{replyId}`

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::{Autoreply, shelf};

pub(crate) fn delete(_plugin: &Autoreply, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    one(host, &request.session()?.id, request.param("replyId")?)?;
    Response::message("Operation successful")
}

pub(crate) fn one(host: &dyn Host, session: &str, id: &str) -> Result<(), Error> {
    if shelf::get(host, session, id)?.is_none() {
        return Err(Error::not_found("Rule not found"));
    }
    shelf::delete(host, session, id)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wagate_plugin_api::testing::{FakeHost, SESSION_ID, request};
    use wagate_plugin_api::{Body, Plugin};

    use crate::form::Form;
    use crate::{Autoreply, shelf};

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
            (
                200,
                json!({"status": true, "success": true, "message": "Operation successful"})
            )
        );
        assert_eq!(call(&host, "DELETE", Some(&id), None).0, 404);
        assert_eq!(call(&host, "DELETE", None, None).1["data"]["success"], true);
    }

    #[test]
    fn the_older_delete_finds_the_session_by_the_rule() {
        let host = FakeHost::default();
        let rule = json!({"keyword": "a", "mediaUrl": "https://a.example/b.png", "mediaType": "IMAGE"});
        let (_, made) = call(&host, "POST", None, Some(&rule));
        let row = &made["data"];
        assert_eq!(
            (&row["response"], &row["isMedia"], &row["mediaType"]),
            (&Value::Null, &json!(true), &json!("image"))
        );
        call(
            &host,
            "POST",
            None,
            Some(&json!({"keyword": "b", "response": "c"})),
        );
        let id = row["id"].as_str().unwrap();
        let plugin = Autoreply::new(crate::settings::Settings::default(), &host).unwrap();
        for (segment, session) in [(id, SESSION_ID), ("shop", "shop")] {
            let request = request("DELETE", ALL, &[("sessionId", segment)], None);
            let resolved = plugin.resolve_session(&host, &request).unwrap();
            assert_eq!(resolved.as_deref(), Some(session));
            assert_eq!(plugin.handle_http(&host, &request).unwrap().status, 200);
            let left = call(&host, "GET", None, None).1["data"].as_array().unwrap().len();
            assert_eq!(left, usize::from(segment == id));
        }
    }

    #[test]
    fn limits_are_kept() {
        let host = FakeHost::default();
        let refused = |body: Value| {
            let (status, answer) = call(&host, "POST", None, Some(&body));
            (status, answer["error"].as_str().unwrap().to_owned())
        };
        for (body, text) in [
            (
                json!({"keyword": "x".repeat(1001), "response": "a"}),
                "keyword: at most 1000 bytes",
            ),
            (
                json!({"keyword": "x", "response": "a".repeat(65537)}),
                "response: at most 65536 bytes",
            ),
            (
                json!({"keyword": "x", "response": "a", "isMedia": true}),
                "mediaUrl is required",
            ),
            (
                json!({"keyword": "x", "mediaUrl": "ftp://a.b/c"}),
                "mediaUrl: must be an http",
            ),
            (
                json!({"keyword": "x", "mediaUrl": "https://a.b", "mediaType": "gif"}),
                "mediaType: must be",
            ),
            (
                json!({"keyword": "(", "response": "a", "matchType": "REGEX"}),
                "keyword: not a usable",
            ),
        ] {
            let (status, message) = refused(body);
            assert_eq!(status, 400, "{message}");
            assert!(message.starts_with(text), "{message}");
        }
        let large = |n: usize| json!({"keyword": format!("(a{n}|[a-z]{{100}})"), "response": "a", "matchType": "REGEX"});
        let fitting = (0..1000)
            .take_while(|n| call(&host, "POST", None, Some(&large(*n))).0 == 200)
            .count();
        assert!((8..1000).contains(&fitting), "{fitting}");
        let (status, message) = refused(large(1000));
        assert_eq!(status, 409);
        assert!(message.contains("2097152 bytes compiled"), "{message}");
        let id = |n: usize| format!("ar_{n:04}");
        for n in fitting..1000 {
            let form: Form = serde_json::from_value(json!({"keyword": "k", "response": "a"})).unwrap();
            shelf::put(
                &host,
                SESSION_ID,
                &[],
                &form.into_rule(id(n), 0, "missing").unwrap(),
            )
            .unwrap();
        }
        let full = refused(json!({"keyword": "x", "response": "a"}));
        assert_eq!(full, (409, "A session can have at most 1000 rules".to_owned()));
        assert_eq!(call(&host, "DELETE", None, None).1["data"]["count"], 1000);
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
