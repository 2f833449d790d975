//! People: the owner's address book, names, pictures, numbers that changed.

use wacore::types::events::Event;
use wagate_storage::StorageError;
use wagate_storage::contacts::{ContactPatch, Learned};
use whatsapp_rust::Jid;

use super::Writer;
use crate::normalise::Person;

/// Whether the event does nothing but teach about people: such are written together.
pub(super) fn is_about_people(event: &Event) -> bool {
    match event {
        Event::PictureUpdate(update) => !is_group(&update.jid),
        Event::ContactUpdate(_)
        | Event::UserAboutUpdate(_)
        | Event::ContactNumberChanged(_)
        | Event::BusinessStatusUpdate(_) => true,
        _ => false,
    }
}

pub(super) async fn record(writer: &mut Writer, event: &Event) -> Result<(), StorageError> {
    match event {
        Event::ContactUpdate(update) => {
            let parse = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<Jid>().ok());
            let other = parse(&update.action.lid_jid).or_else(|| parse(&update.action.pn_jid));
            writer.people.push(ContactPatch {
                name: Learned::maybe(update.action.full_name.clone()),
                first_name: Learned::maybe(update.action.first_name.clone()),
                ..patch(&update.jid, other.as_ref())
            });
        }
        Event::PictureUpdate(update) if is_group(&update.jid) => {
            super::group::picture_changed(writer, update).await?;
        }
        Event::PictureUpdate(update) => writer.people.push(ContactPatch {
            picture_id: match (&update.picture_id, update.removed) {
                (_, true) => Learned::Gone,
                (id, false) => Learned::maybe(id.clone()),
            },
            ..patch(&update.jid, None)
        }),
        Event::UserAboutUpdate(update) => writer.people.push(ContactPatch {
            about: if update.status.is_empty() {
                Learned::Gone
            } else {
                Learned::Text(update.status.clone())
            },
            ..patch(&update.jid, None)
        }),
        Event::BusinessStatusUpdate(update) if update.verified_name.is_some() => {
            writer.people.push(ContactPatch {
                verified_name: Learned::maybe(update.verified_name.clone()),
                ..patch(&update.jid, None)
            });
        }
        Event::ContactNumberChanged(change) => {
            // The new number is a person of its own, with the name of the old one.
            let old = patch(&change.old_jid, change.old_lid.as_ref());
            let known = match old.pn.as_ref().or(old.lid.as_ref()) {
                Some(jid) => {
                    writer
                        .context
                        .shared
                        .storage
                        .contact(&writer.context.id, jid)
                        .await?
                }
                None => None,
            };
            writer.people.push(ContactPatch {
                name: Learned::maybe(known.as_ref().and_then(|row| row.name.clone())),
                push_name: Learned::maybe(known.and_then(|row| row.push_name)),
                ..patch(&change.new_jid, change.new_lid.as_ref())
            });
        }
        _ => {}
    }
    Ok(())
}

/// What is kept of them under either address becomes one. Of those nobody has written to nothing is kept.
pub(super) fn same_people(pairs: Vec<(String, String)>) -> impl Iterator<Item = ContactPatch> {
    pairs.into_iter().map(|(pn, lid)| ContactPatch {
        pn: Some(pn),
        lid: Some(lid),
        only_known: true,
        ..ContactPatch::default()
    })
}

fn is_group(jid: &Jid) -> bool {
    use wacore_binary::JidExt as _;
    jid.is_group()
}

fn patch(jid: &Jid, other: Option<&Jid>) -> ContactPatch {
    Person::from_pair(jid, other).sighting().into()
}
