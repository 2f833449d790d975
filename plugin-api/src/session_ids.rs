//! Ids that lead to their session, for routes that name a thing and no session (`session = "resolved"`).

use crate::host::Host;

/// Digits of a session's row id, without its hyphens.
const SESSION_DIGITS: usize = 32;

/// The ids of one kind of thing: a prefix, the session's row id without hyphens, and digits of the thing's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionIds {
    /// What all of them begin with, `lbl_` for instance.
    pub prefix: &'static str,
    /// How many of the last digits of [`Host::unique_id`] an id ends with; `usize::MAX` for all of them, which sort by age.
    pub own_digits: usize,
}

impl SessionIds {
    /// A new id in this session (row id).
    pub fn make(&self, host: &dyn Host, session: &str) -> String {
        let digits = |text: &str| {
            text.chars()
                .filter(char::is_ascii_alphanumeric)
                .collect::<String>()
        };
        let own = digits(&host.unique_id());
        let tail = own
            .get(own.len().saturating_sub(self.own_digits)..)
            .unwrap_or(&own);
        format!("{}{}{tail}", self.prefix, digits(session))
    }

    /// The row id of the session that an id leads to; none when it is no such id.
    pub fn session_of(&self, id: &str) -> Option<String> {
        let digits = id.strip_prefix(self.prefix)?.get(..SESSION_DIGITS)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let part = |from: usize, to: usize| digits.get(from..to);
        let parts = [
            part(0, 8)?,
            part(8, 12)?,
            part(12, 16)?,
            part(16, 20)?,
            part(20, 32)?,
        ];
        Some(parts.join("-"))
    }

    /// The session that a segment of a path means, where it may name a thing instead of a session.
    pub fn session_named(&self, segment: &str) -> String {
        self.session_of(segment).unwrap_or_else(|| segment.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakeHost, SESSION_ID};

    #[test]
    fn an_id_leads_to_its_session() {
        let host = FakeHost::default();
        for own_digits in [12, usize::MAX] {
            let ids = SessionIds {
                prefix: "x_",
                own_digits,
            };
            let id = ids.make(&host, SESSION_ID);
            assert_eq!(ids.session_of(&id).as_deref(), Some(SESSION_ID));
            assert_ne!(id, ids.make(&host, SESSION_ID));
            assert_eq!(
                (&*ids.session_named(&id), &*ids.session_named("shop")),
                (SESSION_ID, "shop")
            );
            for odd in ["", "x_", "x_xyz", "shop", &id[1..], &"0".repeat(60)] {
                assert_eq!(ids.session_of(odd), None, "{odd}");
            }
        }
        let short = SessionIds {
            prefix: "x_",
            own_digits: 4,
        };
        assert_eq!(short.make(&host, SESSION_ID).len(), 2 + 32 + 4);
    }
}
