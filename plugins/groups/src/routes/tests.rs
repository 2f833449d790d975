//! The routes over a host in memory.

mod refused;

use serde_json::{Value, json};
use wagate_plugin_api::groups::{Group, Participant};
use wagate_plugin_api::testing::{FakeHost, SESSION_ID, request};
use wagate_plugin_api::{Body, Host as _, HostError, Plugin as _};

use crate::Groups;

const GROUP: &str = "120363000000000005@g.us";
const ANN: &str = "12025550101@s.whatsapp.net";
const ONE: &str = "/api/groups/{sessionId}/{jid}";

fn group(subject: &str) -> Group {
    let participant = |jid: &str, alt: Option<&str>, admin: Option<&str>| Participant {
        jid: jid.to_owned(),
        alt: alt.map(str::to_owned),
        admin: admin.map(str::to_owned),
        ext: Vec::new(),
    };
    Group {
        jid: GROUP.to_owned(),
        subject: subject.to_owned(),
        description: None,
        owner: Some(ANN.to_owned()),
        created_at_ms: Some(1_760_000_000_500),
        announce: true,
        restrict: false,
        ephemeral_seconds: 86_400,
        join_approval: false,
        is_community: false,
        linked_parent: None,
        participants: vec![
            participant(ANN, Some("100000000000001@lid"), Some("superadmin")),
            participant("100000000000002@lid", None, None),
        ],
        ext: [
            ("id", "row-1"),
            ("size", "2"),
            ("createdAt", "0"),
            ("json", r#"{"descId":"D1","memberAddMode":true}"#),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec(),
    }
}

/// Status and body of what comes back.
fn call(host: &FakeHost, method: &str, path: &str, jid: &str, body: Option<&Value>) -> (u16, Value) {
    let mut request = request(method, &below(path), &[("sessionId", "shop"), ("jid", jid)], body);
    if body.is_some_and(|body| body.get("files").is_some()) {
        request.headers.push(("x-wagate-form".to_owned(), "1".to_owned()));
    }
    let answer = Groups
        .handle_http(host, &request)
        .unwrap_or_else(|error| error.to_response());
    let Body::Text(text) = answer.body else {
        panic!("no text")
    };
    (answer.status, serde_json::from_str(&text).unwrap())
}

#[test]
fn a_group_is_told_with_every_field_of_both_documents() {
    let mut host = FakeHost::default();
    host.groups = vec![group("b"), group("A")];
    host.pictures = vec![(GROUP.to_owned(), "https://example.com/p.jpg".to_owned())];
    let (status, list) = call(&host, "GET", "/api/groups/{sessionId}", GROUP, None);
    assert_eq!(
        (status, &list[0]["subject"], &list[1]["subject"]),
        (200, &json!("A"), &json!("b"))
    );
    let line = &list[0];
    for (field, value) in [
        ("id", json!(GROUP)),
        ("jid", json!(GROUP)),
        ("sessionId", json!(SESSION_ID)),
        ("rowId", json!("row-1")),
        ("desc", json!("")),
        ("description", json!(null)),
        ("owner", json!(ANN)),
        ("ownerJid", json!(ANN)),
        ("size", json!(2)),
        ("isCommunity", json!(false)),
        ("linkedParentJid", json!("")),
        ("announce", json!(true)),
        ("restrict", json!(false)),
        ("inviteCode", json!(null)),
        ("createdAt", json!("1970-01-01T00:00:00.000Z")),
    ] {
        assert_eq!(line[field], value, "{field}");
    }
    let people = json!([
        { "id": ANN, "lid": "100000000000001@lid", "phoneNumber": ANN, "admin": "superadmin" },
        { "id": "100000000000002@lid", "lid": "100000000000002@lid", "phoneNumber": null, "admin": null },
    ]);
    assert_eq!(line["participants"], people);

    let (status, one) = call(&host, "GET", "", GROUP, None);
    assert_eq!((status, &one["participants"]), (200, &people));
    for (field, value) in [
        ("id", json!(GROUP)),
        ("subject", json!("b")),
        ("subjectOwner", json!(ANN)),
        ("subjectTime", json!(1_760_000_000)),
        ("desc", json!("")),
        ("descOwner", json!("")),
        ("descId", json!("D1")),
        ("owner", json!(ANN)),
        ("creation", json!(1_760_000_000)),
        ("ephemeralDuration", json!(86_400)),
        ("isCommunityAnnounce", json!(false)),
        ("linkedParent", json!(null)),
        ("memberAddMode", json!(true)),
        ("pictureUrl", json!("https://example.com/p.jpg")),
    ] {
        assert_eq!(one[field], value, "{field}");
    }
    assert!(one.get("status").is_none(), "bare");
    host.refuse(
        "contact_picture_url",
        HostError::Timeout("the picture".to_owned()),
    );
    assert_eq!(call(&host, "GET", "", GROUP, None).1["pictureUrl"], json!(null));
    host.refuse("group", HostError::NotFound("no such group".to_owned()));
    let (status, refused) = call(&host, "GET", "", GROUP, None);
    assert_eq!(status, 404);
    assert_eq!(
        refused["error"],
        "Failed to fetch group metadata. Ensure the bot is in the group."
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn every_change_leads_to_its_call() {
    let create = "/api/groups/{sessionId}/create";
    let accept = "/api/groups/{sessionId}/invite/accept";
    let link = "https://chat.whatsapp.com/";
    let cases = [
        (
            "POST",
            create,
            json!({ "subject": " Team ", "participants": [ANN, "100000000000009@lid", ANN] }),
            format!(r#"group_create("Team", ["{ANN}", "100000000000009@lid"])"#),
            json!({ "status": true, "success": true, "message": "Operation successful" }),
        ),
        (
            "PUT",
            "/subject",
            json!({ "subject": "New" }),
            format!(r#"group_set_subject("{GROUP}", "New")"#),
            json!({ "success": true, "message": "Group subject updated successfully", "subject": "New" }),
        ),
        (
            "PUT",
            "/api/groups/{jid}/subject",
            json!({ "sessionId": "shop", "subject": "x".repeat(100) }),
            format!(r#"group_set_subject("{GROUP}", "{}")"#, "x".repeat(100)),
            json!({ "success": true, "message": "Group subject updated successfully" }),
        ),
        (
            "PUT",
            "/description",
            json!({ "description": "é".repeat(512) }),
            format!(r#"group_set_description("{GROUP}", Some("{}"))"#, "é".repeat(512)),
            json!({ "success": true, "message": "Group description updated successfully" }),
        ),
        (
            "PUT",
            "/description",
            json!({}),
            format!(r#"group_set_description("{GROUP}", None)"#),
            json!({ "success": true, "message": "Group description removed", "description": null }),
        ),
        (
            "PUT",
            "/settings",
            json!({ "setting": "locked", "value": false }),
            format!(r#"group_set("{GROUP}", Setting::Restrict(true))"#),
            json!({ "success": true, "message": "Group setting 'locked' updated successfully", "setting": "locked" }),
        ),
        (
            "PUT",
            "/settings",
            json!({ "announce": "false" }),
            format!(r#"group_set("{GROUP}", Setting::Announce(false))"#),
            json!({ "success": true, "setting": "not_announcement" }),
        ),
        (
            "PUT",
            "/settings",
            json!({ "joinApproval": true }),
            format!(r#"group_set("{GROUP}", Setting::JoinApproval(true))"#),
            json!({ "success": true, "setting": "join_approval" }),
        ),
        (
            "PUT",
            "/ephemeral",
            json!({ "expiration": 604_800 }),
            format!(r#"group_set("{GROUP}", Setting::EphemeralSeconds(604800))"#),
            json!({ "message": "Disappearing messages enabled", "expiration": 604_800, "expirationLabel": "7 days" }),
        ),
        (
            "PUT",
            "/ephemeral",
            json!({ "expiration": 0 }),
            format!(r#"group_set("{GROUP}", Setting::EphemeralSeconds(0))"#),
            json!({ "message": "Disappearing messages disabled", "expiration": 0, "expirationLabel": "off" }),
        ),
        (
            "DELETE",
            "/picture",
            json!({}),
            format!(r#"group_set_picture("{GROUP}", None)"#),
            json!({ "status": true, "message": "Group picture removed successfully" }),
        ),
        (
            "PUT",
            "/members",
            json!({ "action": "promote", "participants": ["+1 202 555 0101"] }),
            format!(r#"group_members("{GROUP}", MemberAction::Promote, ["{ANN}"])"#),
            json!({ "success": true, "message": "Successfully promoted participants", "result": [{
                "status": "200", "jid": ANN, "text": "promoted",
                "content": { "tag": "participant", "attrs": { "jid": ANN } },
            }] }),
        ),
        (
            "GET",
            "/invite",
            json!({}),
            format!(r#"group_invite_code("{GROUP}", false)"#),
            json!({ "success": true, "inviteCode": "CODE", "inviteUrl": format!("{link}CODE") }),
        ),
        (
            "PUT",
            "/invite",
            json!({}),
            format!(r#"group_invite_code("{GROUP}", true)"#),
            json!({
                "success": true, "message": "Invite code revoked successfully", "newInviteCode": "NEWCODE",
                "inviteUrl": format!("{link}NEWCODE"),
            }),
        ),
        (
            "POST",
            accept,
            json!({ "inviteCode": "AbCdEfGh" }),
            r#"group_accept_invite("AbCdEfGh")"#.to_owned(),
            json!({ "success": true, "groupJid": GROUP, "data": { "groupJid": GROUP } }),
        ),
        (
            "POST",
            accept,
            json!({ "code": "AbCdEfGh" }),
            r#"group_accept_invite("AbCdEfGh")"#.to_owned(),
            json!({ "message": "Group invite accepted successfully" }),
        ),
        (
            "POST",
            "/leave",
            json!({}),
            format!(r#"group_leave("{GROUP}")"#),
            json!({ "status": true, "message": "Successfully left the group" }),
        ),
        (
            "POST",
            "/api/groups/{jid}/leave",
            json!({ "sessionId": "shop" }),
            format!(r#"group_leave("{GROUP}")"#),
            json!({ "success": true, "message": "Successfully left the group" }),
        ),
    ];
    for (method, path, body, called, said) in cases {
        let mut host = FakeHost::default();
        host.groups = vec![group("Team")];
        let (status, answer) = call(&host, method, path, GROUP, Some(&body));
        assert_eq!((status, host.calls()), (200, vec![called]), "{answer}");
        for (field, value) in said.as_object().unwrap() {
            assert_eq!(answer[field], *value, "{method} {path} {field}");
        }
        if path == create {
            assert_eq!(
                (&answer["group"]["subject"], &answer["data"]["group"]["size"]),
                (&json!("Team"), &json!(2))
            );
        }
    }
}

/// A short path stands below that of a group.
fn below(path: &str) -> String {
    if path.starts_with("/api/") {
        path.to_owned()
    } else {
        format!("{ONE}{path}")
    }
}

#[test]
fn a_picture_comes_as_a_file_or_by_its_address() {
    let host = FakeHost::default();
    let handle = host.media_put(b"jpeg", "image/jpeg", None).unwrap().handle;
    host.will_download("https://example.com/a.png", "image/png", b"jpeg");
    let file = json!({ "handle": handle, "mimeType": "image/jpeg", "bytes": 4, "sha256": "00" });
    let path = "/picture";
    for body in [
        json!({ "fields": {}, "files": { "file": file } }),
        json!({ "url": "https://example.com/a.png" }),
    ] {
        let (status, answer) = call(&host, "PUT", path, GROUP, Some(&body));
        assert_eq!(
            (status, &answer["message"]),
            (200, &json!("Group picture updated successfully"))
        );
        let last = host.calls().pop().unwrap();
        assert_eq!(
            last,
            format!("group_set_picture(\"{GROUP}\", Some({:?}))", b"jpeg".as_slice())
        );
    }
    assert_eq!(host.handles(), [""; 0]);
}
