//! Numbers that were looked up a moment ago.

use std::sync::Arc;

use quick_cache::sync::Cache;

/// Numbers that are remembered, of all sessions.
const CAPACITY: usize = 10_000;
/// How long an answer is good for: people join WhatsApp, and they seldom leave it.
const FRESH_MS: i64 = 10 * 60 * 1000;

/// Whether a number is on WhatsApp.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberCheck {
    /// As it was asked for.
    pub number: String,
    /// It is there.
    pub exists: bool,
    /// The phone JID, when it is there.
    pub jid: Option<String>,
    /// The LID, when it is known.
    pub lid: Option<String>,
    /// It is a business.
    pub is_business: bool,
    /// What is wrong with the number.
    pub error: Option<String>,
}

/// Answers, by session and JID, with when they came (ms).
pub(crate) struct Checked(Cache<(Arc<str>, String), (i64, NumberCheck)>);

impl Default for Checked {
    fn default() -> Self {
        Self(Cache::new(CAPACITY))
    }
}

impl Checked {
    pub(crate) fn get(&self, session: &Arc<str>, jid: &str, now_ms: i64) -> Option<NumberCheck> {
        let (at_ms, answer) = self.0.get(&(Arc::clone(session), jid.to_owned()))?;
        (0..FRESH_MS).contains(&(now_ms - at_ms)).then_some(answer)
    }

    pub(crate) fn keep(&self, session: &Arc<str>, jid: &str, now_ms: i64, answer: NumberCheck) {
        self.0
            .insert((Arc::clone(session), jid.to_owned()), (now_ms, answer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_good_for_a_while_and_for_one_session() {
        let checked = Checked::default();
        let (shop, other): (Arc<str>, Arc<str>) = ("shop".into(), "other".into());
        let answer = NumberCheck {
            number: "12025550102".to_owned(),
            exists: true,
            jid: None,
            lid: None,
            is_business: false,
            error: None,
        };
        checked.keep(&shop, "a@lid", 1000, answer.clone());
        assert_eq!(checked.get(&shop, "a@lid", 1000 + FRESH_MS - 1), Some(answer));
        assert_eq!(checked.get(&shop, "a@lid", 1000 + FRESH_MS), None);
        assert_eq!(checked.get(&shop, "a@lid", 0), None, "the clock went back");
        assert_eq!(checked.get(&other, "a@lid", 1000), None);
    }
}
