//! A user as the contract shows them. Never a password, not even its hash.

use serde::Serialize;
use wagate_storage::clock::iso8601;
use wagate_storage::users::{UserInList, UserRow};

/// A user.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserView {
    id: String,
    name: Option<String>,
    email: String,
    role: &'static str,
    created_at: String,
    updated_at: String,
}

/// With what lists show beside them.
#[derive(Debug, Serialize)]
pub(crate) struct UserListItem {
    #[serde(flatten)]
    user: UserView,
    #[serde(rename = "_count")]
    count: Count,
}

#[derive(Debug, Serialize)]
struct Count {
    sessions: i64,
}

impl From<UserRow> for UserView {
    fn from(row: UserRow) -> Self {
        Self {
            role: row.role.as_str(),
            created_at: iso8601(row.created_at),
            updated_at: iso8601(row.updated_at),
            id: row.id,
            name: row.name,
            email: row.email,
        }
    }
}

impl From<UserInList> for UserListItem {
    fn from(item: UserInList) -> Self {
        Self {
            user: item.user.into(),
            count: Count {
                sessions: item.sessions,
            },
        }
    }
}
