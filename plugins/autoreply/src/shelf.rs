//! Where a session's rules are kept: the host's store, one key a rule, deleted with the session. A stamp that changes with
//! every change tells an instance whether what it has compiled still holds.

use std::collections::HashMap;
use std::rc::Rc;

use serde::{Deserialize, Serialize};
use wagate_plugin_api::{Error, Host, HostExt, SessionIds, StoreChange, StoreEntry};

use crate::pattern;
use crate::rules::{MAX_RULES, Rule, RuleSet};

/// Rules' ids lead to their session, for the older form of the delete route, and sort by age.
pub(crate) const IDS: SessionIds = SessionIds {
    prefix: "ar_",
    own_digits: usize::MAX,
};
/// Sessions an instance remembers, and what they may take together; beyond that it begins anew.
const MAX_REMEMBERED: usize = 64;
const MAX_WEIGHT: usize = 24 * 1024 * 1024;

/// A rule as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredRule {
    /// Sorts by age.
    pub(crate) id: String,
    #[serde(flatten)]
    pub(crate) rule: Rule,
    /// Of a regular expression: what it takes compiled.
    #[serde(default)]
    pub(crate) cost: usize,
    pub(crate) created_at_ms: i64,
}

/// All rules of a session, oldest first.
pub(crate) fn all(host: &dyn Host, session: &str) -> Result<Vec<StoredRule>, Error> {
    let entries = host.store_scan(&prefix(session), None, MAX_RULES)?;
    let mut rules = entries.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    rules.sort_by(|a, b| (a.created_at_ms, &a.id).cmp(&(b.created_at_ms, &b.id)));
    Ok(rules)
}

/// One rule.
pub(crate) fn get(host: &dyn Host, session: &str, id: &str) -> Result<Option<StoredRule>, Error> {
    Ok(host.store_get_json(&key(session, id))?)
}

/// Writes a rule, new or changed, beside the others there are: refused when all regular expressions together would be too
/// large.
pub(crate) fn put(
    host: &dyn Host,
    session: &str,
    others: &[StoredRule],
    rule: &StoredRule,
) -> Result<(), Error> {
    let others = others.iter().filter(|other| other.id != rule.id);
    let together = others.map(|other| other.cost).sum::<usize>() + rule.cost;
    if rule.cost > 0 && together > pattern::MAX_TOGETHER {
        return Err(Error::conflict(format!(
            "The regular expressions of a session can have at most {} bytes compiled",
            pattern::MAX_TOGETHER
        )));
    }
    let value = serde_json::to_vec(rule).map_err(|error| Error::internal(error.to_string()))?;
    let entry = StoreEntry {
        key: key(session, &rule.id),
        value,
    };
    change(host, session, vec![StoreChange::Put(entry)])
}

/// Removes a rule; no error when there is none.
pub(crate) fn delete(host: &dyn Host, session: &str, id: &str) -> Result<(), Error> {
    change(host, session, vec![StoreChange::Delete(key(session, id))])
}

/// Removes all rules of a session. Returns how many.
pub(crate) fn clear(host: &dyn Host, session: &str) -> Result<usize, Error> {
    let entries = host.store_scan(&prefix(session), None, MAX_RULES)?;
    let mut count = 0;
    // A batch takes as many changes as there can be rules, and the stamp is one of them.
    for some in entries.chunks(500) {
        count += some.len();
        let changes = some.iter().map(|entry| StoreChange::Delete(entry.key.clone()));
        change(host, session, changes.collect())?;
    }
    Ok(count)
}

/// With a new stamp, so that no instance goes on with what it remembers.
fn change(host: &dyn Host, session: &str, mut changes: Vec<StoreChange>) -> Result<(), Error> {
    changes.push(StoreChange::Put(StoreEntry {
        key: stamp_key(session),
        value: host.unique_id().into_bytes(),
    }));
    Ok(host.store_apply(changes)?)
}

fn prefix(session: &str) -> String {
    format!("{session}/rules/")
}

fn key(session: &str, id: &str) -> String {
    format!("{session}/rules/{id}")
}

fn stamp_key(session: &str) -> String {
    format!("{session}/stamp")
}

fn read(entry: &StoreEntry) -> Result<StoredRule, Error> {
    serde_json::from_slice(&entry.value)
        .map_err(|error| Error::internal(format!("rule {}: {error}", entry.key)))
}

/// What an instance has compiled, by session.
#[derive(Default)]
pub(crate) struct Shelf {
    sessions: HashMap<String, Remembered>,
    weight: usize,
}

struct Remembered {
    /// Empty when nothing was ever changed.
    stamp: Vec<u8>,
    rules: Rc<RuleSet>,
}

impl Shelf {
    /// The rules of a session, with one look into the store when nothing has changed.
    pub(crate) fn rules(&mut self, host: &dyn Host, session: &str) -> Result<Rc<RuleSet>, Error> {
        // First the stamp: what is read after it is at least as new.
        let stamp = host.store_get(&stamp_key(session))?.unwrap_or_default();
        if let Some(known) = self.sessions.get(session).filter(|known| known.stamp == stamp) {
            return Ok(Rc::clone(&known.rules));
        }
        let stored = all(host, session)?;
        let rules = Rc::new(RuleSet::new(
            stored.into_iter().map(|stored| stored.rule).collect(),
        ));
        if let Some(old) = self.sessions.remove(session) {
            self.weight = self.weight.saturating_sub(old.rules.weight());
        }
        if self.sessions.len() >= MAX_REMEMBERED || self.weight + rules.weight() > MAX_WEIGHT {
            self.sessions.clear();
            self.weight = 0;
        }
        self.weight += rules.weight();
        let remembered = Remembered {
            stamp,
            rules: Rc::clone(&rules),
        };
        self.sessions.insert(session.to_owned(), remembered);
        Ok(rules)
    }
}
