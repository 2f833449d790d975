//! An account's app state: collections of encrypted patches that only its own devices can read. The server keeps them in
//! order. The phone has the key: it reads what linked devices write, writes itself, and makes the snapshots.

pub(crate) mod action;
mod author;
pub(crate) mod collection;
mod mirror;
pub(crate) mod view;

use std::collections::BTreeMap;

use wacore::appstate::keys::{ExpandedAppStateKeys, expand_app_state_keys};
use waproto::whatsapp::SyncActionValue;

use crate::media::MediaStore;
use crate::random;
use action::Change;
use collection::{Collection, Fetched};

/// The collections there are; others are refused.
pub(crate) const COLLECTIONS: [&str; 5] = [
    "critical_block",
    "critical_unblock_low",
    "regular_low",
    "regular_high",
    "regular",
];

/// The key of an account's app state, made by the phone and shared with its devices.
#[derive(Debug, Clone)]
pub(crate) struct PhoneKey {
    pub(crate) id: [u8; 6],
    pub(crate) data: [u8; 32],
}

impl PhoneKey {
    pub(crate) fn generate() -> Self {
        Self {
            id: random::bytes(),
            data: random::bytes(),
        }
    }

    fn expand(&self) -> ExpandedAppStateKeys {
        expand_app_state_keys(&self.data)
    }
}

/// Why an upload was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Another device was faster; the client has to fetch first.
    Conflict,
    /// The patch cannot be decoded, or there is no such collection.
    Malformed,
}

/// The collections of one account.
#[derive(Debug, Default)]
pub(crate) struct AppState {
    collections: BTreeMap<&'static str, Collection>,
    /// Patches of linked devices that the phone could not read, and why.
    pub(crate) unreadable: Vec<String>,
}

impl AppState {
    /// The version a collection is at; one nobody has written is at 0.
    pub(crate) fn version(&self, name: &str) -> u64 {
        self.collections
            .get(name)
            .map_or(0, |collection| collection.version)
    }

    /// What a device gets that is at `base`, or that knows nothing yet.
    pub(crate) fn fetch(
        &self,
        name: &str,
        base: Option<u64>,
        key: &PhoneKey,
        media: Option<&MediaStore>,
    ) -> Fetched {
        match self.collections.get_key_value(name) {
            None => Fetched::default(),
            Some((name, collection)) => collection.fetch(name, base, key, media),
        }
    }

    /// Takes a device's patch that was made on top of `base`; gives back the new version.
    pub(crate) fn upload(
        &mut self,
        name: &str,
        base: u64,
        patch: &[u8],
        key: &PhoneKey,
        media: Option<&MediaStore>,
    ) -> Result<u64, Refused> {
        let name = known(name).ok_or(Refused::Malformed)?;
        let collection = self.collections.entry(name).or_default();
        if base != collection.version {
            return Err(Refused::Conflict);
        }
        let patch = waproto::codec::syncd_patch_decode(patch).map_err(|_| Refused::Malformed)?;
        if let Err(error) = collection.take(name, patch, key, media) {
            tracing::warn!(%name, %error, "a phone cannot read a device's app-state patch");
            self.unreadable.push(format!("{name}: {error}"));
        }
        Ok(collection.version)
    }

    /// The phone writes changes, one patch a collection; gives back the new versions.
    pub(crate) fn write(
        &mut self,
        changes: &[Change],
        key: &PhoneKey,
        media: Option<&MediaStore>,
        now_ms: u64,
    ) -> Result<Vec<(String, u64)>, String> {
        let mut versions = Vec::new();
        for name in COLLECTIONS {
            let mine: Vec<&Change> = changes
                .iter()
                .filter(|change| change.collection == name)
                .collect();
            if mine.is_empty() {
                continue;
            }
            let collection = self.collections.entry(name).or_default();
            let patch = author::patch(name, collection, &mine, key, media, now_ms)?;
            collection.take(name, patch, key, media)?;
            versions.push((name.to_owned(), collection.version));
        }
        Ok(versions)
    }

    /// What the phone reads in it: collection, index, value.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'static str, &[String], &SyncActionValue)> {
        self.collections.iter().flat_map(|(name, collection)| {
            collection
                .mirror
                .entries
                .iter()
                .map(move |(index, value)| (*name, index.as_slice(), value))
        })
    }
}

/// The collection's name, if there is one of that name.
fn known(name: &str) -> Option<&'static str> {
    COLLECTIONS.into_iter().find(|known| *known == name)
}

#[cfg(test)]
mod tests {
    use super::action::Change;
    use super::*;

    fn renamed(name: &str) -> Change {
        Change::push_name(name)
    }

    #[test]
    fn a_patch_on_an_old_version_is_a_conflict() {
        let key = PhoneKey::generate();
        let mut state = AppState::default();
        let patch = waproto::codec::syncd_patch_to_vec(&waproto::whatsapp::SyncdPatch::default());
        assert_eq!(state.upload("regular", 0, &patch, &key, None), Ok(1));
        assert_eq!(
            state.upload("regular", 0, &patch, &key, None),
            Err(Refused::Conflict)
        );
        assert_eq!(
            state.upload("irregular", 0, &patch, &key, None),
            Err(Refused::Malformed)
        );
    }

    #[test]
    fn a_device_that_knows_nothing_gets_patches_while_they_are_few_and_a_snapshot_later() {
        let key = PhoneKey::generate();
        let media = MediaStore::open(None, "127.0.0.1:1".to_owned(), 1 << 20).unwrap();
        let mut state = AppState::default();
        for round in 0..collection::SNAPSHOT_AFTER {
            state
                .write(&[renamed(&round.to_string())], &key, Some(&media), 1)
                .unwrap();
        }
        let few = state.fetch("critical_block", None, &key, Some(&media));
        assert!(few.snapshot.is_none());
        assert_eq!(few.patches.len(), collection::SNAPSHOT_AFTER);
        state.write(&[renamed("last")], &key, Some(&media), 1).unwrap();
        let many = state.fetch("critical_block", None, &key, Some(&media));
        assert!(many.snapshot.is_some() && many.patches.is_empty());
        assert_eq!(many.version, collection::SNAPSHOT_AFTER as u64 + 1);
        let behind = state.fetch("critical_block", Some(2), &key, Some(&media));
        assert!(behind.snapshot.is_none());
        assert_eq!(behind.patches.len(), collection::SNAPSHOT_AFTER - 1);
        assert_eq!(state.entries().count(), 1, "one name, written often");
    }
}
