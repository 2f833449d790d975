//! A group as clients read it: the names Baileys gives to a group's metadata, and beside them those of the contract's rows.

use serde_json::{Map, Value, json};
use wagate_plugin_api::groups::{Group, Participant};
use wagate_plugin_api::{ext, iso8601, jid};

/// The metadata. What the contract's document calls a string is one: empty when there is none.
pub(crate) fn of(group: &Group) -> Map<String, Value> {
    let known = ext(&group.ext, "json").and_then(|text| serde_json::from_str(text).ok());
    let mut fields: Map<String, Value> = known.unwrap_or_default();
    let owner = group.owner.clone().unwrap_or_default();
    let made = group.created_at_ms.map(|ms| ms.div_euclid(1000));
    // Who made a group has given it its first subject.
    fill(&mut fields, "subjectOwner", Value::is_string, json!(owner));
    fill(
        &mut fields,
        "subjectTime",
        Value::is_number,
        json!(made.unwrap_or_default()),
    );
    fill(&mut fields, "descOwner", Value::is_string, json!(""));
    fill(&mut fields, "descId", Value::is_string, json!(""));
    fill(
        &mut fields,
        "isCommunityAnnounce",
        Value::is_boolean,
        json!(false),
    );
    let size = ext(&group.ext, "size").and_then(|text| text.parse().ok());
    let participants: Vec<Value> = group.participants.iter().map(participant).collect();
    let said = [
        ("id", json!(group.jid)),
        ("subject", json!(group.subject)),
        ("desc", json!(group.description.clone().unwrap_or_default())),
        ("owner", json!(owner)),
        ("creation", json!(made)),
        ("size", json!(size.unwrap_or(participants.len()))),
        ("restrict", json!(group.restrict)),
        ("announce", json!(group.announce)),
        ("joinApprovalMode", json!(group.join_approval)),
        ("ephemeralDuration", json!(group.ephemeral_seconds)),
        ("isCommunity", json!(group.is_community)),
        ("linkedParent", json!(group.linked_parent)),
        (
            "linkedParentJid",
            json!(group.linked_parent.clone().unwrap_or_default()),
        ),
        ("participants", Value::Array(participants)),
    ];
    fields.extend(said.map(|(name, value)| (name.to_owned(), value)));
    fields
}

/// A line of the list: the metadata, and what the contract's rows have besides.
pub(crate) fn row(group: &Group, session_id: &str) -> Map<String, Value> {
    let mut fields = of(group);
    let moment = |key: &str| {
        ext(&group.ext, key)
            .and_then(|text| text.parse().ok())
            .map(iso8601)
    };
    let more = [
        ("jid", json!(group.jid)),
        ("sessionId", json!(session_id)),
        ("rowId", json!(ext(&group.ext, "id"))),
        ("description", json!(group.description)),
        ("ownerJid", json!(group.owner)),
        ("createdAt", json!(moment("createdAt"))),
        ("updatedAt", json!(moment("updatedAt"))),
    ];
    fields.extend(more.map(|(name, value)| (name.to_owned(), value)));
    fill(&mut fields, "inviteCode", Value::is_string, Value::Null);
    fields
}

/// `admin` is null for those who are none: clients ask whether it is.
fn participant(person: &Participant) -> Value {
    let addresses = [Some(person.jid.as_str()), person.alt.as_deref()];
    let find = |is: fn(&str) -> bool| addresses.into_iter().flatten().find(|address| is(address));
    json!({
        "id": person.jid,
        "lid": find(jid::is_lid),
        "phoneNumber": find(|address| address.ends_with("@s.whatsapp.net")),
        "admin": person.admin,
    })
}

fn fill(fields: &mut Map<String, Value>, name: &str, fits: impl Fn(&Value) -> bool, otherwise: Value) {
    if !fields.get(name).is_some_and(fits) {
        fields.insert(name.to_owned(), otherwise);
    }
}
