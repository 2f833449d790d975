//! Rows that have to be there before anything else can be: a user with a key, and sessions.

use wagate_storage::SharedStorage;
use wagate_storage::api_keys::ApiKeyRow;
use wagate_storage::sessions::{Desired, SessionRow};
use wagate_storage::users::{Role, UserRow};

/// The only user.
const USER: &str = "user";

/// The user, whose key has this hash.
pub(crate) async fn add_user(storage: &SharedStorage, key_hash: Vec<u8>) -> anyhow::Result<()> {
    let user = UserRow {
        id: USER.to_owned(),
        email: "admin@example.test".to_owned(),
        name: None,
        password_hash: None,
        role: Role::SuperAdmin,
        disabled: false,
        created_at: 0,
        updated_at: 0,
    };
    let key = ApiKeyRow {
        id: "key".to_owned(),
        user_id: USER.to_owned(),
        name: "bench".to_owned(),
        hash: key_hash,
        last4: "0000".to_owned(),
        ..ApiKeyRow::default()
    };
    anyhow::ensure!(
        storage.insert_first_user(user, key).await?,
        "the database has a user already"
    );
    Ok(())
}

/// A session nobody wants running.
pub(crate) async fn add_session(storage: &SharedStorage, id: &str) -> anyhow::Result<()> {
    let row = SessionRow {
        id: id.to_owned(),
        user_id: USER.to_owned(),
        slug: id.to_owned(),
        name: id.to_owned(),
        desired: Desired::Stopped,
        status: "STOPPED".to_owned(),
        cause: None,
        pn: None,
        lid: None,
        push_name: None,
        config: "{}".to_owned(),
        created_at: 0,
        updated_at: 0,
    };
    storage.insert_session(row).await?;
    Ok(())
}
