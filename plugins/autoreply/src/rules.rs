//! Rules, and which of them answers a text. No host calls.

use serde::{Deserialize, Serialize};

use crate::media::MediaType;
use crate::patterns::Patterns;
use crate::words::Words;

/// How many rules a session, or the administrator's file, can have.
pub(crate) const MAX_RULES: u32 = 1000;

/// How a keyword is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum MatchType {
    /// The whole text.
    #[default]
    Exact,
    /// Anywhere in the text.
    Contains,
    /// At its beginning.
    StartsWith,
    /// As a regular expression, anywhere.
    Regex,
}

/// Where a rule applies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum TriggerType {
    /// Everywhere.
    #[default]
    All,
    /// In groups.
    Group,
    /// In private chats.
    Private,
}

impl TriggerType {
    fn is_here(self, in_group: bool) -> bool {
        match self {
            Self::All => true,
            Self::Group => in_group,
            Self::Private => !in_group,
        }
    }
}

/// What is compared, where, and what is answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    pub(crate) keyword: String,
    pub(crate) match_type: MatchType,
    /// The text, or the caption of the file.
    pub(crate) response: Option<String>,
    pub(crate) trigger_type: TriggerType,
    pub(crate) is_media: bool,
    pub(crate) media_url: Option<String>,
    pub(crate) media_type: Option<MediaType>,
}

/// Rules in the order they are tried, ready to be compared.
#[derive(Debug, Default)]
pub(crate) struct RuleSet {
    rules: Vec<Prepared>,
    /// Of those that look anywhere in a text.
    words: Words,
    patterns: Patterns,
}

#[derive(Debug)]
struct Prepared {
    rule: Rule,
    /// In lower case.
    keyword: String,
    /// Of a regular expression: which of the set.
    pattern: Option<usize>,
}

impl RuleSet {
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        let mut patterns = Vec::new();
        let prepared: Vec<Prepared> = rules
            .into_iter()
            // An empty keyword would be contained in everything.
            .filter(|rule| !rule.keyword.is_empty())
            .map(|rule| {
                let pattern = (rule.match_type == MatchType::Regex).then(|| {
                    patterns.push(rule.keyword.clone());
                    patterns.len() - 1
                });
                Prepared {
                    keyword: rule.keyword.to_lowercase(),
                    pattern,
                    rule,
                }
            })
            .collect();
        let anywhere = prepared.iter().enumerate().filter_map(|(n, prepared)| {
            let is_anywhere = prepared.rule.match_type == MatchType::Contains;
            is_anywhere.then_some((n, prepared.keyword.as_str()))
        });
        Self {
            words: Words::new(anywhere),
            patterns: Patterns::new(&patterns),
            rules: prepared,
        }
    }

    /// Whether nothing is ever answered.
    pub(crate) fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The first rule that answers this text, written in a group or not.
    pub(crate) fn first(&self, text: &str, in_group: bool) -> Option<&Rule> {
        let lower = text.to_lowercase();
        // Read once, and only when a rule asks.
        let mut words: Option<Vec<bool>> = None;
        let mut found: Option<Vec<usize>> = None;
        let hit = self.rules.iter().enumerate().find(|(n, prepared)| {
            if !prepared.rule.trigger_type.is_here(in_group) {
                return false;
            }
            match (prepared.rule.match_type, prepared.pattern) {
                (MatchType::Exact, _) => lower == prepared.keyword,
                (MatchType::Contains, _) => {
                    let words = words.get_or_insert_with(|| self.words.found_in(&lower, self.rules.len()));
                    words.get(*n).copied().unwrap_or(false) && lower.contains(&prepared.keyword)
                }
                (MatchType::StartsWith, _) => lower.starts_with(&prepared.keyword),
                (MatchType::Regex, pattern) => {
                    let found = found.get_or_insert_with(|| self.patterns.found_in(text));
                    pattern.is_some_and(|pattern| found.binary_search(&pattern).is_ok())
                }
            }
        });
        hit.map(|(_, prepared)| &prepared.rule)
    }

    /// About what it takes in memory, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let text = |prepared: &Prepared| {
            let response = prepared.rule.response.as_ref().map_or(0, String::len);
            2 * prepared.keyword.len() + response + size_of::<Prepared>()
        };
        self.rules.iter().map(text).sum::<usize>() + self.patterns.weight() + self.words.weight()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(match_type: MatchType, keyword: &str) -> Rule {
        Rule {
            keyword: keyword.to_owned(),
            match_type,
            ..Rule::default()
        }
    }

    fn check(match_type: MatchType, keyword: &str, text: &str) -> bool {
        RuleSet::new(vec![rule(match_type, keyword)])
            .first(text, false)
            .is_some()
    }

    #[test]
    fn each_match_type_ignores_case() {
        assert!(check(MatchType::Exact, "Hello", "hELLO"));
        assert!(!check(MatchType::Exact, "Hello", " hello"));
        assert!(check(MatchType::Contains, "PRICE", "the price?"));
        assert!(check(MatchType::StartsWith, "order", "ORDER 5"));
        assert!(!check(MatchType::StartsWith, "order", "my order"));
        assert!(check(MatchType::Regex, r"^order \d+$", "Order 5"));
        assert!(!check(MatchType::Regex, r"^order \d+$", "order five"));
        assert!(
            !check(MatchType::Regex, "(", "("),
            "an invalid pattern matches nothing"
        );
        assert!(!check(MatchType::Contains, "", "anything"));
    }

    #[test]
    fn the_trigger_type_decides_where() {
        let mut group = rule(MatchType::Exact, "hi");
        group.trigger_type = TriggerType::Group;
        let mut private = rule(MatchType::Regex, "hi");
        private.trigger_type = TriggerType::Private;
        let set = RuleSet::new(vec![group.clone(), private.clone()]);
        assert_eq!(
            (set.first("hi", true), set.first("hi", false)),
            (Some(&group), Some(&private))
        );
        assert_eq!(set.first("oh hi", true), None);
    }

    #[test]
    fn of_a_thousand_rules_the_first_answers() {
        let kinds = [
            MatchType::Exact,
            MatchType::Contains,
            MatchType::StartsWith,
            MatchType::Regex,
        ];
        let rules: Vec<Rule> = (0..1000)
            .map(|n| match kinds[n % 4] {
                MatchType::Regex => rule(MatchType::Regex, &format!(r"\bitem {n}\s+(\d+|none)$")),
                other => rule(other, &format!("item {n:04}!")),
            })
            .collect();
        let set = RuleSet::new(rules);
        for (text, keyword) in [
            ("item 0996!", "item 0996!"),
            ("the ITEM 0001! please", "item 0001!"),
            ("my item 999 12", r"\bitem 999\s+(\d+|none)$"),
            ("item 0002! item 3 none", "item 0002!"),
        ] {
            assert_eq!(set.first(text, false).unwrap().keyword, keyword, "{text}");
        }
        assert_eq!(set.first("my item 999 twelve", false), None);
    }
}
