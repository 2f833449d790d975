//! `GET /api/example/{sessionId}/capabilities`: one harmless function of every interface, and what came of it.

use std::collections::BTreeMap;

use wagate_plugin_api::{Error, Host, Request, Response};

use crate::Example;
use crate::routes::call;

/// One function of each interface that reads, or touches only what is this plugin's own.
const HARMLESS: &[&str] = &[
    "log.write",
    "clock.now-ms",
    "store.get",
    "settings.document",
    "sessions.info",
    "history.chats",
    "whatsapp-messages.forward",
    "whatsapp-chats.archive",
    "whatsapp-groups.participating",
    "whatsapp-contacts.contacts",
    "whatsapp-profile.get",
    "whatsapp-status.send",
    "whatsapp-labels.labels",
    "media.get",
    "http-client.fetch",
    "delivery.deliveries",
    "timers.scan",
    "emit.event",
    "notify.send",
];

pub(crate) fn capabilities(_plugin: &Example, host: &dyn Host, request: &Request) -> Result<Response, Error> {
    let session = request.session()?;
    let mut results = BTreeMap::new();
    for function in HARMLESS {
        let interface = function
            .split_once('.')
            .map_or(*function, |(interface, _)| interface);
        results.insert(interface, call::outcome(host, &session.id, function)?.result);
    }
    Response::json(&results)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use wagate_plugin_api::manifest::Right;
    use wagate_plugin_api::testing::{FakeHost, request};

    use crate::tests::answer;

    #[test]
    fn every_interface_is_tried() {
        let request = request("GET", "/api/example/{sessionId}/capabilities", &[], None);
        let (status, answer) = answer(&FakeHost::default(), &request);
        assert_eq!(status, 200);
        let tried: BTreeSet<&str> = answer.as_object().unwrap().keys().map(String::as_str).collect();
        let mut all: BTreeSet<&str> = Right::ALL.iter().map(|right| right.as_str()).collect();
        all.extend(["log", "clock"]);
        assert_eq!(tried, all);
        assert_eq!(
            (&answer["store"], &answer["delivery"]),
            (&"ok".into(), &"not_found".into())
        );
    }
}
