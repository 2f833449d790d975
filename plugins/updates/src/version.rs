//! Versions, in the order of Semantic Versioning.

use std::cmp::Ordering;

/// A version such as `1.6.0-beta.1`, with or without a `v`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    /// Major, minor, patch.
    numbers: [u64; 3],
    /// What stands behind the hyphen; nothing: a release.
    pre: Vec<String>,
}

impl Version {
    /// None when it is not a version. Missing numbers are 0.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let text = text.split_once('+').map_or(text, |(version, _)| version);
        let (numbers, pre) = text.split_once('-').unwrap_or((text, ""));
        let mut found = [0; 3];
        let mut parts = numbers.split('.');
        for (n, place) in found.iter_mut().enumerate() {
            match parts.next() {
                Some(part) => *place = part.parse().ok()?,
                None if n == 0 => return None,
                None => break,
            }
        }
        let pre = pre
            .split('.')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        parts.next().is_none().then_some(Self { numbers: found, pre })
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = self.numbers.cmp(&other.numbers);
        numbers.then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => pre_releases(&self.pre, &other.pre),
        })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Numbers by value and before words; of two that begin alike, the shorter first.
fn pre_releases(left: &[String], right: &[String]) -> Ordering {
    for (a, b) in left.iter().zip(right) {
        let order = match (a.parse::<u64>(), b.parse::<u64>()) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => a.cmp(b),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    left.len().cmp(&right.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_an_order() {
        let ascending = [
            "0.9",
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "v1.0.0-alpha.beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "v1.0.0",
            "1.0.1",
            "1.2",
            "1.10.0",
            "2",
        ];
        let parsed: Vec<Version> = ascending
            .iter()
            .map(|text| Version::parse(text).unwrap())
            .collect();
        assert!(parsed.windows(2).all(|pair| pair[0] < pair[1]), "{parsed:?}");
        assert_eq!(Version::parse("v1.2+build.5"), Version::parse("1.2.0"));
        for odd in ["", "v", "latest", "1.x", "1.2.3.4", "-1", "1..2"] {
            assert_eq!(Version::parse(odd), None, "{odd}");
        }
    }
}
