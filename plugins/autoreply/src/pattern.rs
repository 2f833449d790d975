//! Regular expressions of strangers: limits on everything, and compiled once an instance.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

const MAX_PATTERN: usize = 1000;
/// Unicode's `\w` alone takes a good part of it.
const MAX_COMPILED: usize = 256 * 1024;
const MAX_NESTING: u32 = 50;
/// Matching costs up to the product of the two, a rule. Who adds it up over 200 rules runs into the call's limit, and
/// pauses the rules of their own session.
const MAX_TEXT: usize = 4 * 1024;
/// The cache is emptied when it is fuller than this: more than all rules of one session.
const MAX_CACHED: usize = 256;

/// Compiled patterns. `None`: does not compile.
#[derive(Default)]
pub(crate) struct Patterns {
    compiled: RefCell<HashMap<String, Option<Regex>>>,
}

impl Patterns {
    /// Whether the pattern is found in the text. An invalid pattern is found nowhere, nor is any in a very long text.
    pub(crate) fn is_match(&self, pattern: &str, text: &str) -> bool {
        if text.len() > MAX_TEXT {
            return false;
        }
        let mut compiled = self.compiled.borrow_mut();
        if compiled.len() >= MAX_CACHED && !compiled.contains_key(pattern) {
            compiled.clear();
        }
        let regex = compiled
            .entry(pattern.to_owned())
            .or_insert_with(|| compile(pattern).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// Why the pattern cannot be used, for the person who wrote it.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    compile(pattern).map(|_| ())
}

fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > MAX_PATTERN {
        return Err(format!(
            "a regular expression can have at most {MAX_PATTERN} bytes"
        ));
    }
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(MAX_COMPILED)
        .dfa_size_limit(MAX_COMPILED)
        .nest_limit(MAX_NESTING)
        .build()
        .map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => {
                format!("the regular expression is too big (over {limit} bytes compiled)")
            }
            other => format!("not a usable regular expression: {other}"),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_patterns_are_refused() {
        assert!(check(r"(a{100}){100}{100}").is_err());
        assert!(check(&"(".repeat(60)).is_err());
        assert!(check(&"a".repeat(1001)).is_err());
        assert!(check(r"(a)\1").is_err());
        assert!(check(r"^\w+\s\d{2,4}$").is_ok());
    }

    #[test]
    fn the_cache_stays_small() {
        let patterns = Patterns::default();
        for n in 0..1000 {
            patterns.is_match(&format!("a{n}"), "a1");
        }
        assert!(patterns.compiled.borrow().len() <= MAX_CACHED);
    }
}
