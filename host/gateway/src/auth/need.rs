//! What a route asks of its caller. The table of roles is in `docs/rights.md`; this file is what it describes.

use wagate_protocol::manifest::Action;
use wagate_storage::users::Role;

/// What a route needs. A route of the host without one cannot be written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nobody is asked.
    Public,
    /// A user, about nobody but themselves. With a key: one that is not limited, so that a limited key cannot make
    /// itself an unlimited one.
    Myself,
    /// This action; on a session also for those it is shared with.
    Act(Action),
    /// The owner of the session, or a superadmin.
    Own,
    /// Who gives a session to others: as [`Self::Own`], and a key that is not limited, because what it gives away is more
    /// than it has, and outlives it.
    Share,
    /// Who decides about everybody's keys and logins: as [`Self::Act`] with `admin`, and a key that is not limited.
    Accounts,
}

impl Need {
    /// The action behind it, for roles and scopes.
    pub(crate) fn action(self) -> Option<Action> {
        match self {
            Self::Public | Self::Myself => None,
            Self::Act(action) => Some(action),
            Self::Own | Self::Share => Some(Action::Manage),
            Self::Accounts => Some(Action::Admin),
        }
    }

    /// Whether a change through such a route is worth a line in the audit log.
    pub(crate) fn is_audited(self) -> bool {
        match self {
            Self::Public | Self::Act(Action::Read | Action::Send) => false,
            Self::Myself
            | Self::Own
            | Self::Share
            | Self::Accounts
            | Self::Act(Action::Manage | Action::Admin) => true,
        }
    }
}

/// What a role may do at all; on which sessions is another question (`http::access`).
pub(crate) fn role_may(role: Role, action: Action) -> bool {
    match (role, action) {
        (Role::SuperAdmin, _)
        | (Role::Owner, Action::Read | Action::Send | Action::Manage)
        | (Role::Staff, Action::Read | Action::Send) => true,
        (Role::Owner, Action::Admin) | (Role::Staff, Action::Manage | Action::Admin) => false,
    }
}

#[cfg(test)]
mod tests {
    use wagate_protocol::manifest::Action;
    use wagate_storage::users::Role;

    use super::role_may;

    #[test]
    fn the_roles_are_the_documented_ones() {
        let may = |role| Action::ALL.map(|action| role_may(role, action));
        assert_eq!(may(Role::SuperAdmin), [true, true, true, true]);
        assert_eq!(may(Role::Owner), [true, true, true, false]);
        assert_eq!(may(Role::Staff), [true, true, false, false]);
    }
}
