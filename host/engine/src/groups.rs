//! Groups as WhatsApp describes them, made into our rows: read when the account connects, and again where a notification
//! did not say everything.

use std::sync::Arc;

use wacore::types::message::AddressingMode;
use wagate_storage::groups::{GroupRow, Participant};
use whatsapp_rust::features::GroupMetadata;
use whatsapp_rust::{Client, Jid};

use crate::context::SessionContext;
use crate::normalise::{Person, known};
use crate::{EngineError, refusal};

/// Groups written by one commit.
const BATCH: usize = 50;

/// Reads all groups the account is in.
pub(crate) async fn refresh_all(
    context: &SessionContext,
    client: &Arc<Client>,
) -> Result<usize, EngineError> {
    let found = client
        .groups()
        .get_participating()
        .await
        .map_err(|error| refusal::group_read(&error, "the groups"))?;
    let count = found.len();
    let shared = &context.shared;
    let mut rows = Vec::with_capacity(found.len());
    for metadata in found.into_values() {
        rows.push(row_of(context, metadata).await);
    }
    let all: Vec<String> = rows.iter().map(|row| row.jid.clone()).collect();
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let batch = rows.by_ref().take(BATCH).collect();
        shared
            .storage
            .put_groups(&context.id, batch, shared.clock.now_ms())
            .await?;
    }
    shared
        .storage
        .leave_other_groups(&context.id, all, shared.clock.now_ms())
        .await?;
    Ok(count)
}

/// Reads one group, writes it down and gives it back.
pub(crate) async fn refresh(
    context: &SessionContext,
    client: &Arc<Client>,
    jid: &Jid,
) -> Result<GroupRow, EngineError> {
    let metadata = client
        .groups()
        .get_metadata(jid)
        .await
        .map_err(|error| refusal::group_read(&error, "the group"))?;
    let row = row_of(context, metadata).await;
    let shared = &context.shared;
    shared
        .storage
        .put_groups(&context.id, vec![row.clone()], shared.clock.now_ms())
        .await?;
    Ok(shared.storage.group(&context.id, &row.jid).await?.unwrap_or(row))
}

/// One person under the best address.
async fn one(context: &SessionContext, jid: Option<&Jid>, pn: Option<&Jid>) -> Option<String> {
    let jid = jid.or(pn)?;
    Some(known(context, Person::from_pair(jid, pn)).await.canonical)
}

fn ms(seconds: Option<u64>) -> Option<i64> {
    i64::try_from(seconds?).ok()?.checked_mul(1000)
}

/// Of what WhatsApp said. What it does not say (row id, picture) is filled in by the storage.
pub(crate) async fn row_of(context: &SessionContext, metadata: GroupMetadata) -> GroupRow {
    let mut participants = Vec::with_capacity(metadata.participants.len());
    for member in &metadata.participants {
        let other = member.phone_number.as_ref().or(member.lid.as_ref());
        let person = known(context, Person::from_pair(&member.jid, other)).await;
        participants.push(Participant {
            jid: person.canonical,
            alt: person.alternative,
            admin: member
                .participant_type
                .is_admin()
                .then(|| member.participant_type.as_str().to_owned()),
        });
    }
    let members = i64::try_from(participants.len()).unwrap_or(i64::MAX);
    GroupRow {
        id: wagate_storage::new_row_id(),
        jid: metadata.id.to_non_ad_string(),
        subject: metadata.subject,
        subject_owner: one(
            context,
            metadata.subject_owner.as_ref(),
            metadata.subject_owner_pn.as_ref(),
        )
        .await,
        subject_at: ms(metadata.subject_time),
        description: metadata.description,
        description_id: metadata.description_id,
        description_owner: one(
            context,
            metadata.description_owner.as_ref(),
            metadata.description_owner_pn.as_ref(),
        )
        .await,
        description_at: ms(metadata.description_time),
        owner: one(context, metadata.creator.as_ref(), metadata.creator_pn.as_ref()).await,
        created: ms(metadata.creation_time),
        announce: metadata.is_announcement,
        restricted: metadata.is_locked,
        ephemeral_seconds: metadata
            .ephemeral
            .and_then(|ephemeral| ephemeral.expiration)
            .map_or(0, i64::from),
        join_approval: metadata.membership_approval,
        member_add: metadata
            .member_add_mode
            .is_some_and(|mode| mode.as_str() == "all_member_add"),
        is_community: metadata.is_parent_group,
        is_announcement: metadata.is_default_sub_group,
        linked_parent: metadata.parent_group_jid.map(|jid| jid.to_non_ad_string()),
        suspended: metadata.is_suspended,
        addressing: match metadata.addressing_mode {
            AddressingMode::Lid => "lid",
            AddressingMode::Pn => "pn",
        }
        .to_owned(),
        invite_code: None,
        picture_id: None,
        picture_url: None,
        size: metadata.size.map_or(members, i64::from).max(members),
        participants,
        participating: true,
        created_at: 0,
        updated_at: 0,
    }
}
