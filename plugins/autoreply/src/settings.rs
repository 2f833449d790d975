//! What the administrator can set: rules for every session.

use serde::Deserialize;
use wagate_plugin_api::Error;

use crate::media::{self, MediaType};
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
    #[serde(default)]
    response: String,
    #[serde(default)]
    match_type: MatchType,
    #[serde(default)]
    trigger_type: TriggerType,
    media_url: Option<String>,
    media_type: Option<MediaType>,
}

impl Settings {
    /// The rules, checked: a file with one that cannot work is refused as a whole.
    pub(crate) fn into_rules(self) -> Result<Vec<Rule>, Error> {
        if self.rules.len() > MAX_RULES as usize {
            return Err(Error::bad_request(format!(
                "[settings] rules: at most {MAX_RULES}"
            )));
        }
        let rules = self.rules.into_iter().enumerate();
        let rules = rules
            .map(|(index, rule)| rule.into_rule(index))
            .collect::<Result<Vec<_>, _>>()?;
        let is_pattern = |(_, rule): &(usize, &Rule)| rule.match_type == MatchType::Regex;
        let (places, patterns): (Vec<usize>, Vec<String>) = rules
            .iter()
            .enumerate()
            .filter(is_pattern)
            .map(|(index, rule)| (index, rule.keyword.clone()))
            .unzip();
        pattern::check(&patterns).map_err(|(which, problem)| {
            let index = places.get(which).copied().unwrap_or_default();
            Error::bad_request(format!("[settings] rules[{index}].keyword: {problem}"))
        })?;
        Ok(rules)
    }
}

impl FileRule {
    fn into_rule(self, index: usize) -> Result<Rule, Error> {
        let refuse = |what: &str| Err(Error::bad_request(format!("[settings] rules[{index}].{what}")));
        if self.keyword.is_empty() {
            return refuse("keyword: must not be empty");
        }
        let media_url = self.media_url.filter(|url| !url.is_empty());
        if self.response.is_empty() && media_url.is_none() {
            return refuse("response: must not be empty without media_url");
        }
        if let Some(Err(problem)) = media_url.as_deref().map(media::check_url) {
            return refuse(&format!("media_url: {problem}"));
        }
        Ok(Rule {
            keyword: self.keyword,
            match_type: self.match_type,
            response: Some(self.response).filter(|response| !response.is_empty()),
            trigger_type: self.trigger_type,
            is_media: media_url.is_some(),
            media_url,
            media_type: self.media_type,
        })
    }
}
