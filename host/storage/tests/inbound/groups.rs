//! Groups.

use wagate_storage::groups::{GroupRow, Participant};

use super::support::{ANN, Fixture, GROUP, SESSION, START, event};

fn group(jid: &str, subject: &str) -> GroupRow {
    GroupRow {
        id: wagate_storage::new_row_id(),
        jid: jid.to_owned(),
        subject: subject.to_owned(),
        addressing: "pn".to_owned(),
        participating: true,
        participants: vec![Participant {
            jid: ANN.to_owned(),
            alt: None,
            admin: Some("superadmin".to_owned()),
        }],
        size: 1,
        ..GroupRow::default()
    }
}

#[tokio::test]
async fn reading_a_group_again_keeps_what_only_we_know() {
    let f = Fixture::open().await;
    f.storage
        .put_groups(SESSION, vec![group(GROUP, "One")], START)
        .await
        .unwrap();
    let first = f.storage.group(SESSION, GROUP).await.unwrap().unwrap();
    assert_eq!(first.participants[0].admin.as_deref(), Some("superadmin"));
    let edit = Box::new(|group: &mut GroupRow| {
        group.invite_code = Some("CODE".to_owned());
        true
    });
    assert!(
        f.storage
            .change_group(SESSION, GROUP, edit, Vec::new(), START + 1)
            .await
            .unwrap()
    );
    f.storage
        .put_groups(SESSION, vec![group(GROUP, "Two")], START + 2)
        .await
        .unwrap();
    let second = f.storage.group(SESSION, GROUP).await.unwrap().unwrap();
    assert_eq!(second.id, first.id);
    assert_eq!(second.subject, "Two");
    assert_eq!(second.invite_code.as_deref(), Some("CODE"));
    assert_eq!((second.created_at, second.updated_at), (START, START + 2));
}

#[tokio::test]
async fn a_change_of_an_unknown_group_is_told_and_nothing_else() {
    let f = Fixture::open().await;
    let edit = Box::new(|_: &mut GroupRow| panic!("there is nothing to edit"));
    let told = vec![event("group.update", "1", GROUP)];
    assert!(
        !f.storage
            .change_group(SESSION, GROUP, edit, told, START)
            .await
            .unwrap()
    );
    assert_eq!(f.told().await, ["group.update"]);
    assert!(f.storage.group(SESSION, GROUP).await.unwrap().is_none());
}

#[tokio::test]
async fn groups_are_listed_by_name_and_left_ones_are_not() {
    let f = Fixture::open().await;
    let groups = vec![
        group("1@g.us", "beta"),
        group("2@g.us", "Alpha"),
        group("3@g.us", "gamma"),
    ];
    f.storage.put_groups(SESSION, groups, START).await.unwrap();
    let names = async || {
        let groups = f.storage.groups(SESSION).await.unwrap();
        groups.into_iter().map(|group| group.subject).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["Alpha", "beta", "gamma"]);
    let stay = vec!["1@g.us".to_owned(), "3@g.us".to_owned()];
    f.storage.leave_other_groups(SESSION, stay, START).await.unwrap();
    assert_eq!(names().await, ["beta", "gamma"]);
    f.storage
        .put_groups(SESSION, vec![group("2@g.us", "Alpha")], START)
        .await
        .unwrap();
    assert_eq!(names().await, ["Alpha", "beta", "gamma"]);
}
