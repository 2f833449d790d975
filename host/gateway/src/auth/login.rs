//! Logins: made from an address and a password, kept as the hash of a random token, which the browser holds as a cookie.

use rand::RngExt as _;
use rand::distr::Alphanumeric;
use sha2::{Digest as _, Sha256};
use wagate_storage::logins::LoginRow;
use wagate_storage::{SharedStorage, StorageError, new_row_id};

/// Letters and digits of a token: 256 bits and a little more.
pub(crate) const TOKEN_LEN: usize = 43;
/// What is kept of a browser's name.
const MAX_USER_AGENT: usize = 200;

/// A login that was just made.
#[derive(Debug)]
pub(crate) struct Login {
    /// The cookie's value. Nobody keeps it but the browser.
    pub(crate) token: String,
    /// When it ends at the latest.
    pub(crate) expires_at: i64,
}

/// Where a login comes from, as shown in the list of a user's logins.
#[derive(Debug, Clone, Default)]
pub(crate) struct From {
    /// The client's address.
    pub(crate) address: Option<String>,
    /// What the browser calls itself.
    pub(crate) user_agent: Option<String>,
}

/// Logs a user in, always under a new token: one that was planted in the browser before means nothing afterwards.
pub(crate) async fn start(
    storage: &SharedStorage,
    user_id: &str,
    from: From,
    now: i64,
    max_age_ms: i64,
) -> Result<Login, StorageError> {
    let token: String = rand::rng()
        .sample_iter(Alphanumeric)
        .take(TOKEN_LEN)
        .map(char::from)
        .collect();
    let expires_at = now.saturating_add(max_age_ms);
    let row = LoginRow {
        id: new_row_id(),
        user_id: user_id.to_owned(),
        token_hash: Sha256::digest(token.as_bytes()).to_vec(),
        address: from.address,
        user_agent: from
            .user_agent
            .map(|name| name.chars().take(MAX_USER_AGENT).collect()),
        created_at: now,
        last_seen_at: now,
        expires_at,
    };
    storage.insert_login(row).await?;
    Ok(Login { token, expires_at })
}
