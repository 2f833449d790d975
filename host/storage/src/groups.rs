//! Groups: their metadata as last heard of.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::StorageError;
use crate::events::NewEvent;

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Canonical: the phone JID when known, else the LID.
    pub jid: String,
    /// The other address, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// `admin` or `superadmin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin: Option<String>,
}

impl Participant {
    /// Whether this is the person with one of these addresses.
    pub fn is_one_of(&self, addresses: &[String]) -> bool {
        addresses
            .iter()
            .any(|address| *address == self.jid || Some(address) == self.alt.as_ref())
    }
}

/// A group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupRow {
    /// Row id.
    pub id: String,
    /// Its JID.
    pub jid: String,
    /// Its name.
    pub subject: String,
    /// Who named it, canonical.
    pub subject_owner: Option<String>,
    /// When it was named, ms.
    pub subject_at: Option<i64>,
    /// Its description.
    pub description: Option<String>,
    /// Of the description.
    pub description_id: Option<String>,
    /// Who described it, canonical.
    pub description_owner: Option<String>,
    /// When it was described, ms.
    pub description_at: Option<i64>,
    /// Who made it, canonical.
    pub owner: Option<String>,
    /// When it was made, ms.
    pub created: Option<i64>,
    /// Only admins write.
    pub announce: bool,
    /// Only admins change the group's information.
    pub restricted: bool,
    /// Disappearing messages, seconds; 0: they stay.
    pub ephemeral_seconds: i64,
    /// An admin has to let people in.
    pub join_approval: bool,
    /// Everybody may add members, not only admins.
    pub member_add: bool,
    /// A community's parent.
    pub is_community: bool,
    /// A community's announcement group.
    pub is_announcement: bool,
    /// The community it belongs to.
    pub linked_parent: Option<String>,
    /// Suspended by WhatsApp.
    pub suspended: bool,
    /// `pn` or `lid`: by what its members are addressed.
    pub addressing: String,
    /// The code of its invite link, when known.
    pub invite_code: Option<String>,
    /// Of its picture.
    pub picture_id: Option<String>,
    /// Where its picture was last found.
    pub picture_url: Option<String>,
    /// Its members.
    pub participants: Vec<Participant>,
    /// How many members WhatsApp counts.
    pub size: i64,
    /// The account is a member.
    pub participating: bool,
    /// First seen, ms.
    pub created_at: i64,
    /// Last changed, ms.
    pub updated_at: i64,
}

/// Changes a group; says whether anything is different.
pub type GroupEdit = Box<dyn FnOnce(&mut GroupRow) -> bool + Send>;

/// The `groups` table.
#[async_trait]
pub trait Groups: Send + Sync {
    /// Writes groups down as WhatsApp described them just now. What only we know (row id, invite code, picture) stays.
    async fn put_groups(&self, session_id: &str, groups: Vec<GroupRow>, now: i64)
    -> Result<(), StorageError>;
    /// The account is in these groups and has left all others.
    async fn leave_other_groups(
        &self,
        session_id: &str,
        jids: Vec<String>,
        now: i64,
    ) -> Result<(), StorageError>;
    /// Changes a group that is known (else `edit` is not called), and appends the events in any case. Says whether the
    /// group is known.
    async fn change_group(
        &self,
        session_id: &str,
        jid: &str,
        edit: GroupEdit,
        events: Vec<NewEvent>,
        now: i64,
    ) -> Result<bool, StorageError>;
    /// One group.
    async fn group(&self, session_id: &str, jid: &str) -> Result<Option<GroupRow>, StorageError>;
    /// The groups the account is in, by name.
    async fn groups(&self, session_id: &str) -> Result<Vec<GroupRow>, StorageError>;
}
