//! What an account shows of itself, and to whom.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::accounts::{Account, AccountId, Namespace};
use crate::state::State;

/// What a phone says of itself before anybody has written anything.
const FIRST_ABOUT: &str = "Available";
/// The longest about text, in characters.
pub(crate) const LONGEST_ABOUT: usize = 139;

/// The privacy settings there are, what each may be, and what each is at first.
const CATEGORIES: [(&str, &[&str]); 9] = [
    ("last", &["all", "contacts", "contact_blacklist", "none"]),
    ("online", &["all", "match_last_seen"]),
    ("profile", &["all", "contacts", "contact_blacklist", "none"]),
    ("status", &["all", "contacts", "contact_blacklist", "none"]),
    ("groupadd", &["all", "contacts", "contact_blacklist", "none"]),
    ("readreceipts", &["all", "none"]),
    ("calladd", &["all", "known", "contacts"]),
    ("messages", &["all", "contacts"]),
    ("defense", &["off", "on_standard"]),
];

/// What another account may ask about or do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aspect {
    LastSeen,
    Online,
    Picture,
    About,
    GroupAdd,
}

impl Aspect {
    fn category(self) -> &'static str {
        match self {
            Self::LastSeen => "last",
            Self::Online => "online",
            Self::Picture => "profile",
            Self::About => "status",
            Self::GroupAdd => "groupadd",
        }
    }
}

/// Why a privacy setting was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    Unknown,
    /// The list was changed by another device.
    Conflict,
}

/// Privacy settings.
#[derive(Debug, Clone)]
pub(crate) struct Privacy {
    values: BTreeMap<&'static str, &'static str>,
    /// Whom a setting of `contact_blacklist` leaves out.
    except: HashMap<&'static str, BTreeSet<AccountId>>,
}

impl Default for Privacy {
    fn default() -> Self {
        let first = CATEGORIES
            .iter()
            .filter_map(|(category, values)| Some((*category, *values.first()?)));
        Self {
            values: first.collect(),
            except: HashMap::new(),
        }
    }
}

impl Privacy {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        CATEGORIES
            .iter()
            .filter_map(|(category, _)| Some((*category, *self.values.get(category)?)))
    }

    pub(crate) fn get(&self, category: &str) -> Option<&'static str> {
        self.values.get(category).copied()
    }

    pub(crate) fn set(&mut self, category: &str, value: &str) -> Result<(), Refused> {
        let (category, values) = known(category)?;
        let value = values
            .iter()
            .copied()
            .find(|known| *known == value)
            .ok_or(Refused::Unknown)?;
        self.values.insert(category, value);
        Ok(())
    }

    /// Changes whom a category leaves out; `hash` is that of the list the change was made on.
    pub(crate) fn except(
        &mut self,
        category: &str,
        hash: &str,
        change: impl IntoIterator<Item = (AccountId, bool)>,
    ) -> Result<String, Refused> {
        let (category, _) = known(category)?;
        let list = self.except.entry(category).or_default();
        if !list.is_empty() && list_hash(list.iter()) != hash {
            return Err(Refused::Conflict);
        }
        for (account, add) in change {
            if add {
                list.insert(account);
            } else {
                list.remove(&account);
            }
        }
        Ok(list_hash(list.iter()))
    }
}

fn known(category: &str) -> Result<(&'static str, &'static [&'static str]), Refused> {
    CATEGORIES
        .iter()
        .find(|(known, _)| *known == category)
        .copied()
        .ok_or(Refused::Unknown)
}

/// The hash a list of accounts is known by.
pub(crate) fn list_hash<'a>(accounts: impl Iterator<Item = &'a AccountId>) -> String {
    let mut hash = Sha256::new();
    for account in accounts {
        hash.update(account.number().to_be_bytes());
    }
    let hash = hash.finalize();
    format!(
        "2:{}",
        BASE64_STANDARD_NO_PAD.encode(hash.get(..6).unwrap_or_default())
    )
}

/// A text about oneself.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub(crate) text: String,
    pub(crate) at: u64,
}

/// When a business is open on one day.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Hours {
    /// `sun`, `mon` ...
    pub(crate) day: String,
    /// `open_24h`, `specific_hours` or `appointment_only`.
    pub(crate) mode: String,
    /// Minutes after midnight.
    pub(crate) open: Option<u32>,
    pub(crate) close: Option<u32>,
}

/// What makes a business of an account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Business {
    /// Its verified name.
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) address: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) websites: Vec<String>,
    pub(crate) categories: Vec<String>,
    pub(crate) timezone: Option<String>,
    pub(crate) hours: Vec<Hours>,
}

/// What an account shows, and what it has decided about others.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    pub(crate) about: About,
    /// Name of the picture in `pictures.rs`.
    pub(crate) picture: Option<String>,
    pub(crate) privacy: Privacy,
    /// Whom it has blocked, and when.
    pub(crate) blocked: BTreeMap<AccountId, u64>,
    pub(crate) business: Option<Business>,
    /// How long messages of new chats last, in seconds.
    pub(crate) timer: u32,
    pub(crate) timer_set: u64,
}

impl Profile {
    pub(crate) fn new(now: u64) -> Self {
        Self {
            about: About {
                text: FIRST_ABOUT.to_owned(),
                at: now,
            },
            picture: None,
            privacy: Privacy::default(),
            blocked: BTreeMap::new(),
            business: None,
            timer: 0,
            timer_set: now,
        }
    }

    pub(crate) fn blocks(&self, other: AccountId) -> bool {
        self.blocked.contains_key(&other)
    }

    /// The hash the blocklist is known by.
    pub(crate) fn blocklist_hash(&self) -> String {
        list_hash(self.blocked.keys())
    }
}

/// Whether an account lets another one see or do something. Nobody hides from themselves, and whoever is blocked sees
/// nothing. Contacts are those the account has exchanged messages with.
pub(crate) fn allows(state: &State, account: AccountId, other: AccountId, aspect: Aspect) -> bool {
    if account == other {
        return true;
    }
    let Some(entry) = state.accounts.get(account) else {
        return false;
    };
    if entry.profile.blocks(other) {
        return false;
    }
    let category = match (aspect, entry.profile.privacy.get("online")) {
        (Aspect::Online, Some("match_last_seen")) => Aspect::LastSeen.category(),
        _ => aspect.category(),
    };
    let contact = entry.contacts.contains(&other);
    match entry.profile.privacy.get(category) {
        Some("contacts") => contact,
        Some("contact_blacklist") => {
            contact
                && !entry
                    .profile
                    .privacy
                    .except
                    .get(category)
                    .is_some_and(|except| except.contains(&other))
        }
        Some("none") => false,
        _ => true,
    }
}

/// Whether a message, a call or typing of one account reaches another.
pub(crate) fn reaches(state: &State, from: AccountId, to: AccountId) -> bool {
    from == to
        || state
            .accounts
            .get(to)
            .is_none_or(|entry| !entry.profile.blocks(from))
}

/// Changes the name others see with what the account sends.
pub(crate) fn rename(account: &mut Account, name: &str) {
    if !name.is_empty() {
        name.clone_into(&mut account.phone.name);
    }
}

/// Everybody who has an account as a contact, and the account itself.
pub(crate) fn acquaintances(state: &State, account: AccountId) -> Vec<AccountId> {
    let contacts = state.accounts.get(account).map(|entry| &entry.contacts);
    std::iter::once(account)
        .chain(contacts.into_iter().flatten().copied())
        .collect()
}

/// An account's address in the way it is addressed itself.
pub(crate) fn own_jid(account: &Account) -> wacore_binary::Jid {
    match account.phone.addressing {
        Namespace::Pn => account.jid(Namespace::Pn, 0),
        Namespace::Lid => account.jid(Namespace::Lid, 0),
    }
}
