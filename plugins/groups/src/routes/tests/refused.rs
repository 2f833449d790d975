//! What is refused, and in which words.

use serde_json::json;
use wagate_plugin_api::HostError;
use wagate_plugin_api::testing::FakeHost;

use super::{ANN, GROUP, call};

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_is_missing_or_wrong_is_named() {
    let create = "/api/groups/{sessionId}/create";
    let accept = "/api/groups/{sessionId}/invite/accept";
    let legacy = "/api/groups/{jid}/subject";
    let people = |count: usize| -> Vec<String> {
        (0..count)
            .map(|n| format!("1202555{n:04}@s.whatsapp.net"))
            .collect()
    };
    let subject = "subject is required";
    let members = "action and participants (array) are required";
    let setting = "Invalid setting. Must be one of: announcement, not_announcement, locked, unlocked";
    let expiration =
        "Invalid expiration. Must be 0 (off), 86400 (1 day), 604800 (7 days), or 7776000 (90 days)";
    for (method, path, body, text) in [
        ("POST", create, json!({}), subject),
        (
            "POST",
            create,
            json!({ "subject": 5, "participants": [ANN] }),
            subject,
        ),
        (
            "POST",
            create,
            json!({ "subject": "x".repeat(101), "participants": [ANN] }),
            "Subject must be 100 characters or less",
        ),
        (
            "POST",
            create,
            json!({ "subject": "x" }),
            "participants (array) is required",
        ),
        (
            "POST",
            create,
            json!({ "subject": "x", "participants": ANN }),
            "participants (array) is required",
        ),
        (
            "POST",
            create,
            json!({ "subject": "x", "participants": [] }),
            "participants: at least 1 person",
        ),
        (
            "POST",
            create,
            json!({ "subject": "x", "participants": people(1024) }),
            "participants: at most 1023 people",
        ),
        (
            "POST",
            create,
            json!({ "subject": "x", "participants": [ANN, "12025550102"] }),
            "participants[1]: must end in @s.whatsapp.net or @lid",
        ),
        (
            "POST",
            create,
            json!({ "subject": "x", "participants": [5] }),
            "participants[0]: must be a string",
        ),
        ("PUT", "/subject", json!({}), subject),
        ("PUT", "/subject", json!({ "subject": "  " }), subject),
        ("PUT", "/subject", json!({ "subject": ["x"] }), subject),
        (
            "PUT",
            "/subject",
            json!({ "subject": "é".repeat(101) }),
            "Subject must be 100 characters or less",
        ),
        (
            "PUT",
            legacy,
            json!({ "sessionId": "shop" }),
            "sessionId and subject are required",
        ),
        (
            "PUT",
            legacy,
            json!({ "sessionId": "shop", "subject": "x".repeat(101) }),
            "Subject must be 100 characters or less",
        ),
        (
            "PUT",
            "/description",
            json!({ "description": "x".repeat(513) }),
            "Description must be 512 characters or less",
        ),
        (
            "PUT",
            "/description",
            json!({ "description": 5 }),
            "description: invalid type: integer `5`, expected a string",
        ),
        ("PUT", "/settings", json!({}), "setting is required"),
        (
            "PUT",
            "/settings",
            json!({ "announce": "maybe" }),
            "setting is required",
        ),
        ("PUT", "/settings", json!({ "setting": "open" }), setting),
        (
            "PUT",
            "/settings",
            json!({ "setting": "locked", "value": {} }),
            "value: must be true or false",
        ),
        ("PUT", "/settings", json!({ "setting": true }), setting),
        ("PUT", "/ephemeral", json!({}), "expiration is required"),
        ("PUT", "/ephemeral", json!({ "expiration": 5 }), expiration),
        ("PUT", "/ephemeral", json!({ "expiration": "86400" }), expiration),
        ("PUT", "/members", json!({}), members),
        ("PUT", "/members", json!({ "action": "add" }), members),
        ("PUT", "/members", json!({ "participants": [ANN] }), members),
        (
            "PUT",
            "/members",
            json!({ "action": "add", "participants": ANN }),
            members,
        ),
        (
            "PUT",
            "/members",
            json!({ "action": "ban", "participants": [] }),
            "Invalid action. Must be one of: add, remove, promote, demote",
        ),
        (
            "PUT",
            "/members",
            json!({ "action": "add", "participants": [] }),
            "Participants array cannot be empty",
        ),
        (
            "PUT",
            "/members",
            json!({ "action": "add", "participants": people(1024) }),
            "participants: at most 1023 people",
        ),
        (
            "PUT",
            "/members",
            json!({ "action": "add", "participants": [GROUP] }),
            "participants[0]: must be a person, not a group",
        ),
        ("PUT", "/picture", json!({}), "file is required"),
        ("POST", accept, json!({}), "inviteCode is required"),
        (
            "POST",
            accept,
            json!({ "inviteCode": 5 }),
            "inviteCode is required",
        ),
        (
            "POST",
            accept,
            json!({ "inviteCode": "x".repeat(257) }),
            "inviteCode: at most 256 bytes",
        ),
    ] {
        let host = FakeHost::default();
        let (status, answer) = call(&host, method, path, GROUP, Some(&body));
        assert_eq!(
            (status, answer["error"].as_str().unwrap()),
            (400, text),
            "{method} {path} {body}"
        );
        assert_eq!((host.calls().len(), &answer["status"]), (0, &json!(false)));
    }
    for jid in ["12025550101", ANN, "x@g.us", "status@broadcast"] {
        for (method, path) in [
            ("GET", ""),
            ("GET", "/invite"),
            ("DELETE", "/picture"),
            ("POST", "/leave"),
        ] {
            let (status, answer) = call(&FakeHost::default(), method, path, jid, None);
            assert_eq!(
                (status, &answer["error"]),
                (
                    400,
                    &json!("jid: must be the JID of a group, which ends in @g.us")
                )
            );
        }
    }
}

#[test]
fn who_is_no_admin_reads_what_for() {
    for (method, path, name, body, deed) in [
        (
            "PUT",
            "/subject",
            "group_set_subject",
            json!({ "subject": "x" }),
            "update group subject",
        ),
        (
            "PUT",
            "/description",
            "group_set_description",
            json!({}),
            "update group description",
        ),
        (
            "PUT",
            "/settings",
            "group_set",
            json!({ "setting": "locked" }),
            "update group settings",
        ),
        (
            "PUT",
            "/ephemeral",
            "group_set",
            json!({ "expiration": 0 }),
            "toggle ephemeral messages",
        ),
        (
            "PUT",
            "/members",
            "group_members",
            json!({ "action": "add", "participants": [ANN] }),
            "update group members",
        ),
        (
            "DELETE",
            "/picture",
            "group_set_picture",
            json!({}),
            "remove group picture",
        ),
        (
            "GET",
            "/invite",
            "group_invite_code",
            json!({}),
            "fetch invite code",
        ),
        (
            "PUT",
            "/invite",
            "group_invite_code",
            json!({}),
            "revoke invite code",
        ),
    ] {
        let host = FakeHost::default();
        host.refuse(
            name,
            HostError::Conflict("Bot must be admin of this group".to_owned()),
        );
        let (status, answer) = call(&host, method, path, GROUP, Some(&body));
        assert_eq!(
            (status, answer["error"].clone()),
            (403, json!(format!("Bot must be admin to {deed}")))
        );
        host.refuse(name, HostError::unavailable("Session not ready"));
        let (status, answer) = call(&host, method, path, GROUP, Some(&body));
        assert_eq!((status, &answer["error"]), (503, &json!("Session not ready")));
    }
    let host = FakeHost::default();
    host.refuse(
        "group_accept_invite",
        HostError::NotFound("no such invite".to_owned()),
    );
    let body = json!({ "inviteCode": "AbCdEfGh" });
    let (status, answer) = call(
        &host,
        "POST",
        "/api/groups/{sessionId}/invite/accept",
        GROUP,
        Some(&body),
    );
    assert_eq!(
        (status, &answer["error"]),
        (400, &json!("Invalid or expired invite code"))
    );
}
