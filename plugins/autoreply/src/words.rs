//! Which of many words a text has, in one reading of it, however many there are.

use std::collections::HashMap;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Bytes of a word that are looked for. So the automaton stays small, and at any place of a text not more words than that
/// can end.
const LOOKED_FOR: usize = 16;

/// Words, each wanted by somebody with a number.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// None where there are no words.
    automaton: Option<AhoCorasick>,
    /// Who wants each.
    wanted_by: Vec<Vec<usize>>,
}

impl Words {
    /// A long word is cut off: whoever wants it has to look again.
    pub(crate) fn new<'a>(words: impl IntoIterator<Item = (usize, &'a str)>) -> Self {
        let mut numbers = HashMap::new();
        let mut beginnings = Vec::new();
        let mut wanted_by: Vec<Vec<usize>> = Vec::new();
        for (by, word) in words {
            let beginning = beginning(word);
            let number = *numbers.entry(beginning).or_insert_with(|| {
                beginnings.push(beginning);
                wanted_by.push(Vec::new());
                wanted_by.len() - 1
            });
            if let Some(all) = wanted_by.get_mut(number) {
                all.push(by);
            }
        }
        let automaton = (!beginnings.is_empty())
            .then(|| {
                AhoCorasick::builder()
                    .kind(Some(AhoCorasickKind::ContiguousNFA))
                    .build(&beginnings)
            })
            // Refused only beyond what fits into a memory.
            .and_then(Result::ok);
        Self { automaton, wanted_by }
    }

    /// Who has a word in the text, by number below `count`.
    pub(crate) fn found_in(&self, text: &str, count: usize) -> Vec<bool> {
        let mut found = vec![false; count];
        let Some(automaton) = &self.automaton else {
            return found;
        };
        let mut seen = vec![false; self.wanted_by.len()];
        for hit in automaton.find_overlapping_iter(text) {
            if let Some(seen) = seen.get_mut(hit.pattern().as_usize()) {
                *seen = true;
            }
        }
        let seen = self.wanted_by.iter().zip(seen).filter(|(_, seen)| *seen);
        for by in seen.flat_map(|(all, _)| all) {
            if let Some(found) = found.get_mut(*by) {
                *found = true;
            }
        }
        found
    }

    /// Those who want the same word as more than `count` do.
    pub(crate) fn crowds(&self, count: usize) -> impl Iterator<Item = usize> + '_ {
        let crowds = self.wanted_by.iter().filter(move |all| all.len() > count);
        crowds.flatten().copied()
    }

    /// About what it takes, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let automaton = self.automaton.as_ref().map_or(0, AhoCorasick::memory_usage);
        let wanted = self.wanted_by.iter().map(|all| size_of_val(all.as_slice()) + 64);
        automaton + wanted.sum::<usize>()
    }
}

fn beginning(word: &str) -> &str {
    let mut end = LOOKED_FOR.min(word.len());
    while !word.is_char_boundary(end) {
        end -= 1;
    }
    word.get(..end).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_within_words_and_the_same_for_many() {
        let words = Words::new([(0, "he"), (1, "she"), (2, "hers"), (3, "his"), (5, "he")]);
        let found = words.found_in("ushers", 6);
        assert_eq!(found, [true, true, true, false, false, true]);
        assert_eq!(words.found_in("", 2), [false, false]);
        assert_eq!(words.crowds(1).collect::<Vec<_>>(), [0, 5]);
        assert_eq!(Words::default().found_in("a", 1), [false]);
    }

    #[test]
    fn of_a_long_word_the_beginning_is_enough() {
        let words = Words::new([(0, "a word of fifteené"), (1, "ééééééééé")]);
        assert_eq!(words.found_in("a word of fifteen!", 2), [true, false]);
        assert_eq!(words.found_in("éééééééé", 2), [false, true]);
    }
}
