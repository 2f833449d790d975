//! What the administrator can set: rules for every session.

use serde::Deserialize;
use wagate_plugin_api::Error;

use crate::pattern;
use crate::rules::{MAX_RULES, MatchType, Rule, TriggerType};

/// `[settings]` of `config/plugins/autoreply.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    rules: Vec<FileRule>,
}

/// `[[settings.rules]]`, with the same words as the API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRule {
    keyword: String,
    response: String,
    #[serde(default)]
    match_type: MatchType,
    #[serde(default)]
    trigger_type: TriggerType,
}

impl Settings {
    /// The rules, checked: a file with one that cannot work is refused as a whole.
    pub(crate) fn into_rules(self) -> Result<Vec<Rule>, Error> {
        if self.rules.len() > MAX_RULES as usize {
            return Err(Error::bad_request(format!(
                "[settings] rules: at most {MAX_RULES}"
            )));
        }
        self.rules
            .into_iter()
            .enumerate()
            .map(|(index, rule)| rule.into_rule(index))
            .collect()
    }
}

impl FileRule {
    fn into_rule(self, index: usize) -> Result<Rule, Error> {
        let refuse = |what: &str| Err(Error::bad_request(format!("[settings] rules[{index}].{what}")));
        if self.keyword.is_empty() {
            return refuse("keyword: must not be empty");
        }
        if self.response.is_empty() {
            return refuse("response: must not be empty");
        }
        if self.match_type == MatchType::Regex
            && let Err(problem) = pattern::check(&self.keyword)
        {
            return refuse(&format!("keyword: {problem}"));
        }
        let Self {
            keyword,
            response,
            match_type,
            trigger_type,
        } = self;
        Ok(Rule {
            keyword,
            match_type,
            response,
            trigger_type,
        })
    }
}
