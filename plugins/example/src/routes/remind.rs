//! `POST /api/example/{sessionId}/reminders` with `{"to":"...","text":"...","inSeconds":60}`: a timer that outlives
//! restarts.

use serde::Deserialize;
use wagate_plugin_api::timers::Schedule;
use wagate_plugin_api::{Error, Host, Request, Response};

use crate::reminders::Reminder;
use crate::timers::reminder_timer;
use crate::{Example, reminders};

const MAX_TEXT: usize = 4096;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Form {
    to: String,
    text: String,
    in_seconds: u32,
}

pub(crate) fn remind(plugin: &Example, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let form: Form = request.json()?;
    form.check(plugin.settings.max_reminder_seconds)?;
    let reminder = Reminder {
        id: host.unique_id(),
        to: form.to,
        text: form.text,
        due_ms: host.now_ms() + i64::from(form.in_seconds) * 1000,
        message_id: None,
    };
    // First what it says, then the timer: one that fires finds its reminder.
    reminders::create(host, &session.id, &reminder)?;
    host.timer_set(
        &reminder_timer(&reminder.id),
        Some(&session.id),
        &Schedule::At(reminder.due_ms),
        "",
    )?;
    Ok(Response::data("Reminder set", &reminder)?.status(201))
}

impl Form {
    fn check(&self, max_seconds: u32) -> Result<(), Error> {
        if self.to.is_empty() {
            return Err(Error::bad_request("to: must not be empty"));
        }
        if self.text.is_empty() || self.text.len() > MAX_TEXT {
            return Err(Error::bad_request(format!("text: 1 to {MAX_TEXT} bytes")));
        }
        if !(1..=max_seconds).contains(&self.in_seconds) {
            return Err(Error::bad_request(format!("inSeconds: 1 to {max_seconds}")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wagate_plugin_api::testing::{FakeHost, SESSION_ID, request};
    use wagate_plugin_api::{Host as _, Plugin as _};

    use crate::Example;
    use crate::settings::Settings;
    use crate::tests::{answer, answer_with};

    const ROUTE: &str = "/api/example/{sessionId}/reminders";

    #[test]
    fn a_reminder_sets_a_timer_of_its_session() {
        let host = FakeHost::default();
        let body = json!({ "to": "15550100", "text": "tea", "inSeconds": 60 });
        let (status, answer) = answer(&host, &request("POST", ROUTE, &[], Some(&body)));
        assert_eq!(status, 201);
        let timers = host.timers("reminder/", None, 10).unwrap();
        assert_eq!(timers[0].session.as_deref(), Some(SESSION_ID));
        assert_eq!(timers[0].next_ms, answer["data"]["dueMs"].as_i64());
    }

    #[test]
    fn a_reminder_is_listed_found_and_taken_back() {
        let host = FakeHost::default();
        let body = json!({ "to": "15550100", "text": "tea", "inSeconds": 60 });
        let (_, set) = answer(&host, &request("POST", ROUTE, &[], Some(&body)));
        let id = set["data"]["id"].as_str().unwrap();

        let (_, list) = answer(&host, &request("GET", ROUTE, &[], None));
        assert_eq!(list["data"][0]["id"], id);

        let find = request("GET", "/api/example/reminders/{id}", &[("id", id)], None);
        let plugin = Example::new(Settings::default(), &host).unwrap();
        assert_eq!(
            plugin.resolve_session(&host, &find).unwrap().as_deref(),
            Some(SESSION_ID)
        );
        assert_eq!(answer(&host, &find).1["data"]["text"], "tea");

        let forget = request(
            "DELETE",
            "/api/example/{sessionId}/reminders/{id}",
            &[("id", id)],
            None,
        );
        assert_eq!(answer(&host, &forget).0, 200);
        assert_eq!(answer(&host, &forget).0, 404);
        assert!(host.timers("", None, 10).unwrap().is_empty());
        assert_eq!(plugin.resolve_session(&host, &find).unwrap(), None);
    }

    #[test]
    fn a_reminder_that_cannot_be_is_refused_by_the_field() {
        let settings = || Settings {
            max_reminder_seconds: 100,
            ..Settings::default()
        };
        for (body, field) in [
            (json!({ "to": "15550100", "text": "tea" }), "inSeconds"),
            (json!({ "to": "", "text": "tea", "inSeconds": 1 }), "to"),
            (json!({ "to": "15550100", "text": "", "inSeconds": 1 }), "text"),
            (
                json!({ "to": "15550100", "text": "tea", "inSeconds": 101 }),
                "inSeconds",
            ),
        ] {
            let request = request("POST", ROUTE, &[], Some(&body));
            let (status, answer) = answer_with(settings(), &FakeHost::default(), &request);
            let message = answer["message"].as_str().unwrap();
            assert!(status == 400 && message.contains(field), "{status} {message}");
        }
    }
}
