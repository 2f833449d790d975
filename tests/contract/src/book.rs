//! What was checked and what is wrong, by operation: one run tells everything.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

use crate::reference::Operation;

/// The book.
#[derive(Debug, Default)]
pub struct Book {
    entries: Mutex<BTreeMap<String, Entry>>,
    /// In the order of the table.
    names: Vec<String>,
}

#[derive(Debug, Default)]
struct Entry {
    checks: usize,
    problems: Vec<String>,
}

impl Book {
    /// An empty one.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        let names: Vec<String> = names.into_iter().collect();
        let entries = names.iter().map(|name| (name.clone(), Entry::default()));
        Self {
            entries: Mutex::new(entries.collect()),
            names,
        }
    }

    /// One with these operations.
    pub fn of(operations: &[Operation]) -> Self {
        Self::new(operations.iter().map(|operation| operation.name.clone()))
    }

    /// Something was checked.
    pub fn checked(&self, name: &str, problem: Option<String>) {
        let mut entries = self.entries.lock().expect("nobody panics here");
        let entry = entries.entry(name.to_owned()).or_default();
        entry.checks += 1;
        entry.problems.extend(problem);
    }

    /// The table for people, and whether everything is well.
    pub fn table(&self) -> (String, bool) {
        let entries = self.entries.lock().expect("nobody panics here");
        let mut text = String::new();
        let (mut good, mut problems) = (0, String::new());
        for name in &self.names {
            let entry = &entries[name];
            let word = match (entry.checks, entry.problems.len()) {
                (0, _) => "NEVER CALLED",
                (_, 0) => "ok",
                _ => "FAIL",
            };
            good += usize::from(word == "ok");
            let _ = writeln!(
                text,
                "{word:<12} {name:<64} {:>3} checks {:>3} failed",
                entry.checks,
                entry.problems.len()
            );
            for problem in &entry.problems {
                let _ = writeln!(problems, "{name}: {problem}");
            }
        }
        // What is not in the table has been called by a wrong name.
        let stray: Vec<&String> = entries.keys().filter(|name| !self.names.contains(name)).collect();
        for name in &stray {
            let _ = writeln!(problems, "{name}: not in the table");
        }
        let _ = writeln!(text, "{good}/{} pass", self.names.len());
        let is_good = good == self.names.len() && stray.is_empty();
        (format!("{problems}\n{text}"), is_good)
    }
}
