//! Timers that fire, over a host in memory.

use serde_json::json;
use wagate_plugin_api::testing::{FakeHost, SESSION_ID};
use wagate_plugin_api::timers::Schedule;
use wagate_plugin_api::{Host as _, HostError, Message};

use crate::routes::tests::{ALL, FRIEND, HOUR_MS, ONE, SOON, call, create, due, list, run, tea, with};

#[test]
fn an_interrupted_send_does_not_leave_twice() {
    let host = FakeHost::default();
    let id = create(&host, &with("mediaUrl", json!("https://a.example/c.jpg")));
    let fire = due(&host, &id);
    host.send_error
        .replace(Some(HostError::Timeout("no word".to_owned())));
    assert_eq!(run(&host, &fire).unwrap_err().status(), 504);
    host.send_error.replace(None);
    run(&host, &fire).unwrap();
    run(&host, &fire).unwrap();
    assert_eq!(host.contents().len(), 1);

    // It has left, and the gateway died before it could be written down.
    let mut host = FakeHost::default();
    let id = create(&host, &tea());
    let fire = due(&host, &id);
    host.send_error
        .replace(Some(HostError::Timeout("no word".to_owned())));
    run(&host, &fire).unwrap_err();
    host.send_error.replace(None);
    let kept = crate::shelf::get(&host, SESSION_ID, &id).unwrap().unwrap().item;
    host.messages.push(Message {
        wa_id: kept.message_id_for(fire.due_ms),
        from_me: true,
        status: "DELIVERED".to_owned(),
        ..Message::default()
    });
    run(&host, &fire).unwrap();
    assert!(host.contents().is_empty());
    assert_eq!(list(&host, None)[0]["status"], "SENT");
}

#[test]
fn it_waits_for_the_session_and_then_gives_up() {
    let mut host = FakeHost::default();
    let id = create(&host, &tea());
    host.advance(HOUR_MS);
    let fire = due(&host, &id);
    host.session_status = Some("DISCONNECTED".to_owned());
    assert_eq!(run(&host, &fire).unwrap_err().status(), 503);
    assert_eq!(list(&host, None)[0]["status"], "PENDING");
    host.session_status = None;
    host.send_error
        .replace(Some(HostError::unavailable("Session not ready")));
    for _ in 0..5 {
        assert_eq!(run(&host, &fire).unwrap_err().status(), 503);
    }
    let row = list(&host, None)[0].clone();
    assert_eq!(
        (&row["status"], &row["reason"]),
        (&json!("PENDING"), &json!("Session not ready"))
    );
    host.send_error.replace(None);
    host.advance(25 * HOUR_MS);
    run(&host, &fire).unwrap();
    let row = list(&host, None)[0].clone();
    assert_eq!(
        (&row["status"], &row["reason"]),
        (&json!("FAILED"), &json!("Too late: Session not ready"))
    );
    assert!(host.contents().is_empty());
}

#[test]
fn a_moment_that_has_passed_already_is_not_late() {
    let host = FakeHost::default();
    let id = create(&host, &with("sendAt", json!("2024-12-25T10:00:00.000Z")));
    run(&host, &due(&host, &id)).unwrap();
    assert_eq!(list(&host, None)[0]["status"], "SENT");
}

#[test]
fn what_cannot_be_sent_fails_with_its_reason() {
    for (error, tries) in [
        (
            HostError::Invalid("mediaUrl: the server answered 404".to_owned()),
            1,
        ),
        (HostError::Conflict("refused by WhatsApp".to_owned()), 1),
        (HostError::Timeout("no word from the server".to_owned()), 3),
    ] {
        let host = FakeHost::default();
        let id = create(&host, &tea());
        let fire = due(&host, &id);
        host.send_error.replace(Some(error.clone()));
        for _ in 1..tries {
            run(&host, &fire).unwrap_err();
        }
        run(&host, &fire).unwrap();
        let row = &list(&host, None)[0];
        assert_eq!(row["status"], "FAILED");
        assert!(
            error.to_string().ends_with(row["reason"].as_str().unwrap()),
            "{row}"
        );
        // Another moment ahead gives it another chance.
        host.send_error.replace(None);
        let (_, again) = call(&host, "PUT", ONE, &id, Some(&tea()));
        assert_eq!(
            (&again["status"], &again["reason"]),
            (&json!("PENDING"), &json!(null))
        );
        run(&host, &due(&host, &id)).unwrap();
        assert_eq!(host.contents().len(), 1);
    }
}

#[test]
fn a_message_is_changed_while_it_waits_and_not_afterwards() {
    let host = FakeHost::default();
    let id = create(&host, &tea());
    let later = json!({ "jid": FRIEND, "content": "coffee", "sendAt": "2025-10-10T00:00:00Z" });
    let early = due(&host, &id);
    let (status, row) = call(&host, "PUT", ONE, &id, Some(&later));
    assert_eq!(
        (status, &row["content"], &row["sendAt"]),
        (200, &json!("coffee"), &json!("2025-10-10T00:00:00.000Z"))
    );
    run(&host, &early).unwrap();
    assert!(host.contents().is_empty(), "it was moved");
    run(&host, &due(&host, &id)).unwrap();
    assert_eq!(host.sent()[0].text, "coffee");
    let (status, row) = call(&host, "PUT", ONE, &id, Some(&later));
    assert_eq!((status, &row["status"]), (200, &json!("SENT")));
    assert!(
        host.timer(&format!("item/{id}")).unwrap().is_none(),
        "it is not sent again"
    );
}

#[test]
fn what_is_being_sent_cannot_be_changed() {
    let host = FakeHost::default();
    let id = create(&host, &tea());
    let kept = crate::shelf::get(&host, SESSION_ID, &id).unwrap().unwrap();
    let mut item = kept.item.clone();
    item.attempt = Some(crate::item::Attempt {
        due_ms: item.send_at_ms,
        tries: 1,
        since_ms: Some(host.now_ms()),
    });
    crate::shelf::replace(&host, SESSION_ID, &kept, item).unwrap();
    assert_eq!(call(&host, "PUT", ONE, &id, Some(&tea())).0, 409);
    host.advance(3 * 60 * 1000);
    assert_eq!(call(&host, "PUT", ONE, &id, Some(&tea())).0, 200);
}

#[test]
fn a_rule_sends_again_and_again_also_after_a_failure() {
    let mut host = FakeHost::default();
    host.timezone = Some("Europe/Berlin".to_owned());
    let body = json!({ "jid": FRIEND, "content": "tea", "sendAt": SOON, "cronExpression": "0 9 * * *", "recurrenceRule": "daily" });
    let (_, made) = call(&host, "POST", ALL, "", Some(&body));
    let row = &made["data"];
    assert_eq!(
        (
            &row["sendAt"],
            &row["cronExpression"],
            &row["timezone"],
            &row["recurrenceRule"]
        ),
        (
            &json!(SOON),
            &json!("0 9 * * *"),
            &json!("Europe/Berlin"),
            &json!("daily")
        )
    );
    let id = row["id"].as_str().unwrap();
    let schedule = || host.timer(&format!("item/{id}")).unwrap().unwrap().schedule;
    assert!(matches!(schedule(), Schedule::At(_)), "first at its moment");
    host.advance(HOUR_MS);
    run(&host, &due(&host, id)).unwrap();
    let Schedule::Cron(rule) = schedule() else {
        panic!("then by its rule")
    };
    assert_eq!(
        (rule.expression.as_str(), rule.timezone.as_str()),
        ("0 9 * * *", "Europe/Berlin")
    );

    host.send_error
        .replace(Some(HostError::Invalid("gone".to_owned())));
    host.advance(60_000);
    run(&host, &due(&host, id)).unwrap();
    let row = list(&host, None)[0].clone();
    assert_eq!(
        (&row["status"], &row["lastStatus"], &row["reason"]),
        (&json!("PENDING"), &json!("FAILED"), &json!("gone"))
    );
    host.send_error.replace(None);
    host.advance(60_000);
    run(&host, &due(&host, id)).unwrap();
    let ids: Vec<_> = host.contents().into_iter().map(|sent| sent.options.ext).collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1], "each time is a message of its own");

    // Without a moment the rule begins by itself.
    let id = create(
        &host,
        &json!({ "jid": FRIEND, "content": "tea", "cronExpression": "0 9 * * *" }),
    );
    assert!(
        list(&host, None)
            .iter()
            .any(|row| row["id"] == *id && row["sendAt"] != "1970-01-01T00:00:00.000Z")
    );
}
