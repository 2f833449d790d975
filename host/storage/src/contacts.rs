//! People. One person is one row, under a phone number, a LID or both; two rows that turn out to be one person become one.

use std::sync::Arc;

use async_trait::async_trait;

use crate::StorageError;
use crate::events::NewEvent;

/// A person or a group, as a message teaches it.
#[derive(Debug, Clone, Default)]
pub struct ContactSighting {
    /// Phone JID, when known.
    pub pn: Option<String>,
    /// LID, when known.
    pub lid: Option<String>,
    /// Push name, when known.
    pub push_name: Option<String>,
    /// A business account's certified name, when known.
    pub verified_name: Option<String>,
}

/// A person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactRow {
    /// Row id.
    pub id: i64,
    /// Phone JID, when known.
    pub pn: Option<String>,
    /// LID, when known.
    pub lid: Option<String>,
    /// As the account's owner saved it.
    pub name: Option<String>,
    /// The first name the owner saved.
    pub first_name: Option<String>,
    /// The name the person gave themselves.
    pub push_name: Option<String>,
    /// A business account's certified name.
    pub verified_name: Option<String>,
    /// What the person says about themselves.
    pub about: Option<String>,
    /// Of the profile picture.
    pub picture_id: Option<String>,
    /// Where the profile picture was last found.
    pub picture_url: Option<String>,
    /// First seen, ms.
    pub created_at: i64,
    /// Last changed, ms.
    pub updated_at: i64,
}

impl ContactRow {
    /// The canonical address: the phone JID when known, else the LID.
    pub fn jid(&self) -> &str {
        self.pn.as_deref().or(self.lid.as_deref()).unwrap_or_default()
    }

    /// The other address, when both are known.
    pub fn alt(&self) -> Option<&str> {
        self.pn.as_ref().and(self.lid.as_deref())
    }

    /// The best name: as saved, else certified, else as the person calls themselves.
    pub fn best_name(&self) -> Option<&str> {
        [&self.name, &self.verified_name, &self.push_name]
            .into_iter()
            .find_map(|name| name.as_deref().filter(|name| !name.is_empty()))
    }
}

/// What is learned about one column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Learned {
    /// Nothing: it stays.
    #[default]
    Nothing,
    /// That there is none.
    Gone,
    /// This.
    Text(String),
}

impl Learned {
    /// `None` teaches nothing.
    pub fn maybe(text: Option<String>) -> Self {
        text.filter(|text| !text.is_empty())
            .map_or(Self::Nothing, Self::Text)
    }
}

/// What is learned about a person who is known by at least one address.
#[derive(Debug, Clone, Default)]
pub struct ContactPatch {
    /// Phone JID, when known.
    pub pn: Option<String>,
    /// LID, when known.
    pub lid: Option<String>,
    /// The saved name.
    pub name: Learned,
    /// The saved first name.
    pub first_name: Learned,
    /// The name they give themselves.
    pub push_name: Learned,
    /// The certified name.
    pub verified_name: Learned,
    /// What they say about themselves.
    pub about: Learned,
    /// Of the picture; a new one makes the known URL stale.
    pub picture_id: Learned,
    /// Where the picture is.
    pub picture_url: Learned,
    /// Nothing is written down of a person nobody has heard of so far.
    pub only_known: bool,
    /// Said by an old source (history): fills what is empty, replaces nothing.
    pub is_hearsay: bool,
}

impl From<ContactSighting> for ContactPatch {
    fn from(seen: ContactSighting) -> Self {
        Self {
            pn: seen.pn,
            lid: seen.lid,
            push_name: Learned::maybe(seen.push_name),
            verified_name: Learned::maybe(seen.verified_name),
            ..Self::default()
        }
    }
}

/// A person who became better known.
#[derive(Debug, Clone)]
pub struct ContactChange {
    /// As before; none for a new person.
    pub before: Option<ContactRow>,
    /// As now.
    pub after: ContactRow,
    /// The LID under which rows were kept that now stand under the phone JID.
    pub merged_from: Option<String>,
}

/// Makes the event of a person who became better known.
#[derive(Clone)]
pub struct TellContact(pub Arc<dyn Fn(&ContactChange) -> Option<NewEvent> + Send + Sync>);

impl TellContact {
    /// Tells nothing.
    pub fn nothing() -> Self {
        Self(Arc::new(|_| None))
    }
}

impl std::fmt::Debug for TellContact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TellContact")
    }
}

/// Which people to list.
#[derive(Debug, Clone, Default)]
pub struct ContactQuery {
    /// Found in a name or a number, whatever the case of ASCII letters; none or empty: all.
    pub search: Option<String>,
    /// How many to pass over.
    pub offset: i64,
    /// How many at most.
    pub limit: i64,
}

/// The `contacts` table.
#[async_trait]
pub trait Contacts: Send + Sync {
    /// Writes down what was learned and appends the events that tell it, in one transaction. A patch without an address
    /// is left out. Returns how many people changed.
    async fn learn_contacts(
        &self,
        session_id: &str,
        patches: Vec<ContactPatch>,
        at: i64,
        tell: TellContact,
    ) -> Result<u64, StorageError>;
    /// The person with this address, phone JID or LID.
    async fn contact(&self, session_id: &str, jid: &str) -> Result<Option<ContactRow>, StorageError>;
    /// People by name.
    async fn contacts(&self, session_id: &str, query: &ContactQuery)
    -> Result<Vec<ContactRow>, StorageError>;
    /// How many people a query finds, `offset` and `limit` left aside.
    async fn count_contacts(&self, session_id: &str, query: &ContactQuery) -> Result<i64, StorageError>;
    /// The canonical address of a person known under `jid`: the phone JID where the mapping is known.
    async fn canonical_jid(&self, session_id: &str, jid: &str) -> Result<Option<String>, StorageError>;
    /// The other address of a person known under `jid`.
    async fn other_jid(&self, session_id: &str, jid: &str) -> Result<Option<String>, StorageError>;
}
