//! `users` over SQLite.

use async_trait::async_trait;

use super::{AllRemembered, SqliteStorage};
use crate::StorageError;
use crate::api_keys::ApiKeyRow;
use crate::db::{self, SqliteConnection, SqliteRow};
use crate::users::{RegistrationGate, Role, UserChange, UserInList, UserRefusal, UserRow, Users};

/// Reads a user from a row whose columns are named as in the table.
pub(super) fn user_from(row: &SqliteRow) -> Result<UserRow, StorageError> {
    let role: String = row.try_get("role")?;
    Ok(UserRow {
        id: row.try_get("id")?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        password_hash: row.try_get("password_hash")?,
        role: Role::parse(&role).ok_or(StorageError::Inconsistent {
            table: "users",
            column: "role",
        })?,
        disabled: row.try_get("disabled")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

/// Inserts, in the first case only while there is no user at all.
async fn insert(c: &mut SqliteConnection, user: UserRow, only_first: bool) -> Result<bool, StorageError> {
    let done = db::query(
        "INSERT INTO users (id, email, name, password_hash, role, created_at, updated_at) \
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT ?8 OR NOT EXISTS (SELECT 1 FROM users)",
    )
    .bind(user.id)
    .bind(user.email)
    .bind(user.name)
    .bind(user.password_hash)
    .bind(user.role.as_str())
    .bind(user.created_at)
    .bind(user.updated_at)
    .bind(only_first)
    .execute(c)
    .await
    .map_err(taken)?;
    Ok(done.rows_affected() == 1)
}

fn taken(error: db::Error) -> StorageError {
    if error.is_unique_violation() {
        StorageError::Conflict("email")
    } else {
        error.into()
    }
}

async fn find(c: &mut SqliteConnection, id: &str) -> Result<Option<UserRow>, StorageError> {
    let row = db::query("SELECT * FROM users WHERE id = ?")
        .bind(id)
        .fetch_optional(c)
        .await?;
    row.as_ref().map(user_from).transpose()
}

/// Whether there is a superadmin besides this user.
async fn is_replaceable(c: &mut SqliteConnection, user: &UserRow) -> Result<bool, StorageError> {
    if user.role != Role::SuperAdmin || user.disabled {
        return Ok(true);
    }
    let others: i64 =
        db::query_scalar("SELECT count(*) FROM users WHERE role = 'SUPERADMIN' AND NOT disabled AND id <> ?")
            .bind(&user.id)
            .fetch_one(c)
            .await?;
    Ok(others > 0)
}

async fn update(
    c: &mut SqliteConnection,
    id: &str,
    change: UserChange,
    keep_login: Option<String>,
    now: i64,
) -> Result<Result<UserRow, UserRefusal>, StorageError> {
    let Some(user) = find(&mut *c, id).await? else {
        return Ok(Err(UserRefusal::Unknown));
    };
    let demoted = change.role.is_some_and(|role| role != Role::SuperAdmin);
    if demoted && !is_replaceable(&mut *c, &user).await? {
        return Ok(Err(UserRefusal::LastSuperAdmin));
    }
    let ends_logins = change.password_hash.is_some() || change.role.is_some_and(|role| role != user.role);
    db::query(
        "UPDATE users SET name = coalesce(?2, name), email = coalesce(?3, email), \
         password_hash = coalesce(?4, password_hash), role = coalesce(?5, role), updated_at = ?6 WHERE id = ?1",
    )
    .bind(id)
    .bind(change.name)
    .bind(change.email)
    .bind(change.password_hash)
    .bind(change.role.map(Role::as_str))
    .bind(now)
    .execute(&mut *c)
    .await
    .map_err(taken)?;
    if ends_logins {
        db::query("DELETE FROM logins WHERE user_id = ?1 AND id <> coalesce(?2, '')")
            .bind(id)
            .bind(keep_login)
            .execute(&mut *c)
            .await?;
    }
    let user = find(c, id).await?;
    Ok(user.ok_or(UserRefusal::Unknown))
}

async fn disable(
    c: &mut SqliteConnection,
    id: &str,
    now: i64,
) -> Result<Result<(), UserRefusal>, StorageError> {
    let Some(user) = find(&mut *c, id).await? else {
        return Ok(Err(UserRefusal::Unknown));
    };
    if !is_replaceable(&mut *c, &user).await? {
        return Ok(Err(UserRefusal::LastSuperAdmin));
    }
    db::query("UPDATE users SET disabled = 1, updated_at = ? WHERE id = ?")
        .bind(now)
        .bind(id)
        .execute(&mut *c)
        .await?;
    for statement in [
        "DELETE FROM api_keys WHERE user_id = ?",
        "DELETE FROM logins WHERE user_id = ?",
        "DELETE FROM session_access WHERE user_id = ?",
    ] {
        db::query(statement).bind(id).execute(&mut *c).await?;
    }
    Ok(Ok(()))
}

#[async_trait]
impl Users for SqliteStorage {
    async fn insert_first_user(&self, user: UserRow, key: ApiKeyRow) -> Result<bool, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let inserted = insert(&mut *c, user, true).await?;
                if inserted {
                    super::api_keys::insert(c, key).await?;
                }
                Ok(inserted)
            })
        })
        .await
    }

    async fn user(&self, id: &str) -> Result<Option<UserRow>, StorageError> {
        let row = db::query("SELECT * FROM users WHERE id = ?")
            .bind(id)
            .fetch_optional(self.near())
            .await?;
        row.as_ref().map(user_from).transpose()
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<UserRow>, StorageError> {
        let row = db::query("SELECT * FROM users WHERE email = ?")
            .bind(email)
            .fetch_optional(self.near())
            .await?;
        row.as_ref().map(user_from).transpose()
    }

    async fn users(&self) -> Result<Vec<UserInList>, StorageError> {
        let rows = db::query(
            "SELECT u.*, (SELECT count(*) FROM sessions s WHERE s.user_id = u.id) AS session_count \
             FROM users u ORDER BY u.created_at DESC, u.id DESC",
        )
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(UserInList {
                    user: user_from(row)?,
                    sessions: row.try_get("session_count")?,
                })
            })
            .collect()
    }

    async fn count_users(&self) -> Result<i64, StorageError> {
        Ok(db::query_scalar("SELECT count(*) FROM users")
            .fetch_one(self.readers())
            .await?)
    }

    async fn insert_user(&self, user: UserRow, gate: RegistrationGate) -> Result<bool, StorageError> {
        self.write(move |c| Box::pin(insert(c, user, gate == RegistrationGate::First)))
            .await
    }

    async fn update_user(
        &self,
        id: &str,
        change: UserChange,
        keep_login: Option<&str>,
        now: i64,
    ) -> Result<Result<UserRow, UserRefusal>, StorageError> {
        let (id, keep_login) = (id.to_owned(), keep_login.map(str::to_owned));
        self.write(move |c| Box::pin(async move { update(c, &id, change, keep_login, now).await }))
            .await
    }

    async fn disable_user(&self, id: &str, now: i64) -> Result<Result<(), UserRefusal>, StorageError> {
        let id = id.to_owned();
        self.write(move |c| Box::pin(async move { disable(c, &id, now).await }))
            .await
    }

    async fn delete_user(&self, id: &str) -> Result<bool, StorageError> {
        let id = id.to_owned();
        // With their sessions, and what hangs on these.
        self.write_changing(AllRemembered::change_all, move |c| {
            Box::pin(async move {
                let done = db::query("DELETE FROM users WHERE id = ?")
                    .bind(id)
                    .execute(c)
                    .await?;
                Ok(done.rows_affected() == 1)
            })
        })
        .await
    }
}
