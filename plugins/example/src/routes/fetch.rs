//! `POST /api/example/{sessionId}/fetch`: asks another server. Which one is the administrator's decision twice: in
//! `[settings] status_url` and under `[grants] hosts`.

use serde_json::json;
use wagate_plugin_api::http::Outgoing;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::Example;

const TIMEOUT_MS: u32 = 5000;

pub(crate) fn fetch(plugin: &Example, host: &dyn Host, _request: &Request) -> Result<Response, Error> {
    let Some(url) = &plugin.settings.status_url else {
        return Err(Error::conflict("[settings] status_url is not set"));
    };
    // Any status is an answer; no answer, or a server that is not allowed, is an error that the client gets to see.
    let answer = host.fetch(&Outgoing {
        method: "GET".to_owned(),
        url: url.clone(),
        headers: vec![("accept".to_owned(), "*/*".to_owned())],
        body: Vec::new(),
        timeout_ms: Some(TIMEOUT_MS),
        ext: Vec::new(),
    })?;
    Response::data_only(&json!({ "url": answer.url, "status": answer.status, "bytes": answer.body.len() }))
}

#[cfg(test)]
mod tests {
    use wagate_plugin_api::HostError;
    use wagate_plugin_api::http::Answer;
    use wagate_plugin_api::testing::{FakeHost, request};

    use crate::settings::Settings;
    use crate::tests::answer_with;

    fn ask(host: &FakeHost, url: Option<&str>) -> (u16, serde_json::Value) {
        let settings = Settings {
            status_url: url.map(str::to_owned),
            ..Settings::default()
        };
        answer_with(
            settings,
            host,
            &request("POST", "/api/example/{sessionId}/fetch", &[], None),
        )
    }

    #[test]
    fn the_other_servers_status_is_the_answer() {
        let host = FakeHost::default();
        host.will_answer(Ok(Answer {
            status: 418,
            headers: Vec::new(),
            body: b"tea".to_vec(),
            url: "https://example.com/end".to_owned(),
            ext: Vec::new(),
        }));
        let (status, answer) = ask(&host, Some("https://example.com/"));
        assert_eq!((status, &answer["data"]["status"]), (200, &418.into()));
        assert_eq!(host.requests()[0].url, "https://example.com/");
    }

    #[test]
    fn what_is_forbidden_or_not_set_is_said() {
        let host = FakeHost::default();
        host.will_answer(Err(HostError::Denied("example.com is not granted".to_owned())));
        assert_eq!(ask(&host, Some("https://example.com/")).0, 403);
        assert_eq!(ask(&host, None).0, 409);
    }
}
