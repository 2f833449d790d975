//! What a client sends to make or replace a rule.

use serde::Deserialize;
use wagate_plugin_api::Error;

use crate::media::{self, MediaType};
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
    /// The rule it describes; `missing` is what the route answers when the keyword, or what to answer, is not there.
    pub(crate) fn into_rule(
        self,
        id: String,
        created_at_ms: i64,
        missing: &str,
    ) -> Result<StoredRule, Error> {
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let (response, media_url) = (filled(self.response), filled(self.media_url));
        let Some(keyword) = filled(self.keyword) else {
            return Err(Error::bad_request(missing));
        };
        if response.is_none() && media_url.is_none() {
            return Err(Error::bad_request(missing));
        }
        if keyword.len() > MAX_KEYWORD {
            return Err(Error::bad_request(format!(
                "keyword: at most {MAX_KEYWORD} bytes"
            )));
        }
        if response
            .as_ref()
            .is_some_and(|response| response.len() > MAX_RESPONSE)
        {
            return Err(Error::bad_request(format!(
                "response: at most {MAX_RESPONSE} bytes"
            )));
        }
        let is_media = self.is_media.unwrap_or(media_url.is_some());
        match &media_url {
            Some(url) => {
                media::check_url(url)
                    .map_err(|problem| Error::bad_request(format!("mediaUrl: {problem}")))?;
            }
            None if is_media => return Err(Error::bad_request("mediaUrl is required with isMedia")),
            None => {}
        }
        let match_type = self.match_type.unwrap_or_default();
        let cost = if match_type == MatchType::Regex {
            pattern::cost(&keyword).map_err(|problem| Error::bad_request(format!("keyword: {problem}")))?
        } else {
            0
        };
        Ok(StoredRule {
            id,
            rule: Rule {
                keyword,
                match_type,
                response,
                trigger_type: self.trigger_type.unwrap_or_default(),
                is_media,
                media_url,
                media_type: filled(self.media_type)
                    .map(|word| media_type(&word))
                    .transpose()?,
            },
            cost,
            created_at_ms,
        })
    }
}

fn media_type(word: &str) -> Result<MediaType, Error> {
    match word.to_lowercase().as_str() {
        "image" => Ok(MediaType::Image),
        "video" => Ok(MediaType::Video),
        "audio" => Ok(MediaType::Audio),
        "document" => Ok(MediaType::Document),
        _ => Err(Error::bad_request(
            "mediaType: must be image, video, audio or document",
        )),
    }
}
