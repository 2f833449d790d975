//! `POST /api/system/check-updates`

use serde_json::json;
use wagate_plugin_api::notify::{Notification, Severity};
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::Updates;
use crate::release::{self, Newest};
use crate::version::Version;

/// What runs: the bundled plugins have the gateway's version.
const RUNNING: &str = env!("CARGO_PKG_VERSION");

/// Tells whoever asks, once for each version.
pub(crate) fn check(plugin: &Updates, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let url = plugin.url.as_deref().ok_or_else(|| {
        Error::conflict(
            "There is no address to ask for updates: set url under [settings] of config/plugins/updates.toml, and its \
             host under [grants] hosts",
        )
    })?;
    let user = request.principal.as_ref().map(|caller| caller.user_id.as_str());
    let user = user.ok_or_else(|| Error::internal("somebody asks for updates"))?;
    let newest = release::newest(host, url)?;
    let is_newer = Version::parse(RUNNING).is_some_and(|running| newest.version > running);
    let message = if !is_newer {
        "Already up to date"
    } else if tell(host, user, &newest)? {
        "Notification sent"
    } else {
        "A newer version is available (notification exists)"
    };
    Response::with_fields(&json!({
        "message": message,
        "version": newest.tag,
        "data": {
            "version": newest.tag, "currentVersion": RUNNING, "updateAvailable": is_newer, "url": newest.page,
        },
    }))
}

/// False when this user was told about this version already.
fn tell(host: &dyn Host, user: &str, newest: &Newest) -> Result<bool, Error> {
    let key = format!("told/{user}");
    let told = host.store_get(&key)?;
    if told.as_deref() == Some(newest.tag.as_bytes()) {
        return Ok(false);
    }
    if !host.store_compare_and_put(&key, told.as_deref(), newest.tag.as_bytes())? {
        // Another request of this moment does it.
        return Ok(false);
    }
    let page = newest
        .page
        .as_deref()
        .map(|page| format!(" See {page}"))
        .unwrap_or_default();
    let sent = host.notify_user(
        user,
        &Notification {
            title: format!("Version {} is available", newest.tag),
            message: format!("This gateway runs {RUNNING}.{page}"),
            severity: Severity::Info,
            link: None,
            ext: vec![("type".to_owned(), "SYSTEM".to_owned())],
        },
    );
    if let Err(error) = sent {
        // The next one is to tell.
        host.store_delete(&key)?;
        return Err(error.into());
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use wagate_plugin_api::http::Answer;
    use wagate_plugin_api::testing::{FakeHost, request};
    use wagate_plugin_api::{Body, Host as _, HostError, Plugin};

    use super::RUNNING;
    use crate::{Settings, Updates};

    const URL: &str = "https://releases.example.com/latest";

    fn check(host: &FakeHost, url: Option<&str>) -> (u16, Value) {
        let settings = Settings {
            url: url.map(str::to_owned),
        };
        let response = Updates::new(settings, host)
            .unwrap()
            .handle_http(host, &request("POST", "/api/system/check-updates", &[], None))
            .unwrap_or_else(|error| error.to_response());
        let Body::Text(text) = response.body else {
            panic!("no text")
        };
        (response.status, serde_json::from_str(&text).unwrap())
    }

    fn says(host: &FakeHost, status: u16, body: &Value) {
        host.will_answer(Ok(Answer {
            status,
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
            url: URL.to_owned(),
            ext: Vec::new(),
        }));
    }

    #[test]
    fn a_newer_version_is_told_once() {
        let host = FakeHost::default();
        let newer = json!({ "tag_name": "v99.1.0", "html_url": "https://a.example/v99" });
        says(&host, 200, &newer);
        let (status, answer) = check(&host, Some(URL));
        assert_eq!(status, 200, "{answer}");
        assert_eq!(
            (&answer["success"], &answer["message"], &answer["version"]),
            (&json!(true), &json!("Notification sent"), &json!("v99.1.0"))
        );
        assert_eq!(
            answer["data"],
            json!({ "version": "v99.1.0", "currentVersion": RUNNING, "updateAvailable": true, "url": "https://a.example/v99" })
        );
        let asked = &host.requests()[0];
        assert_eq!((asked.method.as_str(), asked.url.as_str()), ("GET", URL));
        let told = host.inbox("user-1", 10).unwrap();
        assert_eq!(
            (told.len(), told[0].kind.as_str(), told[0].title.as_str()),
            (1, "SYSTEM", "Version v99.1.0 is available")
        );

        says(&host, 200, &newer);
        let (_, again) = check(&host, Some(URL));
        assert_eq!(
            again["message"],
            "A newer version is available (notification exists)"
        );
        assert_eq!(host.inbox("user-1", 10).unwrap().len(), 1);
        says(&host, 200, &json!({ "version": "99.2.0" }));
        check(&host, Some(URL));
        assert_eq!(host.inbox("user-1", 10).unwrap().len(), 2);
    }

    #[test]
    fn the_running_version_and_older_ones_are_no_news() {
        let host = FakeHost::default();
        for version in [RUNNING, "0.0.1", "0.1.0-beta.1"] {
            says(&host, 200, &json!({ "tag_name": version }));
            let (status, answer) = check(&host, Some(URL));
            assert_eq!((status, &answer["message"]), (200, &json!("Already up to date")));
            assert_eq!(answer["data"]["updateAvailable"], false);
        }
        assert!(host.inbox("user-1", 10).unwrap().is_empty());
    }

    #[test]
    fn what_cannot_be_found_out_is_said() {
        let host = FakeHost::default();
        let (status, answer) = check(&host, None);
        assert_eq!(status, 409);
        assert!(
            answer["error"]
                .as_str()
                .unwrap()
                .contains("config/plugins/updates.toml")
        );
        for (error, status) in [
            (HostError::unavailable("no route"), 503),
            (HostError::Timeout("slow".to_owned()), 503),
            (HostError::Denied("host is not granted".to_owned()), 409),
            (HostError::RateLimited { retry_after_ms: 5 }, 429),
        ] {
            host.will_answer(Err(error));
            assert_eq!(check(&host, Some(URL)).0, status);
        }
        for (answered, body) in [
            (404, json!({ "tag_name": "9.0.0" })),
            (200, json!([])),
            (200, json!({})),
            (200, json!({ "tag_name": "latest" })),
            (200, json!({ "tag_name": "x".repeat(65) })),
        ] {
            says(&host, answered, &body);
            let (status, answer) = check(&host, Some(URL));
            assert_eq!(status, 503);
            assert!(
                answer["error"]
                    .as_str()
                    .unwrap()
                    .starts_with("Could not fetch release: ")
            );
        }
        // Who could not be told is told the next time.
        host.refuse("notify_user", HostError::unavailable("the storage is down"));
        says(&host, 200, &json!({ "tag_name": "99.0.0" }));
        assert_eq!(check(&host, Some(URL)).0, 503);
        assert_eq!(host.store_get("told/user-1").unwrap(), None);
    }
}
