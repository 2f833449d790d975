//! People, and two addresses that turn out to be one person.

use std::sync::{Arc, Mutex};

use wagate_storage::contacts::{
    ContactChange, ContactPatch, ContactQuery, ContactSighting, Learned, TellContact,
};
use wagate_storage::messages::{Inbound, MessageRow, NewMessage};

use super::support::{ANN, ANN_LID, BOB, Fixture, SESSION, START, event, new, text};

fn patch(pn: Option<&str>, lid: Option<&str>) -> ContactPatch {
    ContactPatch {
        pn: pn.map(str::to_owned),
        lid: lid.map(str::to_owned),
        ..ContactPatch::default()
    }
}

fn named(pn: &str, name: &str) -> ContactPatch {
    ContactPatch {
        name: Learned::Text(name.to_owned()),
        ..patch(Some(pn), None)
    }
}

async fn learn(f: &Fixture, patches: Vec<ContactPatch>) -> Vec<ContactChange> {
    let changes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&changes);
    let tell = TellContact(Arc::new(move |change: &ContactChange| {
        seen.lock().unwrap().push(change.clone());
        None
    }));
    f.storage
        .learn_contacts(SESSION, patches, START, tell)
        .await
        .unwrap();
    let changes = changes.lock().unwrap();
    changes.clone()
}

#[tokio::test]
async fn what_is_known_already_is_no_news() {
    let f = Fixture::open().await;
    assert_eq!(learn(&f, vec![named(ANN, "Ann")]).await.len(), 1);
    assert_eq!(
        learn(&f, vec![named(ANN, "Ann"), patch(Some(ANN), None)])
            .await
            .len(),
        0
    );
    let changes = learn(&f, vec![named(ANN, "Ann B.")]).await;
    assert_eq!(changes[0].before.as_ref().unwrap().name.as_deref(), Some("Ann"));
    assert_eq!(changes[0].after.name.as_deref(), Some("Ann B."));
}

#[tokio::test]
async fn hearsay_fills_what_is_empty_and_replaces_nothing() {
    let f = Fixture::open().await;
    learn(&f, vec![named(ANN, "Ann")]).await;
    let old = ContactPatch {
        push_name: Learned::Text("annie".to_owned()),
        is_hearsay: true,
        ..named(ANN, "Somebody")
    };
    learn(&f, vec![old]).await;
    let row = f.storage.contact(SESSION, ANN).await.unwrap().unwrap();
    assert_eq!(row.name.as_deref(), Some("Ann"));
    assert_eq!(row.push_name.as_deref(), Some("annie"));
    assert_eq!(row.best_name(), Some("Ann"));
}

#[tokio::test]
async fn two_addresses_of_one_person_become_one_person_one_chat_and_one_history() {
    let f = Fixture::open().await;
    let lid_only = |number: i64, content: &str| MessageRow {
        chat: ANN_LID.to_owned(),
        sender: ANN_LID.to_owned(),
        ..text(number, content)
    };
    let sighted = |row: MessageRow, pn: Option<&str>, lid: Option<&str>| {
        Inbound::Message(Box::new(NewMessage {
            contact: ContactSighting {
                pn: pn.map(str::to_owned),
                lid: lid.map(str::to_owned),
                push_name: Some("annie".to_owned()),
                verified_name: None,
            },
            ..new(row)
        }))
    };
    f.commit(vec![
        sighted(lid_only(1, "from the LID"), None, Some(ANN_LID)),
        sighted(text(2, "from the number"), Some(ANN), None),
        // The same message once more, under the other address.
        sighted(lid_only(2, "from the number"), None, Some(ANN_LID)),
    ])
    .await;
    learn(&f, vec![named(ANN, "Ann")]).await;
    assert_eq!(f.storage.chats(SESSION, 10).await.unwrap().len(), 2);

    let changes = learn(&f, vec![patch(Some(ANN), Some(ANN_LID))]).await;
    assert_eq!(changes[0].merged_from.as_deref(), Some(ANN_LID));

    let chats = f.storage.chats(SESSION, 10).await.unwrap();
    let [chat] = &chats[..] else { panic!("one chat") };
    assert_eq!(chat.jid, ANN);
    assert_eq!(chat.lid.as_deref(), Some(ANN_LID));
    assert_eq!(chat.name.as_deref(), Some("Ann"));
    assert_eq!(chat.last.as_ref().unwrap().wa_id, "M2");
    assert_eq!(chat.unread, 2);
    let rows = f.storage.chat_messages(SESSION, ANN, None, 10).await.unwrap();
    assert_eq!(
        rows.iter().map(|row| row.wa_id.as_str()).collect::<Vec<_>>(),
        ["M1", "M2"]
    );
    assert!(rows.iter().all(|row| row.sender == ANN));
    assert!(
        f.storage
            .chat_messages(SESSION, ANN_LID, None, 10)
            .await
            .unwrap()
            .is_empty()
    );
    let people = f
        .storage
        .contacts(
            SESSION,
            &ContactQuery {
                limit: 10,
                ..ContactQuery::default()
            },
        )
        .await
        .unwrap();
    assert_eq!(people.len(), 1);
    assert_eq!(
        f.storage
            .canonical_jid(SESSION, ANN_LID)
            .await
            .unwrap()
            .as_deref(),
        Some(ANN)
    );
    assert_eq!(
        f.storage.other_jid(SESSION, ANN).await.unwrap().as_deref(),
        Some(ANN_LID)
    );
}

#[tokio::test]
async fn the_events_of_a_merged_chat_go_on_above_both() {
    let f = Fixture::open().await;
    for number in 0..3 {
        f.storage
            .append_events(vec![event("a", &number.to_string(), ANN_LID)])
            .await
            .unwrap();
    }
    f.storage.append_events(vec![event("b", "0", ANN)]).await.unwrap();
    learn(&f, vec![patch(None, Some(ANN_LID))]).await;
    learn(&f, vec![patch(Some(ANN), Some(ANN_LID))]).await;
    f.storage.append_events(vec![event("b", "1", ANN)]).await.unwrap();
    let rows = f.storage.events_after(SESSION, 4, 10).await.unwrap();
    assert_eq!(rows[0].chat_sequence, Some(4));
}

#[tokio::test]
async fn a_lid_that_moves_to_another_number_does_not_take_the_old_person_along() {
    let f = Fixture::open().await;
    learn(
        &f,
        vec![ContactPatch {
            lid: Some(ANN_LID.to_owned()),
            ..named(ANN, "Ann")
        }],
    )
    .await;
    learn(&f, vec![named(BOB, "Bob")]).await;
    learn(&f, vec![patch(Some(BOB), Some(ANN_LID))]).await;
    let ann = f.storage.contact(SESSION, ANN).await.unwrap().unwrap();
    assert_eq!((ann.name.as_deref(), ann.lid), (Some("Ann"), None));
    let bob = f.storage.contact(SESSION, ANN_LID).await.unwrap().unwrap();
    assert_eq!((bob.name.as_deref(), bob.pn.as_deref()), (Some("Bob"), Some(BOB)));
}

#[tokio::test]
async fn people_are_found_by_names_and_numbers() {
    let f = Fixture::open().await;
    learn(
        &f,
        vec![
            named(BOB, "bob 100%"),
            named(ANN, "Ann"),
            ContactPatch {
                push_name: Learned::Text("Zed".to_owned()),
                ..patch(None, Some("5@lid"))
            },
        ],
    )
    .await;
    let find = async |search: &str| {
        let query = ContactQuery {
            search: Some(search.to_owned()),
            offset: 0,
            limit: 10,
        };
        let rows = f.storage.contacts(SESSION, &query).await.unwrap();
        let count = f.storage.count_contacts(SESSION, &query).await.unwrap();
        assert_eq!(i64::try_from(rows.len()).unwrap(), count);
        rows.into_iter()
            .map(|row| row.best_name().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(find("").await, ["Ann", "bob 100%", "Zed"]);
    assert_eq!(find("ANN").await, ["Ann"]);
    assert_eq!(find("0102").await, ["bob 100%"]);
    assert_eq!(find("100%").await, ["bob 100%"]);
    assert_eq!(find("%").await, ["bob 100%"]);
    assert!(find("_").await.is_empty());
    let page = ContactQuery {
        search: None,
        offset: 1,
        limit: 1,
    };
    let rows = f.storage.contacts(SESSION, &page).await.unwrap();
    assert_eq!(rows[0].name.as_deref(), Some("bob 100%"));
}

#[tokio::test]
async fn a_new_picture_makes_its_url_stale() {
    let f = Fixture::open().await;
    let picture = |id: &str, url: Option<&str>| ContactPatch {
        picture_id: Learned::Text(id.to_owned()),
        picture_url: url.map_or(Learned::Nothing, |url| Learned::Text(url.to_owned())),
        ..patch(Some(ANN), None)
    };
    learn(&f, vec![picture("1", Some("https://example.org/1"))]).await;
    learn(&f, vec![picture("1", None)]).await;
    let row = f.storage.contact(SESSION, ANN).await.unwrap().unwrap();
    assert_eq!(row.picture_url.as_deref(), Some("https://example.org/1"));
    learn(&f, vec![picture("2", None)]).await;
    let row = f.storage.contact(SESSION, ANN).await.unwrap().unwrap();
    assert_eq!(row.picture_url, None);
}
