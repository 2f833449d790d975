//! Regular expressions of strangers: limits on everything, and an engine whose time grows with the text only.

use regex::{RegexSet, RegexSetBuilder};

/// Longest pattern.
const MAX_PATTERN: usize = 1000;
/// The largest one, compiled.
const MAX_COMPILED: usize = 64 * 1024;
/// All of a session, compiled.
pub(crate) const MAX_TOGETHER: usize = 2 * 1024 * 1024;
/// What is not worth counting.
const SMALLEST: usize = 512;
pub(crate) const MAX_NESTING: u32 = 50;
/// For what a set finds out on the way.
pub(crate) const CACHE: usize = 1024 * 1024;

/// Whether these can be used together; otherwise which cannot, and why. Compiles them once where they can.
pub(crate) fn check(patterns: &[String]) -> Result<(), (usize, String)> {
    if patterns.is_empty() || compile(patterns, MAX_TOGETHER).is_ok() {
        return Ok(());
    }
    let mut together = 0;
    for (n, pattern) in patterns.iter().enumerate() {
        together += cost(pattern).map_err(|problem| (n, problem))?;
        if together > MAX_TOGETHER {
            let problem = format!("with those before it, over {MAX_TOGETHER} bytes compiled");
            return Err((n, problem));
        }
    }
    Ok(())
}

/// What a pattern takes when it is compiled, rounded up; or why it cannot be used, for the person who wrote it.
pub(crate) fn cost(pattern: &str) -> Result<usize, String> {
    if pattern.len() > MAX_PATTERN {
        return Err(format!(
            "a regular expression can have at most {MAX_PATTERN} bytes"
        ));
    }
    let one = [pattern.to_owned()];
    let mut size = SMALLEST;
    loop {
        match compile(&one, size) {
            Ok(_) => return Ok(size),
            Err(regex::Error::CompiledTooBig(_)) if size < MAX_COMPILED => size *= 2,
            Err(regex::Error::CompiledTooBig(limit)) => {
                return Err(format!(
                    "the regular expression is too big (over {limit} bytes compiled)"
                ));
            }
            Err(other) => return Err(format!("not a usable regular expression: {other}")),
        }
    }
}

/// In one set.
pub(crate) fn compile(patterns: &[String], size: usize) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(patterns.iter().map(|pattern| ascii_classes(pattern)))
        .case_insensitive(true)
        .size_limit(size)
        .dfa_size_limit(CACHE)
        .nest_limit(MAX_NESTING)
        .build()
}

/// `\d`, `\w` and `\b` as JavaScript has them, where these patterns come from: of all of Unicode they would be a hundred
/// times as large.
pub(crate) fn ascii_classes(pattern: &str) -> String {
    let mut written = String::with_capacity(pattern.len() + 16);
    let mut depth = 0_u32;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('d') => written.push_str("[0-9]"),
                Some('D') => written.push_str("[^0-9]"),
                Some('w') => written.push_str("[0-9A-Za-z_]"),
                Some('W') => written.push_str("[^0-9A-Za-z_]"),
                Some('b') if depth > 0 => written.push_str(r"\x08"),
                Some('b') if chars.peek() != Some(&'{') => written.push_str(r"(?-u:\b)"),
                Some(other) => written.extend(['\\', other]),
                None => written.push('\\'),
            },
            '[' => {
                depth += 1;
                written.push('[');
                if chars.peek() == Some(&'^') {
                    written.extend(chars.next());
                }
                // At the beginning it is itself.
                if chars.peek() == Some(&']') {
                    written.extend(chars.next());
                }
            }
            ']' => {
                depth = depth.saturating_sub(1);
                written.push(']');
            }
            other => written.push(other),
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_patterns_are_refused() {
        assert!(cost(r"(a{100}){100}{100}").is_err());
        assert!(cost(&"(".repeat(60)).is_err());
        assert!(cost(&"a".repeat(1001)).is_err());
        assert!(cost(r"(a)\1").is_err());
        assert!(cost(r"\p{L}{100}").is_err());
        assert!(cost(r"^\w+\s\d{2,4}$").unwrap() <= 8 * 1024);
    }

    #[test]
    fn many_are_checked_together() {
        let large = |n: usize| format!("{n}[a-z]{{100}}");
        assert_eq!(check(&[large(1), large(2)]), Ok(()));
        let (which, problem) = check(&[large(1), "(".to_owned()]).unwrap_err();
        assert_eq!((which, problem.starts_with("not a usable")), (1, true));
        let many: Vec<String> = (0..1000).map(large).collect();
        let (which, problem) = check(&many).unwrap_err();
        assert!(
            which > 1 && problem.contains("over 2097152 bytes"),
            "{which} {problem}"
        );
    }
}
