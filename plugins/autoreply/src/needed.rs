//! What a text must have for a regular expression to be found in it: cheap to look for, and most texts have it not.

use std::cmp::Reverse;
use std::collections::HashMap;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

/// So many words, of which a text must have one, are worth looking for.
const MAX_WORDS: usize = 32;
/// Longer words say hardly more.
const LONG_ENOUGH: usize = 8;
/// A class with more characters is none of one character in upper and lower case.
const MAX_CASES: u32 = 4;

/// Letters of any case to one of them, as the engine compares them. Knows those beyond ASCII that it has met.
#[derive(Debug, Default)]
pub(crate) struct Folds(HashMap<char, char>);

impl Folds {
    /// A text with each letter folded.
    pub(crate) fn fold(&self, text: &str) -> String {
        text.chars().map(|c| self.folded(c)).collect()
    }

    fn folded(&self, c: char) -> char {
        match c {
            _ if c.is_ascii() => c.to_ascii_lowercase(),
            // The only ones beyond ASCII that are compared with ASCII.
            'ſ' => 's',
            '\u{212a}' => 'k',
            _ => self.0.get(&c).copied().unwrap_or(c),
        }
    }

    /// Of an expression.
    fn meet(&mut self, c: char) -> char {
        if !c.is_ascii() && !self.0.contains_key(&c) {
            let mut same = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
            // An engine without tables folds nothing either.
            let _ = same.try_case_fold_simple();
            let all = || same.iter().flat_map(|range| range.start()..=range.end());
            let one = all().next().unwrap_or(c).to_ascii_lowercase();
            self.0.extend(all().map(|c| (c, one)));
        }
        self.folded(c)
    }
}

/// Words, folded, one of which is in each text that `hir` is found in, whether or not the engine minds upper and lower case.
/// None where there are no such words.
pub(crate) fn words(hir: &Hir, folds: &mut Folds) -> Option<Vec<String>> {
    if let Some(word) = plain(hir, folds) {
        return (!word.is_empty()).then(|| vec![word]);
    }
    match hir.kind() {
        HirKind::Repetition(repetition) if repetition.min > 0 => words(&repetition.sub, folds),
        HirKind::Capture(capture) => words(&capture.sub, folds),
        HirKind::Concat(parts) => in_a_row(parts, folds),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(words(part, folds)?);
                if all.len() > MAX_WORDS {
                    return None;
                }
            }
            Some(all)
        }
        _ => None,
    }
}

/// The best that one part, or some in a row, ask for.
fn in_a_row(parts: &[Hir], folds: &mut Folds) -> Option<Vec<String>> {
    let mut all = Vec::new();
    let mut row = String::new();
    for part in parts {
        if let Some(more) = plain(part, folds) {
            row.push_str(&more);
            continue;
        }
        // What has no width does not interrupt a word.
        if matches!(part.kind(), HirKind::Look(_)) {
            continue;
        }
        all.push(vec![std::mem::take(&mut row)]);
        all.extend(words(part, folds));
    }
    all.push(vec![row]);
    all.into_iter()
        .filter(|words| words.iter().all(|word| !word.is_empty()))
        .max_by_key(|words| {
            let shortest = words.iter().map(String::len).min().unwrap_or(0);
            (shortest.min(LONG_ENOUGH), Reverse(words.len()))
        })
}

/// The text, folded, that is the only one `hir` is found in.
fn plain(hir: &Hir, folds: &mut Folds) -> Option<String> {
    match hir.kind() {
        HirKind::Empty => Some(String::new()),
        HirKind::Literal(literal) => {
            let text = str::from_utf8(&literal.0).ok()?;
            Some(text.chars().map(|c| folds.meet(c)).collect())
        }
        HirKind::Class(Class::Unicode(class)) => one_letter(class, folds).map(String::from),
        HirKind::Capture(capture) => plain(&capture.sub, folds),
        HirKind::Concat(parts) => parts.iter().map(|part| plain(part, folds)).collect(),
        _ => None,
    }
}

/// The letter that is all of a class, in upper and lower case.
fn one_letter(class: &ClassUnicode, folds: &mut Folds) -> Option<char> {
    let mut one = None;
    let mut count = 0;
    for range in class.iter() {
        count += u32::from(range.end()) - u32::from(range.start()) + 1;
        if count > MAX_CASES {
            return None;
        }
        for c in range.start()..=range.end() {
            let folded = folds.meet(c);
            if *one.get_or_insert(folded) != folded {
                return None;
            }
        }
    }
    one
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Option<Vec<String>> {
        words(&regex_syntax::parse(pattern).unwrap(), &mut Folds::default())
    }

    #[test]
    fn the_words_an_expression_cannot_do_without() {
        let some = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
        for (pattern, words) in [
            (r"(?-u:\b)Item 12\s+(\d+|none)$", some(&["item 12"])),
            (r"^(hello|HI) there", some(&[" there"])),
            (r"^(hello|hi)\s", some(&["hello", "hi"])),
            (r"(?i)straße", some(&["straße"])),
            (r"(pri)(ce)s?", some(&["price"])),
            (r"[0-9]+ (euro)+", some(&["euro"])),
            (r"a(?-u:\b)-b", some(&["a-b"])),
            (r"^1$", some(&["1"])),
            (r"(ab)?", None),
            (r"x|[0-9]", None),
            (r"[0-9]{4}", None),
            (r".*", None),
            (r"", None),
        ] {
            assert_eq!(of(pattern), words, "{pattern}");
        }
    }

    #[test]
    fn folded_as_the_engine_does() {
        let mut folds = Folds::default();
        let hir = regex_syntax::parse("ÄRGER ς ǆ k").unwrap();
        let word = words(&hir, &mut folds).unwrap().remove(0);
        for text in ["ärger σ ǅ K", "ÄRGER Σ Ǆ \u{212a}"] {
            assert_eq!(folds.fold(text), word, "{text}");
        }
        assert_eq!(folds.fold("ſ Ж"), "s Ж", "no expression has the last one");
    }
}
