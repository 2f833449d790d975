//! `groups` over SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::db::{self, SqliteConnection, SqliteRow};
use crate::events::NewEvent;
use crate::groups::{GroupEdit, GroupRow, Groups};

fn group_from(row: &SqliteRow) -> Result<GroupRow, StorageError> {
    let participants: &str = row.try_get("participants")?;
    Ok(GroupRow {
        id: row.try_get("id")?,
        jid: row.try_get("jid")?,
        subject: row.try_get("subject")?,
        subject_owner: row.try_get("subject_owner")?,
        subject_at: row.try_get("subject_at")?,
        description: row.try_get("description")?,
        description_id: row.try_get("description_id")?,
        description_owner: row.try_get("description_owner")?,
        description_at: row.try_get("description_at")?,
        owner: row.try_get("owner")?,
        created: row.try_get("created")?,
        announce: row.try_get("announce")?,
        restricted: row.try_get("restricted")?,
        ephemeral_seconds: row.try_get("ephemeral_seconds")?,
        join_approval: row.try_get("join_approval")?,
        member_add: row.try_get("member_add")?,
        is_community: row.try_get("is_community")?,
        is_announcement: row.try_get("is_announcement")?,
        linked_parent: row.try_get("linked_parent")?,
        suspended: row.try_get("suspended")?,
        addressing: row.try_get("addressing")?,
        invite_code: row.try_get("invite_code")?,
        picture_id: row.try_get("picture_id")?,
        picture_url: row.try_get("picture_url")?,
        participants: serde_json::from_str(participants).map_err(|_| StorageError::Inconsistent {
            table: "groups",
            column: "participants",
        })?,
        size: row.try_get("size")?,
        participating: row.try_get("participating")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

async fn find(
    c: &mut SqliteConnection,
    session_id: &str,
    jid: &str,
) -> Result<Option<GroupRow>, StorageError> {
    let row = db::query("SELECT * FROM groups WHERE session_id = ? AND jid = ?")
        .bind(session_id)
        .bind(jid)
        .fetch_optional(c)
        .await?;
    row.as_ref().map(group_from).transpose()
}

async fn put(c: &mut SqliteConnection, session_id: &str, group: GroupRow) -> Result<(), StorageError> {
    let participants =
        serde_json::to_string(&group.participants).map_err(|_| StorageError::Inconsistent {
            table: "groups",
            column: "participants",
        })?;
    db::query(
        "INSERT INTO groups (id, session_id, jid, subject, subject_owner, subject_at, description, description_id, \
           description_owner, description_at, owner, created, announce, restricted, ephemeral_seconds, join_approval, \
           member_add, is_community, is_announcement, linked_parent, suspended, addressing, invite_code, picture_id, \
           picture_url, participants, size, participating, created_at, updated_at) \
         SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, \
           ?25, ?26, ?27, ?28, ?29, ?30 WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?2) \
         ON CONFLICT (session_id, jid) DO UPDATE SET subject = excluded.subject, subject_owner = excluded.subject_owner, \
           subject_at = excluded.subject_at, description = excluded.description, description_id = excluded.description_id, \
           description_owner = excluded.description_owner, description_at = excluded.description_at, owner = excluded.owner, \
           created = excluded.created, announce = excluded.announce, restricted = excluded.restricted, \
           ephemeral_seconds = excluded.ephemeral_seconds, join_approval = excluded.join_approval, \
           member_add = excluded.member_add, is_community = excluded.is_community, \
           is_announcement = excluded.is_announcement, linked_parent = excluded.linked_parent, \
           suspended = excluded.suspended, addressing = excluded.addressing, invite_code = excluded.invite_code, \
           picture_id = excluded.picture_id, picture_url = excluded.picture_url, participants = excluded.participants, \
           size = excluded.size, participating = excluded.participating, updated_at = excluded.updated_at",
    )
    .bind(group.id)
    .bind(session_id)
    .bind(group.jid)
    .bind(group.subject)
    .bind(group.subject_owner)
    .bind(group.subject_at)
    .bind(group.description)
    .bind(group.description_id)
    .bind(group.description_owner)
    .bind(group.description_at)
    .bind(group.owner)
    .bind(group.created)
    .bind(group.announce)
    .bind(group.restricted)
    .bind(group.ephemeral_seconds)
    .bind(group.join_approval)
    .bind(group.member_add)
    .bind(group.is_community)
    .bind(group.is_announcement)
    .bind(group.linked_parent)
    .bind(group.suspended)
    .bind(group.addressing)
    .bind(group.invite_code)
    .bind(group.picture_id)
    .bind(group.picture_url)
    .bind(participants)
    .bind(group.size)
    .bind(group.participating)
    .bind(group.created_at)
    .bind(group.updated_at)
    .execute(c)
    .await?;
    Ok(())
}

/// What the group's description does not hold, and a reading of it must not take away.
fn keep_ours(new: &mut GroupRow, old: GroupRow) {
    new.id = old.id;
    new.created_at = old.created_at;
    new.invite_code = new.invite_code.take().or(old.invite_code);
    new.picture_id = new.picture_id.take().or(old.picture_id);
    new.picture_url = new.picture_url.take().or(old.picture_url);
}

#[async_trait]
impl Groups for SqliteStorage {
    async fn put_groups(
        &self,
        session_id: &str,
        groups: Vec<GroupRow>,
        now: i64,
    ) -> Result<(), StorageError> {
        let session_id = session_id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                for mut group in groups {
                    group.created_at = now;
                    group.updated_at = now;
                    if let Some(old) = find(c, &session_id, &group.jid).await? {
                        keep_ours(&mut group, old);
                    }
                    put(c, &session_id, group).await?;
                }
                Ok(())
            })
        })
        .await
    }

    async fn leave_other_groups(
        &self,
        session_id: &str,
        jids: Vec<String>,
        now: i64,
    ) -> Result<(), StorageError> {
        let session_id = session_id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                db::query(
                    "UPDATE groups SET participating = 0, updated_at = ?2 WHERE session_id = ?1 AND participating \
                     AND jid NOT IN (SELECT value FROM json_each(?3))",
                )
                .bind(session_id)
                .bind(now)
                .bind(serde_json::Value::from(jids).to_string())
                .execute(c)
                .await?;
                Ok(())
            })
        })
        .await
    }

    async fn change_group(
        &self,
        session_id: &str,
        jid: &str,
        edit: GroupEdit,
        events: Vec<NewEvent>,
        now: i64,
    ) -> Result<bool, StorageError> {
        let (session_id, jid) = (session_id.to_owned(), jid.to_owned());
        self.write(move |c| {
            Box::pin(async move {
                let found = find(c, &session_id, &jid).await?;
                let is_known = found.is_some();
                if let Some(mut group) = found
                    && edit(&mut group)
                {
                    group.updated_at = now;
                    put(c, &session_id, group).await?;
                }
                for event in events {
                    super::events::append(c, event).await?;
                }
                Ok(is_known)
            })
        })
        .await
    }

    async fn group(&self, session_id: &str, jid: &str) -> Result<Option<GroupRow>, StorageError> {
        let row = db::query("SELECT * FROM groups WHERE session_id = ? AND jid = ?")
            .bind(session_id)
            .bind(jid)
            .fetch_optional(self.near())
            .await?;
        row.as_ref().map(group_from).transpose()
    }

    async fn groups(&self, session_id: &str) -> Result<Vec<GroupRow>, StorageError> {
        let rows = db::query(
            "SELECT * FROM groups WHERE session_id = ? AND participating ORDER BY subject COLLATE NOCASE, jid",
        )
        .bind(session_id)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(group_from).collect()
    }
}
