//! A group as others see it, and once more as the JSON that REST clients know.

use serde_json::json;
use wagate_storage::groups::{GroupRow, Participant};

/// A group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    /// Its JID.
    pub jid: String,
    /// Row id, when it is stored.
    pub id: Option<String>,
    /// What it is called.
    pub subject: String,
    /// What it is about.
    pub description: Option<String>,
    /// Who made it, canonical.
    pub owner: Option<String>,
    /// When it was made, ms.
    pub made_at_ms: Option<i64>,
    /// Only admins write.
    pub announce: bool,
    /// Only admins change its information.
    pub restrict: bool,
    /// Messages disappear after so many seconds; 0: they stay.
    pub ephemeral_seconds: u32,
    /// An admin has to approve who joins.
    pub join_approval: bool,
    /// It is a community, made of groups.
    pub is_community: bool,
    /// The community it belongs to.
    pub linked_parent: Option<String>,
    /// Who is in it.
    pub members: Vec<Member>,
    /// How many the server counts.
    pub size: i64,
    /// First stored, ms.
    pub created_at_ms: i64,
    /// Last changed, ms.
    pub updated_at_ms: i64,
    /// All of it as the JSON REST clients know.
    pub json: String,
}

/// Somebody in a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// Canonical.
    pub jid: String,
    /// The other address, when it is known.
    pub alt: Option<String>,
    /// `admin`, `superadmin`, or none.
    pub admin: Option<String>,
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        let json = json_of(&row).to_string();
        Self {
            jid: row.jid,
            id: Some(row.id).filter(|id| !id.is_empty()),
            subject: row.subject,
            description: row.description.filter(|text| !text.is_empty()),
            owner: row.owner,
            made_at_ms: row.created,
            announce: row.announce,
            restrict: row.restricted,
            ephemeral_seconds: u32::try_from(row.ephemeral_seconds).unwrap_or(0),
            join_approval: row.join_approval,
            is_community: row.is_community,
            linked_parent: row.linked_parent,
            members: row.participants.into_iter().map(member).collect(),
            size: row.size,
            created_at_ms: row.created_at,
            updated_at_ms: row.updated_at,
            json,
        }
    }
}

fn member(participant: Participant) -> Member {
    Member {
        jid: participant.jid,
        alt: participant.alt,
        admin: participant.admin,
    }
}

/// The names Baileys gives to a group's metadata; times in seconds.
fn json_of(row: &GroupRow) -> serde_json::Value {
    let seconds = |ms: Option<i64>| ms.map(|ms| ms / 1000);
    let participants = row
        .participants
        .iter()
        .map(|person| json!({ "id": person.jid, "lid": person.alt, "admin": person.admin }));
    json!({
        "id": row.jid,
        "addressingMode": row.addressing,
        "subject": row.subject,
        "subjectOwner": row.subject_owner,
        "subjectTime": seconds(row.subject_at),
        "size": row.size,
        "creation": seconds(row.created),
        "owner": row.owner,
        "desc": row.description,
        "descId": row.description_id,
        "descOwner": row.description_owner,
        "descTime": seconds(row.description_at),
        "restrict": row.restricted,
        "announce": row.announce,
        "isCommunity": row.is_community,
        "isCommunityAnnounce": row.is_announcement,
        "joinApprovalMode": row.join_approval,
        "memberAddMode": row.member_add,
        "linkedParent": row.linked_parent,
        "linkedParentJid": row.linked_parent,
        "ephemeralDuration": row.ephemeral_seconds,
        "inviteCode": row.invite_code,
        "participants": participants.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_shown_in_both_ways() {
        let row = GroupRow {
            id: "row".to_owned(),
            jid: "1@g.us".to_owned(),
            subject: "Team".to_owned(),
            description: Some(String::new()),
            created: Some(5_000),
            restricted: true,
            ephemeral_seconds: 86_400,
            participants: vec![Participant {
                jid: "12025550102@s.whatsapp.net".to_owned(),
                alt: Some("100000000000002@lid".to_owned()),
                admin: Some("admin".to_owned()),
            }],
            size: 1,
            ..GroupRow::default()
        };
        let group = Group::from(row);
        assert_eq!(
            (group.description, group.restrict, group.ephemeral_seconds),
            (None, true, 86_400)
        );
        let json: serde_json::Value = serde_json::from_str(&group.json).unwrap();
        assert_eq!((&json["id"], &json["creation"]), (&json!("1@g.us"), &json!(5)));
        assert_eq!(json["participants"][0]["lid"], "100000000000002@lid");
    }
}
