//! One function an event kind.

use wagate_plugin_api::{Error, Event, Host, IncomingMessage, OutgoingText};

use crate::counters::CounterName;
use crate::document::Document;
use crate::{Example, counters};

const QUESTION: &str = "example ping";

/// Answers "example ping". A repeated event finds the send already made, the host sees to that; the counter might count
/// it twice.
pub(crate) fn message_received(plugin: &Example, host: &dyn Host, event: &Event) -> Result<(), Error> {
    let message: IncomingMessage = event.data()?;
    let asked = message
        .content
        .as_deref()
        .is_some_and(|text| text.trim().eq_ignore_ascii_case(QUESTION));
    // An answer to an own message could go on for ever, one to a status post would be read by everyone.
    if !asked || message.key.from_me || message.chat().ends_with("@broadcast") {
        return Ok(());
    }
    let document = Document::of(host, &event.session.id)?;
    let pong = document.pong.as_deref().unwrap_or(&plugin.settings.pong);
    host.send_text(&event.session.id, &OutgoingText::new(message.chat(), pong))?;
    counters::add(host, &event.session.id, &CounterName::pings(), 1)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use wagate_plugin_api::testing::{FakeHost, SESSION_ID, text_event};
    use wagate_plugin_api::{Host as _, HostError, Plugin as _};

    use crate::Example;
    use crate::counters::{self, CounterName};
    use crate::settings::Settings;

    const FRIEND: &str = "15550100@s.whatsapp.net";

    fn hear(host: &FakeHost, chat: &str, text: &str) -> Result<(), wagate_plugin_api::Error> {
        let plugin = Example::new(Settings::default(), host).unwrap();
        plugin.on_event(host, &text_event(chat, text))
    }

    #[test]
    fn a_ping_is_answered_and_counted() {
        let host = FakeHost::default();
        hear(&host, FRIEND, " Example PING ").unwrap();
        hear(&host, FRIEND, "something else").unwrap();
        hear(&host, "status@broadcast", "example ping").unwrap();
        assert_eq!(host.sent().len(), 1);
        assert_eq!(
            (host.sent()[0].to.as_str(), host.sent()[0].text.as_str()),
            (FRIEND, "example pong")
        );
        assert_eq!(
            counters::get(&host, SESSION_ID, &CounterName::pings()).unwrap(),
            1
        );
    }

    #[test]
    fn a_session_answers_what_it_has_chosen() {
        let host = FakeHost::default();
        host.put_document(SESSION_ID, r#"{"pong":"here"}"#).unwrap();
        hear(&host, FRIEND, "example ping").unwrap();
        assert_eq!(host.sent()[0].text, "here");
    }

    #[test]
    fn a_send_that_fails_is_the_hosts_to_repeat() {
        let host = FakeHost::default();
        host.send_error
            .replace(Some(HostError::unavailable("not connected")));
        let error = hear(&host, FRIEND, "example ping").unwrap_err();
        assert_eq!(error.status(), 503);
        assert_eq!(
            counters::get(&host, SESSION_ID, &CounterName::pings()).unwrap(),
            0
        );
    }
}
