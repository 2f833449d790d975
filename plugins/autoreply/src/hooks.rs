//! One function an event kind.

use wagate_plugin_api::{Error, Event, Host, IncomingMessage, OutgoingText};

use crate::Autoreply;
use crate::shelf;

/// Answers with the first rule that matches. A repeated event finds the same send already made: the host sees to it.
pub(crate) fn message_received(plugin: &Autoreply, host: &dyn Host, event: &Event) -> Result<(), Error> {
    let message: IncomingMessage = event.data()?;
    let chat = message.chat();
    let Some(text) = answerable(&message, chat) else {
        return Ok(());
    };
    let own = shelf::all(host, &event.session.id)?;
    let mut rules = own.iter().map(|stored| &stored.rule).chain(&plugin.common);
    let hit = rules.find(|rule| {
        rule.matches(
            text,
            message.is_group || chat.ends_with("@g.us"),
            &plugin.patterns,
        )
    });
    if let Some(rule) = hit {
        host.send_text(&event.session.id, &OutgoingText::new(chat, &rule.response))?;
    }
    Ok(())
}

/// The text to compare, if this message may be answered at all. An answer to a status post or a newsletter would be
/// read by everyone, one to an own message could go on for ever.
fn answerable<'a>(message: &'a IncomingMessage, chat: &str) -> Option<&'a str> {
    let public = ["@broadcast", "@newsletter"]
        .iter()
        .any(|server| chat.ends_with(server));
    if message.key.from_me || public || message.kind != "TEXT" {
        return None;
    }
    message.content.as_deref().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wagate_plugin_api::testing::{FakeHost, SESSION_ID, text_event};
    use wagate_plugin_api::{Host, Plugin};

    use crate::form::Form;
    use crate::{Autoreply, shelf};

    const FRIEND: &str = "15550100@s.whatsapp.net";

    fn host_with_rules(rules: &[serde_json::Value]) -> FakeHost {
        let host = FakeHost::default();
        for rule in rules {
            let form: Form = serde_json::from_value(rule.clone()).unwrap();
            let stored = form.into_rule(host.unique_id(), 0, "missing").unwrap();
            shelf::put(&host, SESSION_ID, &stored).unwrap();
        }
        host
    }

    fn answers(settings: serde_json::Value, host: &FakeHost, chat: &str, text: &str) -> Vec<String> {
        let plugin = Autoreply::new(serde_json::from_value(settings).unwrap(), host).unwrap();
        plugin.on_event(host, &text_event(chat, text)).unwrap();
        host.sent().into_iter().map(|message| message.text).collect()
    }

    #[test]
    fn the_first_matching_rule_answers_once() {
        let host = host_with_rules(&[
            json!({"keyword": "hello", "response": "group only", "triggerType": "GROUP"}),
            json!({"keyword": "hel", "response": "first", "matchType": "STARTS_WITH"}),
            json!({"keyword": "hello", "response": "second"}),
        ]);
        assert_eq!(answers(json!({}), &host, FRIEND, "Hello"), ["first"]);
    }

    #[test]
    fn rules_of_the_file_apply_after_the_sessions_own() {
        let file =
            json!({"rules": [{"keyword": "hello", "response": "from the file", "match_type": "CONTAINS"}]});
        let host = host_with_rules(&[json!({"keyword": "hello", "response": "own"})]);
        assert_eq!(answers(file.clone(), &host, FRIEND, "hello"), ["own"]);
        assert_eq!(answers(file, &host, FRIEND, "oh hello"), ["own", "from the file"]);
    }

    #[test]
    fn status_posts_newsletters_and_other_messages_stay_unanswered() {
        let host = host_with_rules(&[json!({"keyword": "hello", "response": "own"})]);
        for chat in ["status@broadcast", "120363@newsletter"] {
            assert!(answers(json!({}), &host, chat, "hello").is_empty(), "{chat}");
        }
        assert!(answers(json!({}), &host, FRIEND, "bye").is_empty());
    }

    #[test]
    fn a_file_with_a_rule_that_cannot_work_is_refused_with_its_place() {
        let settings = serde_json::from_value(
            json!({"rules": [{"keyword": "(", "match_type": "REGEX", "response": "x"}]}),
        )
        .unwrap();
        let refusal = Autoreply::new(settings, &FakeHost::default())
            .err()
            .unwrap()
            .to_string();
        assert!(refusal.contains("rules[0].keyword"), "{refusal}");
    }
}
