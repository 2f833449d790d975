//! The regular expressions of one list of rules: which of them are found in a text.
//!
//! Most are not even compiled: a text is looked through once for the words they need, and only those whose word it has are
//! tried, each alone. Those that need no word, or one that many need, are tried in one set, so that the text is read once
//! for all of them.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use regex::RegexSet;
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_syntax::ParserBuilder;

use crate::needed::{self, Folds};
use crate::pattern::{CACHE, MAX_NESTING, MAX_TOGETHER, ascii_classes, compile};
use crate::words::Words;

/// A set takes at most the product of its size and the text, where its cache does not help. Who makes use of that holds up
/// the rules of their own session, for less than a call may take.
const MAX_TEXT: usize = 1024;
/// With more of them one set is quicker than each alone.
const CROWD: usize = 16;

/// The patterns of one list of rules.
#[derive(Debug, Default)]
pub(crate) struct Patterns {
    list: Vec<Pattern>,
    words: Words,
    folds: Folds,
    /// Those tried in one set.
    together: Vec<usize>,
    /// Some of them need no word.
    is_always_tried: bool,
    /// When it was first asked for: each with the place of its first pattern in `together`.
    sets: OnceCell<Vec<(usize, RegexSet)>>,
}

#[derive(Debug)]
struct Pattern {
    written: String,
    /// When it was first asked for; none where that is refused.
    alone: OnceCell<Option<PikeVM>>,
}

impl Patterns {
    /// What does not compile is found nowhere.
    pub(crate) fn new(patterns: &[String]) -> Self {
        let mut folds = Folds::default();
        let mut needed = Vec::new();
        let mut without = Vec::new();
        // The words are the same either way, and fewer classes are made of them.
        let mut parser = ParserBuilder::new().nest_limit(MAX_NESTING).build();
        for (n, pattern) in patterns.iter().enumerate() {
            let Ok(hir) = parser.parse(&ascii_classes(pattern)) else {
                continue;
            };
            // Classes are made of classes after their letters are folded: `[ab&&aB]` has more than it says.
            let is_as_written = !["&&", "~~"].iter().any(|operator| pattern.contains(operator));
            let words = is_as_written.then(|| needed::words(&hir, &mut folds)).flatten();
            match words {
                Some(words) => needed.extend(words.into_iter().map(|word| (n, word))),
                None => without.push(n),
            }
        }
        let words = Words::new(needed.iter().map(|(n, word)| (*n, word.as_str())));
        let is_always_tried = !without.is_empty();
        let together: BTreeSet<usize> = words.crowds(CROWD).chain(without).collect();
        let list = patterns.iter().map(|pattern| Pattern {
            written: pattern.clone(),
            alone: OnceCell::new(),
        });
        Self {
            list: list.collect(),
            words,
            folds,
            together: together.into_iter().collect(),
            is_always_tried,
            sets: OnceCell::new(),
        }
    }

    /// The indices of the patterns that are found in the text, ascending. None is in a very long one.
    pub(crate) fn found_in(&self, text: &str) -> Vec<usize> {
        if text.len() > MAX_TEXT || self.list.is_empty() {
            return Vec::new();
        }
        let possible = self.words.found_in(&self.folds.fold(text), self.list.len());
        let is_possible = |n: &usize| possible.get(*n).copied().unwrap_or(false);
        let mut found = Vec::new();
        if self.is_always_tried || self.together.iter().any(is_possible) {
            for (first, set) in self.sets() {
                let hits = set.matches(text).into_iter();
                found.extend(hits.filter_map(|index| self.together.get(first + index).copied()));
            }
        }
        // It is worth more than a small pattern, so one for all of this text.
        let compiler = OnceCell::new();
        let alone = self.list.iter().enumerate().filter(|(n, pattern)| {
            is_possible(n)
                && self.together.binary_search(n).is_err()
                && pattern.is_in(text, compiler.get_or_init(compiler_of_one))
        });
        found.extend(alone.map(|(n, _)| n));
        found.sort_unstable();
        found
    }

    fn sets(&self) -> &[(usize, RegexSet)] {
        self.sets.get_or_init(|| {
            let patterns = self.together.iter().filter_map(|n| self.list.get(*n));
            let patterns: Vec<String> = patterns.map(|pattern| pattern.written.clone()).collect();
            let mut sets = Vec::new();
            add(&patterns, 0, &mut sets);
            sets
        })
    }

    /// About what it takes once all of it was needed, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let patterns = self.list.iter().map(|pattern| pattern.written.len() * 64);
        // Those tried alone may take as much, in a text that has all their words.
        let compiled = if self.list.is_empty() { 0 } else { 2 * CACHE };
        patterns.sum::<usize>() + compiled + self.words.weight()
    }
}

impl Pattern {
    fn is_in(&self, text: &str, compiler: &thompson::Compiler) -> bool {
        let alone = self.alone.get_or_init(|| {
            let mut parser = ParserBuilder::new()
                .case_insensitive(true)
                .nest_limit(MAX_NESTING)
                .build();
            let hir = parser.parse(&ascii_classes(&self.written)).ok()?;
            PikeVM::new_from_nfa(compiler.build_from_hir(&hir).ok()?).ok()
        });
        let is_in = |vm: &PikeVM| vm.is_match(&mut vm.create_cache(), text);
        alone.as_ref().is_some_and(is_in)
    }
}

fn compiler_of_one() -> thompson::Compiler {
    let mut compiler = thompson::Compiler::new();
    compiler.configure(
        thompson::Config::new()
            .which_captures(WhichCaptures::None)
            .nfa_size_limit(Some(2 * MAX_TOGETHER)),
    );
    compiler
}

/// In one set; in two halves where that is refused.
fn add(patterns: &[String], first: usize, sets: &mut Vec<(usize, RegexSet)>) {
    if patterns.is_empty() {
        return;
    }
    if let Ok(set) = compile(patterns, 2 * MAX_TOGETHER) {
        sets.push((first, set));
    } else if patterns.len() > 1 {
        let (left, right) = patterns.split_at(patterns.len() / 2);
        add(left, first, sets);
        add(right, first + left.len(), sets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(pattern: &str, text: &str) -> bool {
        !Patterns::new(&[pattern.to_owned()]).found_in(text).is_empty()
    }

    #[test]
    fn classes_are_those_of_javascript() {
        for (pattern, text, found) in [
            (r"^\d{3}$", "123", true),
            (r"^\d{3}$", "١٢٣", false),
            (r"^[\w-]+$", "a_1-b", true),
            (r"^[^\d]$", "x", true),
            (r"^\W$", "é", true),
            (r"\bhi\b", "oh HI!", true),
            (r"\bhi\b", "this", false),
            (r"[]\b]", "\u{8}", true),
            (r"\\d", "\\d", true),
            ("straße", "STRASSE", false),
            ("ÄRGER", "ärger", true),
            ("kilo(gram)?s", "\u{212a}ILO\u{17f}", true),
            ("x[ab&&aB]", "xb", true),
            ("(", "(", false),
        ] {
            assert_eq!(is_found(pattern, text), found, "{pattern} {text}");
        }
        assert!(!is_found("a", &"a".repeat(1025)), "a very long text");
    }

    #[test]
    fn one_that_does_not_compile_leaves_the_others() {
        let patterns = ["a", "(", "b+", "ab", ".", "[a-b]b"].map(str::to_owned);
        assert_eq!(Patterns::new(&patterns).found_in("ab"), [0, 2, 3, 4, 5]);
    }

    /// Alone, in a crowd, and always tried: found where one engine for all of them finds them.
    #[test]
    fn what_is_not_tried_would_not_be_found() {
        let mut patterns: Vec<String> = (0..100)
            .map(|n| match n % 4 {
                0 => format!(r"\bitem {n}\b"),
                1 => format!(r"order\s+{n}$"),
                2 => format!("(?:Straße|größe) ?{n}|no {n}"),
                _ => format!(r"^\D*{n}\d?"),
            })
            .collect();
        patterns.extend(
            [
                "(a+)+$",
                "(a|a)*b",
                "(.*a){12}d",
                "ſtop|\u{212a}g",
                "i\u{307}",
                r"^\d{3}",
            ]
            .map(str::to_owned),
        );
        let mine = Patterns::new(&patterns);
        assert!(
            !mine.together.is_empty() && mine.together.len() < patterns.len(),
            "both ways are used"
        );
        let all = compile(&patterns, 2 * MAX_TOGETHER).unwrap();
        let mut texts: Vec<String> = (0..100)
            .flat_map(|n| {
                [
                    format!("my ITEM {n}!"),
                    format!("Order  {n}"),
                    format!("STRASSE{n} GRÖẞE {n}"),
                    format!("größe{n} NO {n}0"),
                ]
            })
            .collect();
        texts.extend(["", "a", "aab", "STOP kg", "\u{212a}G", "İ", "I\u{307}"].map(str::to_owned));
        texts.push("a".repeat(1000) + "d");
        for text in &texts {
            let expected: Vec<usize> = all.matches(text).into_iter().collect();
            assert_eq!(mine.found_in(text), expected, "{text}");
        }
    }
}
