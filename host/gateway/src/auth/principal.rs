//! Who is asking: a user, and what they came with.

use std::sync::Arc;

use wagate_protocol::manifest::Action;
use wagate_storage::users::Role;

use super::need::{Need, role_may};

/// Who is asking.
#[derive(Debug, Clone)]
pub(crate) struct Principal {
    /// The user's row id.
    pub(crate) user_id: String,
    /// The user's role now, not when the key was made.
    pub(crate) role: Role,
    /// What people call them.
    pub(crate) name: Option<String>,
    /// Their address.
    pub(crate) email: String,
    /// What they came with.
    pub(crate) credential: Credential,
}

/// What a caller shows.
#[derive(Debug, Clone)]
pub(crate) enum Credential {
    /// An API key.
    Key {
        /// Its row id, for the log.
        id: String,
        /// What it may be used for.
        limits: KeyLimits,
    },
    /// A cookie.
    Login {
        /// The login's row id.
        id: String,
        /// Of the cookie's value: the CSRF token hangs on it.
        token_hash: [u8; 32],
        /// When it ends at the latest.
        expires_at: i64,
    },
}

/// What a key may be used for; it can never do more than its user.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyLimits {
    /// None: every action.
    pub(crate) scopes: Option<Vec<Action>>,
    /// Row ids; none: every session.
    pub(crate) sessions: Option<Arc<[String]>>,
    /// Whether it ends some day.
    pub(crate) expires: bool,
}

impl KeyLimits {
    fn is_unlimited(&self) -> bool {
        self.scopes.is_none() && self.sessions.is_none() && !self.expires
    }
}

/// Why a caller may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Their role does not do this.
    Role(Role, Action),
    /// Their key is not for this.
    Scope(Action),
    /// A limited key does not decide about keys and logins.
    LimitedKey,
}

impl Principal {
    /// Whether they may do this at all, sessions aside.
    pub(crate) fn check(&self, need: Need) -> Result<(), Refusal> {
        if need == Need::Myself {
            return self.without_limits();
        }
        let Some(action) = need.action() else {
            return Ok(());
        };
        if !role_may(self.role, action) {
            return Err(Refusal::Role(self.role, action));
        }
        match &self.credential {
            // What decides about the gateway is about no session.
            Credential::Key { limits, .. } if action == Action::Admin && limits.sessions.is_some() => {
                Err(Refusal::LimitedKey)
            }
            Credential::Key { limits, .. }
                if limits
                    .scopes
                    .as_ref()
                    .is_some_and(|scopes| !scopes.contains(&action)) =>
            {
                Err(Refusal::Scope(action))
            }
            _ if matches!(need, Need::Accounts | Need::Share) => self.without_limits(),
            Credential::Key { .. } | Credential::Login { .. } => Ok(()),
        }
    }

    /// A key with limits would get rid of them where keys and logins are decided about.
    fn without_limits(&self) -> Result<(), Refusal> {
        match &self.credential {
            Credential::Key { limits, .. } if !limits.is_unlimited() => Err(Refusal::LimitedKey),
            Credential::Key { .. } | Credential::Login { .. } => Ok(()),
        }
    }

    /// Whether their key is for this session (row id), whoever it belongs to.
    pub(crate) fn reaches(&self, session_id: &str) -> bool {
        match &self.credential {
            Credential::Key { limits, .. } => limits
                .sessions
                .as_ref()
                .is_none_or(|sessions| sessions.iter().any(|id| id == session_id)),
            Credential::Login { .. } => true,
        }
    }

    /// Whether their key is for some sessions only.
    pub(crate) fn is_bound_to_sessions(&self) -> bool {
        matches!(&self.credential, Credential::Key { limits, .. } if limits.sessions.is_some())
    }

    /// The row id of the key or login, for limits and for the log.
    pub(crate) fn credential_id(&self) -> &str {
        match &self.credential {
            Credential::Key { id, .. } | Credential::Login { id, .. } => id,
        }
    }

    /// The login's row id, when they came with a cookie.
    pub(crate) fn login_id(&self) -> Option<&str> {
        match &self.credential {
            Credential::Login { id, .. } => Some(id),
            Credential::Key { .. } => None,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use wagate_protocol::manifest::Action;
    use wagate_storage::users::Role;

    use super::{Credential, KeyLimits, Principal, Refusal};
    use crate::auth::need::Need;

    pub(crate) fn with_key(role: Role, limits: KeyLimits) -> Principal {
        Principal {
            user_id: "ann".to_owned(),
            role,
            name: None,
            email: "ann@example.test".to_owned(),
            credential: Credential::Key {
                id: "key".to_owned(),
                limits,
            },
        }
    }

    #[test]
    fn a_scope_narrows_and_never_widens() {
        let reader = KeyLimits {
            scopes: Some(vec![Action::Read, Action::Admin]),
            ..KeyLimits::default()
        };
        let owner = with_key(Role::Owner, reader);
        assert_eq!(owner.check(Need::Act(Action::Read)), Ok(()));
        assert_eq!(
            owner.check(Need::Act(Action::Send)),
            Err(Refusal::Scope(Action::Send))
        );
        assert_eq!(
            owner.check(Need::Act(Action::Admin)),
            Err(Refusal::Role(Role::Owner, Action::Admin))
        );
        assert_eq!(owner.check(Need::Own), Err(Refusal::Scope(Action::Manage)));
        assert_eq!(owner.check(Need::Myself), Err(Refusal::LimitedKey));
        assert_eq!(
            with_key(Role::Staff, KeyLimits::default()).check(Need::Myself),
            Ok(())
        );
    }

    #[test]
    fn a_key_reaches_the_sessions_it_is_for() {
        let bound = KeyLimits {
            sessions: Some(vec!["shop".to_owned()].into()),
            ..KeyLimits::default()
        };
        let bound = with_key(Role::SuperAdmin, bound);
        assert!(bound.reaches("shop") && !bound.reaches("other"));
        assert!(with_key(Role::Owner, KeyLimits::default()).reaches("other"));
        let none = KeyLimits {
            sessions: Some(Vec::new().into()),
            ..KeyLimits::default()
        };
        assert!(!with_key(Role::Owner, none).reaches("shop"));
    }
}
