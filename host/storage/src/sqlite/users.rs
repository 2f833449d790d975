//! `users` over SQLite.

use async_trait::async_trait;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::SqliteStorage;
use crate::StorageError;
use crate::api_keys::ApiKeyRow;
use crate::users::{Role, UserRow, Users};

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
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

#[async_trait]
impl Users for SqliteStorage {
    async fn insert_first_user(&self, user: UserRow, key: ApiKeyRow) -> Result<bool, StorageError> {
        self.write(move |c| {
            Box::pin(async move {
                let inserted = sqlx::query(
                    "INSERT INTO users (id, email, name, password_hash, role, created_at, updated_at) \
                     SELECT ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM users)",
                )
                .bind(&user.id)
                .bind(user.email)
                .bind(user.name)
                .bind(user.password_hash)
                .bind(user.role.as_str())
                .bind(user.created_at)
                .bind(user.updated_at)
                .execute(&mut *c)
                .await?
                .rows_affected()
                    == 1;
                if inserted {
                    super::api_keys::insert(c, key).await?;
                }
                Ok(inserted)
            })
        })
        .await
    }

    async fn user(&self, id: &str) -> Result<Option<UserRow>, StorageError> {
        let row = sqlx::query("SELECT * FROM users WHERE id = ?")
            .bind(id)
            .fetch_optional(self.readers())
            .await?;
        row.as_ref().map(user_from).transpose()
    }

    async fn count_users(&self) -> Result<i64, StorageError> {
        Ok(sqlx::query_scalar("SELECT count(*) FROM users")
            .fetch_one(self.readers())
            .await?)
    }
}
