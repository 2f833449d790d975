//! What happens when a timer is due, and how its name tells what it is for.

use serde_json::json;
use wagate_plugin_api::{Error, Fire, Host, Level, OutgoingText};

use crate::reminders;

const REMINDER: &str = "reminder/";

/// The name of a reminder's timer.
pub(crate) fn reminder_timer(id: &str) -> String {
    format!("{REMINDER}{id}")
}

/// A timer is due: at least once, with the same id each time.
pub(crate) fn on_timer(host: &dyn Host, fire: &Fire) -> Result<(), Error> {
    if let Some(id) = fire.name.strip_prefix(REMINDER) {
        return remind(host, fire, id);
    }
    // A timer of another version of this plugin, or the one of the route `call`. An error would only be tried again.
    host.log(Level::Info, &format!("nothing to do for the timer {}", fire.name));
    Ok(())
}

/// Sends the text, tells others, and notes it. An error here, such as a session that is not connected, makes the host
/// come again; what was sent or emitted the first time does not leave twice.
fn remind(host: &dyn Host, fire: &Fire, id: &str) -> Result<(), Error> {
    let Some(session) = &fire.session else {
        return Err(Error::internal(format!("the timer {} has no session", fire.name)));
    };
    let Some(mut reminder) = reminders::get(host, &session.id, id)? else {
        // Taken back in the last moment.
        return Ok(());
    };
    let sent = host.send_text(&session.id, &OutgoingText::new(&reminder.to, &reminder.text))?;
    let data = json!({ "reminderId": id, "messageId": sent.id, "lateMs": fire.late_ms });
    host.emit(&session.id, "example.reminded", &data.to_string())?;
    reminder.message_id = Some(sent.id);
    reminders::update(host, &session.id, &reminder)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wagate_plugin_api::testing::{FakeHost, SESSION_ID, request};
    use wagate_plugin_api::{Fire, HostError, Plugin as _};

    use crate::settings::Settings;
    use crate::tests::answer;
    use crate::{Example, reminders};

    fn remind(host: &FakeHost) -> String {
        let body = json!({ "to": "15550100", "text": "tea", "inSeconds": 60 });
        let (status, answer) = answer(
            host,
            &request(
                "POST",
                "/api/example/{sessionId}/reminders",
                &[("sessionId", "shop")],
                Some(&body),
            ),
        );
        assert_eq!(status, 201, "{answer}");
        answer["data"]["id"].as_str().unwrap().to_owned()
    }

    fn fire(host: &FakeHost, fire: &Fire) -> Result<(), wagate_plugin_api::Error> {
        Example::new(Settings::default(), host)
            .unwrap()
            .on_timer(host, fire)
    }

    #[test]
    fn a_reminder_is_sent_when_it_is_due() {
        let host = FakeHost::default();
        let id = remind(&host);
        host.advance(60_000);
        fire(&host, &host.fire(&super::reminder_timer(&id))).unwrap();
        assert_eq!(host.sent()[0].text, "tea");
        assert_eq!(host.emitted()[0].kind, "example.reminded");
        let kept = reminders::get(&host, SESSION_ID, &id).unwrap().unwrap();
        assert!(kept.message_id.is_some());
    }

    #[test]
    fn a_reminder_that_cannot_leave_is_tried_again() {
        let host = FakeHost::default();
        let id = remind(&host);
        let due = host.fire(&super::reminder_timer(&id));
        host.send_error
            .replace(Some(HostError::unavailable("not connected")));
        assert_eq!(fire(&host, &due).unwrap_err().status(), 503);
        assert!(host.emitted().is_empty());
        host.send_error.replace(None);
        fire(&host, &due).unwrap();
        assert_eq!(host.sent().len(), 1);
    }

    #[test]
    fn a_reminder_that_was_taken_back_stays_silent() {
        let host = FakeHost::default();
        let id = remind(&host);
        let due = host.fire(&super::reminder_timer(&id));
        reminders::delete(&host, SESSION_ID, &id).unwrap();
        fire(&host, &due).unwrap();
        assert!(host.sent().is_empty());
    }

    #[test]
    fn an_unknown_timer_is_logged_and_over() {
        let host = FakeHost::default();
        let unknown = Fire {
            name: "something".to_owned(),
            ..Fire::default()
        };
        fire(&host, &unknown).unwrap();
        assert_eq!(host.lines().len(), 1);
    }
}
