//! A rule, and whether it answers a text. No host calls.

use serde::{Deserialize, Serialize};

use crate::pattern::Patterns;

/// How many rules a session, or the administrator's file, can have.
pub(crate) const MAX_RULES: u32 = 200;

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

/// What is compared, where, and what is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    pub(crate) keyword: String,
    pub(crate) match_type: MatchType,
    pub(crate) response: String,
    pub(crate) trigger_type: TriggerType,
}

impl Rule {
    /// Whether this rule answers `text`, written in a group or not.
    pub(crate) fn matches(&self, text: &str, in_group: bool, patterns: &Patterns) -> bool {
        let here = match self.trigger_type {
            TriggerType::All => true,
            TriggerType::Group => in_group,
            TriggerType::Private => !in_group,
        };
        // An empty keyword would be contained in everything.
        if !here || self.keyword.is_empty() {
            return false;
        }
        match self.match_type {
            MatchType::Exact => text.to_lowercase() == self.keyword.to_lowercase(),
            MatchType::Contains => text.to_lowercase().contains(&self.keyword.to_lowercase()),
            MatchType::StartsWith => text.to_lowercase().starts_with(&self.keyword.to_lowercase()),
            MatchType::Regex => patterns.is_match(&self.keyword, text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(match_type: MatchType, keyword: &str, text: &str) -> bool {
        let rule = Rule {
            keyword: keyword.to_owned(),
            match_type,
            response: String::new(),
            trigger_type: TriggerType::All,
        };
        rule.matches(text, false, &Patterns::default())
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
        let mut rule = Rule {
            keyword: "hi".to_owned(),
            match_type: MatchType::Exact,
            response: String::new(),
            trigger_type: TriggerType::Group,
        };
        let patterns = Patterns::default();
        assert!(rule.matches("hi", true, &patterns) && !rule.matches("hi", false, &patterns));
        rule.trigger_type = TriggerType::Private;
        assert!(!rule.matches("hi", true, &patterns) && rule.matches("hi", false, &patterns));
    }
}
