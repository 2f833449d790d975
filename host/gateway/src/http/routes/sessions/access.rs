//! `/api/sessions/{id}/access`: with whom a session is shared. For its owner and superadmins alone; what is taken back is
//! gone with the next request, and open streams ask again.

pub(crate) mod grant;
pub(crate) mod list;
pub(crate) mod revoke;

use serde::Serialize;
use wagate_storage::access::AccessRow;
use wagate_storage::clock::iso8601;
use wagate_storage::users::UserRow;

/// One user a session is shared with.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    id: String,
    /// The session's row id, as in the contract.
    session_id: String,
    user_id: String,
    created_at: String,
    user: Sharer,
}

#[derive(Debug, Serialize)]
struct Sharer {
    id: String,
    name: Option<String>,
    email: String,
    role: &'static str,
}

impl Entry {
    fn new(row: AccessRow, user: UserRow) -> Self {
        Self {
            id: row.id,
            session_id: row.session_id,
            user_id: row.user_id,
            created_at: iso8601(row.created_at),
            user: Sharer {
                id: user.id,
                name: user.name,
                email: user.email,
                role: user.role.as_str(),
            },
        }
    }
}
