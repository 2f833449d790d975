//! Accounts: a phone number, a LID, the phone itself and the devices linked to it.

use std::collections::{BTreeMap, HashMap, HashSet};

use buffa::Message as _;
use wacore_binary::{Jid, Server};
use waproto::whatsapp::{ADVKeyIndexList, ADVSignedKeyIndexList};

use crate::app_state::AppState;
use crate::keys::DeviceKeys;
use crate::offline::Queue;
use crate::phone::{Phone, PhoneError};
use crate::profile::Profile;
use crate::{random, streams::ConnectionId};

/// What the account signs when it lists its devices.
const KEY_INDEX_PREFIX: [u8; 2] = [6, 2];

/// Position of an account; accounts are never removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct AccountId(usize);

impl AccountId {
    /// For hashes over lists of accounts.
    pub(crate) fn number(self) -> u64 {
        self.0 as u64
    }
}

/// One device of one account. Device 0 is the phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DeviceAddress {
    pub(crate) account: AccountId,
    pub(crate) device: u16,
}

impl DeviceAddress {
    pub(crate) fn is_phone(self) -> bool {
        self.device == 0
    }
}

/// The two ways an account is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    Pn,
    Lid,
}

impl Namespace {
    /// The namespace of an address; `None` for groups and everything else that is not a person.
    pub(crate) fn of(jid: &Jid) -> Option<Self> {
        match jid.server {
            Server::Pn | Server::Legacy => Some(Self::Pn),
            Server::Lid => Some(Self::Lid),
            _ => None,
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Pn => Self::Lid,
            Self::Lid => Self::Pn,
        }
    }

    /// The name used by the control API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pn => "pn",
            Self::Lid => "lid",
        }
    }
}

/// Where a linked device stands.
#[derive(Debug)]
pub(crate) struct Attachment {
    pub(crate) connection: ConnectionId,
    pub(crate) phase: Phase,
}

/// How far a connection is with the backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Logged in, not yet active: nothing is delivered.
    Held,
    /// The backlog was announced and is pulled page by page; `left` of `total` are still to be sent.
    Draining { left: usize, total: usize },
    /// Everything is delivered as it comes.
    Live,
}

/// How a device wants its phone's history; it says so when it is linked.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HistoryWish {
    /// All there is, not only what is recent.
    pub(crate) full: bool,
    /// The first file inside the message, when it is small.
    pub(crate) inline: bool,
}

/// A device linked to an account.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) key_index: u32,
    pub(crate) noise_key: [u8; 32],
    pub(crate) identity: [u8; 32],
    /// With the device's own signature: only then may others see the device.
    pub(crate) signed_identity: Option<Vec<u8>>,
    pub(crate) keys: Option<DeviceKeys>,
    pub(crate) has_app_state_key: bool,
    pub(crate) history: HistoryWish,
    pub(crate) queue: Queue,
    pub(crate) attachment: Option<Attachment>,
}

impl Device {
    /// Whether pairing is complete.
    pub(crate) fn is_linked(&self) -> bool {
        self.signed_identity.is_some()
    }
}

/// One account.
pub(crate) struct Account {
    pub(crate) number: String,
    pub(crate) lid: String,
    pub(crate) phone: Phone,
    pub(crate) devices: BTreeMap<u16, Device>,
    pub(crate) app_state: AppState,
    pub(crate) profile: Profile,
    /// Accounts it has exchanged messages with.
    pub(crate) contacts: HashSet<AccountId>,
    /// Changes only when the account's identity does; clients drop every session then.
    pub(crate) adv_id: u32,
    next_device: u16,
    next_key_index: u32,
}

impl Account {
    /// The account, or one of its devices, in a namespace.
    pub(crate) fn jid(&self, namespace: Namespace, device: u16) -> Jid {
        match namespace {
            Namespace::Pn => Jid::pn_device(self.number.as_str(), device),
            Namespace::Lid => Jid::lid_device(self.lid.as_str(), device),
        }
    }

    /// Numbers for the next device to be linked; never given twice.
    pub(crate) fn next_device(&mut self) -> (u16, u32) {
        let numbers = (self.next_device, self.next_key_index);
        self.next_device += 1;
        self.next_key_index += 1;
        numbers
    }

    /// Device numbers anyone may see, the phone first.
    pub(crate) fn visible_devices(&self) -> impl Iterator<Item = (u16, Option<u32>)> {
        let linked = self.devices.iter().filter(|(_, device)| device.is_linked());
        std::iter::once((0, None)).chain(linked.map(|(id, device)| (*id, Some(device.key_index))))
    }

    /// The account's signed statement which devices are valid. A device that is not in it is dropped by clients.
    pub(crate) fn signed_device_list(&self, t: u64) -> Result<Vec<u8>, PhoneError> {
        let valid: Vec<u32> = self.visible_devices().filter_map(|(_, index)| index).collect();
        let details = ADVKeyIndexList {
            raw_id: Some(self.adv_id),
            timestamp: Some(t),
            current_index: Some(self.next_key_index - 1),
            valid_indexes: valid,
            ..Default::default()
        }
        .encode_to_vec();
        let signature = self.phone.sign(&[&KEY_INDEX_PREFIX, &details])?;
        let signed = ADVSignedKeyIndexList {
            details: Some(details),
            account_signature: Some(signature.to_vec()),
            ..Default::default()
        };
        Ok(signed.encode_to_vec())
    }
}

/// All accounts, found by number or by LID.
#[derive(Default)]
pub(crate) struct Accounts {
    list: Vec<Account>,
    by_number: HashMap<String, AccountId>,
    by_lid: HashMap<String, AccountId>,
    /// Other ways to type a number, such as one without a digit that was added later.
    by_alias: HashMap<String, AccountId>,
}

impl Accounts {
    /// Adds an account; the caller has checked that the number is free.
    pub(crate) fn add(
        &mut self,
        number: &str,
        phone: Phone,
        app_state: AppState,
        profile: Profile,
    ) -> AccountId {
        let id = AccountId(self.list.len());
        let lid = self.free_lid(number);
        self.by_number.insert(number.to_owned(), id);
        self.by_lid.insert(lid.clone(), id);
        self.list.push(Account {
            number: number.to_owned(),
            lid,
            phone,
            devices: BTreeMap::new(),
            app_state,
            profile,
            contacts: HashSet::new(),
            adv_id: random::registration_id(),
            next_device: 1,
            next_key_index: 1,
        });
        id
    }

    /// Derived from the number, so that a network started anew gives the same phone the same LID.
    fn free_lid(&self, number: &str) -> String {
        const BASE: u64 = 100_000_000_000_000;
        let hash = number.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        let mut lid = BASE + hash % BASE;
        while self.by_lid.contains_key(&lid.to_string()) {
            lid += 1;
        }
        lid.to_string()
    }

    pub(crate) fn get(&self, id: AccountId) -> Option<&Account> {
        self.list.get(id.0)
    }

    pub(crate) fn get_mut(&mut self, id: AccountId) -> Option<&mut Account> {
        self.list.get_mut(id.0)
    }

    /// Remembers that two accounts write to each other.
    pub(crate) fn introduce(&mut self, one: AccountId, other: AccountId) {
        for (of, contact) in [(one, other), (other, one)] {
            if of != contact
                && let Some(account) = self.get_mut(of)
            {
                account.contacts.insert(contact);
            }
        }
    }

    pub(crate) fn device(&self, address: DeviceAddress) -> Option<&Device> {
        self.get(address.account)?.devices.get(&address.device)
    }

    pub(crate) fn device_mut(&mut self, address: DeviceAddress) -> Option<&mut Device> {
        self.get_mut(address.account)?.devices.get_mut(&address.device)
    }

    pub(crate) fn by_number(&self, number: &str) -> Option<AccountId> {
        self.by_number.get(number).copied()
    }

    /// The account a typed number reaches: its own number, or another way to write it.
    pub(crate) fn by_typed_number(&self, digits: &str) -> Option<AccountId> {
        self.by_number(digits)
            .or_else(|| self.by_alias.get(digits).copied())
    }

    /// Lets an account be found by other numbers; `false` when one of them is taken.
    pub(crate) fn set_aliases(&mut self, account: AccountId, aliases: &[String]) -> bool {
        let taken = |number: &String| {
            self.by_number.contains_key(number)
                || self.by_alias.get(number).is_some_and(|other| *other != account)
        };
        if aliases.iter().any(taken) {
            return false;
        }
        self.by_alias.retain(|_, other| *other != account);
        let aliases = aliases.iter().map(|alias| (alias.clone(), account));
        self.by_alias.extend(aliases);
        true
    }

    /// Whether an account has that number already, as its own or as another way to write its own.
    pub(crate) fn is_taken(&self, number: &str) -> bool {
        self.by_typed_number(number).is_some()
    }

    /// The account an address belongs to, whichever namespace it is in.
    pub(crate) fn find(&self, jid: &Jid) -> Option<AccountId> {
        match Namespace::of(jid)? {
            Namespace::Pn => self.by_number(jid.user_base()),
            Namespace::Lid => self.by_lid.get(jid.user_base()).copied(),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (AccountId, &Account)> {
        self.list
            .iter()
            .enumerate()
            .map(|(position, account)| (AccountId(position), account))
    }
}
