//! The first administrator: made when a database has no users, in one transaction with their key, so that of many
//! starts at once exactly one makes one. There is no default password.

use anyhow::{Context as _, bail};
use wagate_storage::api_keys::ApiKeyRow;
use wagate_storage::clock::SharedClock;
use wagate_storage::users::{Role, UserRow};
use wagate_storage::{SharedStorage, new_row_id};

use super::{email, key, password};
use crate::config::environment::FirstAdmin;
use crate::out;

const DEFAULT_EMAIL: &str = "admin@localhost";
const MIN_KEY: usize = 16;
const MIN_PASSWORD: usize = 12;
const MAX_PASSWORD: usize = 128;
const GENERATED_PASSWORD: usize = 24;

/// Makes the first administrator when there are no users. `true` when this call made them.
/// What had to be generated is printed on stderr, once, and kept nowhere.
pub(crate) async fn ensure(
    storage: &SharedStorage,
    clock: &SharedClock,
    given: FirstAdmin,
) -> anyhow::Result<bool> {
    if storage.count_users().await.context("cannot read the users")? > 0 {
        return Ok(false);
    }
    let account = Account::from_given(given)?;
    let plain = account.password.clone();
    let password_hash = tokio::task::spawn_blocking(move || password::hash(&plain))
        .await
        .context("the password could not be hashed")??;
    let now = clock.now_ms();
    let user = UserRow {
        id: new_row_id(),
        email: account.email.clone(),
        name: Some("Administrator".to_owned()),
        password_hash: Some(password_hash),
        role: Role::SuperAdmin,
        disabled: false,
        created_at: now,
        updated_at: now,
    };
    let row = ApiKeyRow {
        id: new_row_id(),
        user_id: user.id.clone(),
        name: "first key".to_owned(),
        hash: key::hash(&account.api_key).to_vec(),
        prefix: key::prefix(&account.api_key),
        last4: key::last4(&account.api_key),
        // Theirs, as if they had asked for it: `POST /api/user/api-key` replaces it.
        is_default: true,
        created_at: now,
        ..ApiKeyRow::default()
    };
    let made = storage
        .insert_first_user(user, row)
        .await
        .context("cannot create the first administrator")?;
    if made {
        account.announce();
    }
    Ok(made)
}

/// A complete account, and which parts of it nobody knows yet.
struct Account {
    email: String,
    password: String,
    password_is_new: bool,
    api_key: String,
    api_key_is_new: bool,
}

impl Account {
    fn from_given(given: FirstAdmin) -> anyhow::Result<Self> {
        let email = match given.email {
            Some(email) => checked_email(&email)?,
            None => DEFAULT_EMAIL.to_owned(),
        };
        let password_is_new = given.password.is_none();
        let password = match given.password {
            Some(password) => checked_password(password)?,
            None => key::random_text(GENERATED_PASSWORD),
        };
        let api_key_is_new = given.api_key.is_none();
        let api_key = match given.api_key {
            Some(api_key) => checked_key(api_key)?,
            None => key::generate(),
        };
        Ok(Self {
            email,
            password,
            password_is_new,
            api_key,
            api_key_is_new,
        })
    }

    fn announce(&self) {
        tracing::info!("the first administrator was created");
        if !self.password_is_new && !self.api_key_is_new {
            return;
        }
        out::error_line("");
        out::error_line("The first administrator was created. What follows is shown once and kept nowhere:");
        out::error_line(&format!("  email     {}", self.email));
        if self.password_is_new {
            out::error_line(&format!("  password  {}", self.password));
        }
        if self.api_key_is_new {
            out::error_line(&format!("  API key   {}", self.api_key));
        }
        out::error_line("");
    }
}

fn checked_email(email: &str) -> anyhow::Result<String> {
    email::normalise(email).context("WAGATE_ADMIN_EMAIL is not an e-mail address")
}

fn checked_password(password: String) -> anyhow::Result<String> {
    if password.chars().count() < MIN_PASSWORD || password.len() > MAX_PASSWORD {
        bail!(
            "WAGATE_ADMIN_PASSWORD must have at least {MIN_PASSWORD} characters and at most {MAX_PASSWORD} bytes; \
             unset it to have one generated"
        );
    }
    Ok(password)
}

fn checked_key(api_key: String) -> anyhow::Result<String> {
    if api_key.is_empty() {
        bail!("WAGATE_ADMIN_API_KEY is set but empty: give it a value, or unset it to have a key generated");
    }
    if api_key.chars().count() < MIN_KEY {
        bail!(
            "WAGATE_ADMIN_API_KEY is too short: at least {MIN_KEY} characters, or unset it to have a key generated"
        );
    }
    // It travels in a header.
    if !api_key.bytes().all(|byte| byte.is_ascii_graphic()) {
        bail!("WAGATE_ADMIN_API_KEY may hold visible ASCII characters only");
    }
    if !key::is_plausible(&api_key) {
        bail!("WAGATE_ADMIN_API_KEY is too long, or looks like a generated key with wrong check digits");
    }
    Ok(api_key)
}

#[cfg(test)]
mod tests {
    use super::{Account, checked_email, checked_key, checked_password};
    use crate::config::environment::FirstAdmin;

    #[test]
    fn what_is_missing_is_generated() {
        let account = Account::from_given(FirstAdmin::default()).unwrap();
        assert!(account.password_is_new && account.api_key_is_new);
        assert_eq!(account.email, "admin@localhost");
        assert_eq!(account.password.len(), 24);
        assert!(account.api_key.starts_with("wag_"));
    }

    #[test]
    fn an_empty_or_short_key_is_refused_by_name() {
        for bad in ["", "short", "fifteen-letters"] {
            let error = checked_key(bad.to_owned()).unwrap_err().to_string();
            assert!(error.starts_with("WAGATE_ADMIN_API_KEY"), "{error}");
        }
        assert!(checked_key("exactly-16-chars".to_owned()).is_ok());
        assert!(checked_key("a key with spaces in it".to_owned()).is_err());
        assert!(checked_key(format!("wag_{}_000000", "a".repeat(32))).is_err());
    }

    #[test]
    fn weak_passwords_and_odd_addresses_are_refused() {
        assert!(checked_password("elevenchars".to_owned()).is_err());
        assert!(checked_password("twelve chars".to_owned()).is_ok());
        assert_eq!(
            checked_email(" Owner@Example.test ").unwrap(),
            "owner@example.test"
        );
        assert!(checked_email("nobody").is_err());
        assert!(checked_email("").is_err());
    }
}
