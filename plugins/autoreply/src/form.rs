//! What a client sends to make or replace a rule.

use serde::Deserialize;
use wagate_plugin_api::Error;

use crate::pattern;
use crate::rules::{MatchType, Rule, TriggerType};
use crate::shelf::StoredRule;

const MAX_KEYWORD: usize = 1000;
const MAX_RESPONSE: usize = 64 * 1024;

/// The body, before it is understood. What is absent takes its default, on a replacement too.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Form {
    keyword: Option<String>,
    // Some clients of the contract say `reply`.
    #[serde(alias = "reply")]
    response: Option<String>,
    match_type: Option<MatchType>,
    trigger_type: Option<TriggerType>,
    is_media: Option<bool>,
    media_url: Option<String>,
    media_type: Option<String>,
}

impl Form {
    /// The rule it describes; `missing` is what the route answers when keyword or response is not there.
    pub(crate) fn into_rule(
        self,
        id: String,
        created_at_ms: i64,
        missing: &str,
    ) -> Result<StoredRule, Error> {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (Some(keyword), Some(response)) = (filled(self.keyword), filled(self.response)) else {
            return Err(Error::bad_request(missing));
        };
        if keyword.len() > MAX_KEYWORD {
            return Err(Error::bad_request(format!(
                "keyword: at most {MAX_KEYWORD} bytes"
            )));
        }
        if response.len() > MAX_RESPONSE {
            return Err(Error::bad_request(format!(
                "response: at most {MAX_RESPONSE} bytes"
            )));
        }
        let match_type = self.match_type.unwrap_or_default();
        if match_type == MatchType::Regex {
            pattern::check(&keyword).map_err(|problem| Error::bad_request(format!("keyword: {problem}")))?;
        }
        Ok(StoredRule {
            id,
            rule: Rule {
                keyword,
                match_type,
                response,
                trigger_type: self.trigger_type.unwrap_or_default(),
            },
            is_media: self.is_media.unwrap_or_default(),
            media_url: filled(self.media_url),
            media_type: filled(self.media_type),
            created_at_ms,
        })
    }
}
