//! `contacts` over SQLite.

mod merge;

use async_trait::async_trait;

use super::SqliteStorage;
use crate::StorageError;
use crate::contacts::{
    ContactChange, ContactPatch, ContactQuery, ContactRow, Contacts, Learned, TellContact,
};
use crate::db::{self, SqliteConnection, SqliteRow};

fn contact_from(row: &SqliteRow) -> Result<ContactRow, StorageError> {
    Ok(ContactRow {
        id: row.try_get("id")?,
        pn: row.try_get("pn")?,
        lid: row.try_get("lid")?,
        name: row.try_get("name")?,
        first_name: row.try_get("first_name")?,
        push_name: row.try_get("push_name")?,
        verified_name: row.try_get("verified_name")?,
        about: row.try_get("about")?,
        picture_id: row.try_get("picture_id")?,
        picture_url: row.try_get("picture_url")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
    })
}

/// Learns, and tells what changed. Says whether something did.
pub(super) async fn learn_told(
    c: &mut SqliteConnection,
    session_id: &str,
    patch: ContactPatch,
    at: i64,
    tell: &TellContact,
) -> Result<bool, StorageError> {
    let Some(change) = learn(c, session_id, patch, at).await? else {
        return Ok(false);
    };
    if let Some(event) = (tell.0)(&change) {
        super::events::append(c, event).await?;
    }
    Ok(true)
}

/// Learns about a person; two rows that turn out to be one person become one. None when it was all known.
async fn learn(
    c: &mut SqliteConnection,
    session_id: &str,
    patch: ContactPatch,
    at: i64,
) -> Result<Option<ContactChange>, StorageError> {
    if patch.pn.is_none() && patch.lid.is_none() {
        return Ok(None);
    }
    let rows =
        db::query("SELECT * FROM contacts WHERE session_id = ?1 AND (pn = ?2 OR lid = ?3) ORDER BY id")
            .bind(session_id)
            .bind(&patch.pn)
            .bind(&patch.lid)
            .fetch_all(&mut *c)
            .await?;
    if rows.is_empty() && patch.only_known {
        return Ok(None);
    }
    let mut by_pn = None;
    let mut by_lid = None;
    for row in &rows {
        let row = contact_from(row)?;
        if patch.pn.is_some() && row.pn == patch.pn {
            by_pn = Some(row);
        } else {
            by_lid = Some(row);
        }
    }
    // Rows were kept under the LID while the phone number was not known.
    let merged_from = match (&patch.pn, &by_lid) {
        (Some(_), Some(row)) if row.pn.is_none() => row.lid.clone(),
        _ => None,
    };
    let before = match (by_pn, by_lid) {
        (Some(keep), Some(other)) => Some(join(c, keep, other).await?),
        (row, None) | (None, row) => row,
    };
    let mut after = before.clone().unwrap_or_else(|| ContactRow {
        created_at: at,
        ..ContactRow::default()
    });
    take(&mut after, patch);
    if before.as_ref() == Some(&after) && merged_from.is_none() {
        return Ok(None);
    }
    after.updated_at = at;
    put(c, session_id, &mut after, before.is_none()).await?;
    if let (Some(lid), Some(pn)) = (&merged_from, &after.pn) {
        merge::addresses(c, session_id, lid, pn).await?;
    }
    Ok(Some(ContactChange {
        before,
        after,
        merged_from,
    }))
}

/// One of two rows stays; the other is removed, or loses its LID to the one that stays when it is another number's.
async fn join(
    c: &mut SqliteConnection,
    mut keep: ContactRow,
    other: ContactRow,
) -> Result<ContactRow, StorageError> {
    if other.pn.is_some() {
        db::query("UPDATE contacts SET lid = NULL WHERE id = ?")
            .bind(other.id)
            .execute(c)
            .await?;
        return Ok(keep);
    }
    db::query("DELETE FROM contacts WHERE id = ?")
        .bind(other.id)
        .execute(c)
        .await?;
    keep.name = keep.name.or(other.name);
    keep.first_name = keep.first_name.or(other.first_name);
    keep.push_name = keep.push_name.or(other.push_name);
    keep.verified_name = keep.verified_name.or(other.verified_name);
    keep.about = keep.about.or(other.about);
    keep.picture_id = keep.picture_id.or(other.picture_id);
    keep.picture_url = keep.picture_url.or(other.picture_url);
    Ok(keep)
}

fn take(row: &mut ContactRow, patch: ContactPatch) {
    let hearsay = patch.is_hearsay;
    let learn = |column: &mut Option<String>, learned: Learned| match learned {
        Learned::Nothing => {}
        Learned::Gone if hearsay => {}
        Learned::Gone => *column = None,
        Learned::Text(_) if hearsay && column.is_some() => {}
        Learned::Text(text) => *column = Some(text),
    };
    if !hearsay || row.pn.is_none() {
        row.pn = patch.pn.or(row.pn.take());
    }
    if !hearsay || row.lid.is_none() {
        row.lid = patch.lid.or(row.lid.take());
    }
    let old_picture = row.picture_id.clone();
    learn(&mut row.picture_id, patch.picture_id);
    if row.picture_id != old_picture {
        row.picture_url = None;
    }
    learn(&mut row.picture_url, patch.picture_url);
    learn(&mut row.name, patch.name);
    learn(&mut row.first_name, patch.first_name);
    learn(&mut row.push_name, patch.push_name);
    learn(&mut row.verified_name, patch.verified_name);
    learn(&mut row.about, patch.about);
}

async fn put(
    c: &mut SqliteConnection,
    session_id: &str,
    row: &mut ContactRow,
    is_new: bool,
) -> Result<(), StorageError> {
    let statement = if is_new {
        "INSERT INTO contacts (pn, lid, name, first_name, push_name, verified_name, about, picture_id, picture_url, \
         created_at, updated_at, session_id) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12 \
         WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?12) RETURNING id"
    } else {
        "UPDATE contacts SET pn = ?1, lid = ?2, name = ?3, first_name = ?4, push_name = ?5, verified_name = ?6, about = ?7, \
         picture_id = ?8, picture_url = ?9, created_at = ?10, updated_at = ?11 WHERE session_id = ?12 AND id = ?13 RETURNING id"
    };
    let id: Option<i64> = db::query_scalar(statement)
        .bind(&row.pn)
        .bind(&row.lid)
        .bind(&row.name)
        .bind(&row.first_name)
        .bind(&row.push_name)
        .bind(&row.verified_name)
        .bind(&row.about)
        .bind(&row.picture_id)
        .bind(&row.picture_url)
        .bind(row.created_at)
        .bind(row.updated_at)
        .bind(session_id)
        .bind(row.id)
        .fetch_optional(c)
        .await?;
    row.id = id.unwrap_or(row.id);
    Ok(())
}

/// A `LIKE` pattern that finds `text` anywhere, with `\` as the escape.
pub(super) fn anywhere(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

fn search_pattern(query: &ContactQuery) -> Option<String> {
    query
        .search
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .map(anywhere)
}

#[async_trait]
impl Contacts for SqliteStorage {
    async fn learn_contacts(
        &self,
        session_id: &str,
        patches: Vec<ContactPatch>,
        at: i64,
        tell: TellContact,
    ) -> Result<u64, StorageError> {
        let session_id = session_id.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let mut changed = 0;
                for patch in patches {
                    changed += u64::from(learn_told(c, &session_id, patch, at, &tell).await?);
                }
                Ok(changed)
            })
        })
        .await
    }

    async fn contact(&self, session_id: &str, jid: &str) -> Result<Option<ContactRow>, StorageError> {
        let row = db::query("SELECT * FROM contacts WHERE session_id = ?1 AND (pn = ?2 OR lid = ?2) LIMIT 1")
            .bind(session_id)
            .bind(jid)
            .fetch_optional(self.near())
            .await?;
        row.as_ref().map(contact_from).transpose()
    }

    async fn contacts(
        &self,
        session_id: &str,
        query: &ContactQuery,
    ) -> Result<Vec<ContactRow>, StorageError> {
        let rows = db::query(
            "SELECT * FROM contacts WHERE session_id = ?1 AND (?2 IS NULL OR name LIKE ?2 ESCAPE '\\' \
               OR push_name LIKE ?2 ESCAPE '\\' OR verified_name LIKE ?2 ESCAPE '\\' OR pn LIKE ?2 ESCAPE '\\' \
               OR lid LIKE ?2 ESCAPE '\\') \
             ORDER BY coalesce(name, verified_name, push_name) IS NULL, \
               coalesce(name, verified_name, push_name, pn, lid) COLLATE NOCASE, id LIMIT ?3 OFFSET ?4",
        )
        .bind(session_id)
        .bind(search_pattern(query))
        .bind(query.limit)
        .bind(query.offset)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(contact_from).collect()
    }

    async fn count_contacts(&self, session_id: &str, query: &ContactQuery) -> Result<i64, StorageError> {
        Ok(db::query_scalar(
            "SELECT count(*) FROM contacts WHERE session_id = ?1 AND (?2 IS NULL OR name LIKE ?2 ESCAPE '\\' \
               OR push_name LIKE ?2 ESCAPE '\\' OR verified_name LIKE ?2 ESCAPE '\\' OR pn LIKE ?2 ESCAPE '\\' \
               OR lid LIKE ?2 ESCAPE '\\')",
        )
        .bind(session_id)
        .bind(search_pattern(query))
        .fetch_one(self.readers())
        .await?)
    }

    async fn canonical_jid(&self, session_id: &str, jid: &str) -> Result<Option<String>, StorageError> {
        // People we have heard of, else pairs of addresses the library has learned.
        let found: Option<Option<String>> = db::query_scalar(
            "SELECT coalesce( \
               (SELECT coalesce(pn, lid) FROM contacts WHERE session_id = ?1 AND pn = ?2), \
               (SELECT pn FROM contacts WHERE session_id = ?1 AND lid = ?2), \
               (SELECT phone_number || '@s.whatsapp.net' FROM wa_lid_pn_mapping \
                WHERE session_id = ?1 AND ?2 LIKE '%@lid' AND lid = substr(?2, 1, length(?2) - 4)), \
               (SELECT lid FROM contacts WHERE session_id = ?1 AND lid = ?2))",
        )
        .bind(session_id)
        .bind(jid)
        .fetch_optional(self.near())
        .await?;
        Ok(found.flatten())
    }

    async fn other_jid(&self, session_id: &str, jid: &str) -> Result<Option<String>, StorageError> {
        let found: Option<Option<String>> = db::query_scalar(
            "SELECT coalesce( \
               (SELECT lid FROM contacts WHERE session_id = ?1 AND pn = ?2), \
               (SELECT pn FROM contacts WHERE session_id = ?1 AND lid = ?2), \
               (SELECT phone_number || '@s.whatsapp.net' FROM wa_lid_pn_mapping \
                WHERE session_id = ?1 AND ?2 LIKE '%@lid' AND lid = substr(?2, 1, length(?2) - 4)), \
               (SELECT lid || '@lid' FROM wa_lid_pn_mapping WHERE session_id = ?1 AND ?2 LIKE '%@s.whatsapp.net' \
                AND phone_number = substr(?2, 1, length(?2) - 15) ORDER BY updated_at DESC LIMIT 1))",
        )
        .bind(session_id)
        .bind(jid)
        .fetch_optional(self.near())
        .await?;
        Ok(found.flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::anywhere;

    #[test]
    fn no_character_of_a_search_has_a_meaning() {
        assert_eq!(anywhere(r"50%_\x"), r"%50\%\_\\x%");
    }
}
