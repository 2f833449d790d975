//! Labels of WhatsApp Business.

use wagate_storage::labels::{LabelRow, LabelTarget};

use super::support::{ANN, Fixture, SESSION, START, event};

fn label(id: &str, name: &str) -> LabelRow {
    LabelRow {
        id: id.to_owned(),
        name: name.to_owned(),
        color: 3,
        predefined_id: None,
        updated_at: START,
    }
}

fn on(label_id: &str, wa_id: Option<&str>) -> LabelTarget {
    LabelTarget {
        label_id: label_id.to_owned(),
        chat: ANN.to_owned(),
        wa_id: wa_id.map(str::to_owned),
    }
}

#[tokio::test]
async fn labels_are_put_on_chats_and_messages_and_told_once() {
    let f = Fixture::open().await;
    let told = |of: &str| Some(event("label", of, ANN));
    assert!(
        f.storage
            .put_label(SESSION, label("1", "New"), told("1"))
            .await
            .unwrap()
    );
    assert!(
        !f.storage
            .put_label(SESSION, label("1", "New"), told("2"))
            .await
            .unwrap()
    );
    assert!(
        f.storage
            .put_label(SESSION, label("1", "Paid"), told("3"))
            .await
            .unwrap()
    );
    assert!(
        f.storage
            .put_label(SESSION, label("2", "Done"), None)
            .await
            .unwrap()
    );
    assert!(
        f.storage
            .set_label(SESSION, on("1", None), true, START, told("4"))
            .await
            .unwrap()
    );
    assert!(
        !f.storage
            .set_label(SESSION, on("1", None), true, START, told("5"))
            .await
            .unwrap()
    );
    assert!(
        f.storage
            .set_label(SESSION, on("2", Some("M1")), true, START, None)
            .await
            .unwrap()
    );
    let names = |rows: Vec<LabelRow>| rows.into_iter().map(|row| row.name).collect::<Vec<_>>();
    assert_eq!(names(f.storage.labels(SESSION).await.unwrap()), ["Done", "Paid"]);
    assert_eq!(
        names(f.storage.labels_on(SESSION, ANN, None).await.unwrap()),
        ["Paid"]
    );
    assert_eq!(
        names(f.storage.labels_on(SESSION, ANN, Some("M1")).await.unwrap()),
        ["Done"]
    );
    assert_eq!(
        f.storage.labelled(SESSION, "2").await.unwrap(),
        [on("2", Some("M1"))]
    );
    assert!(
        f.storage
            .set_label(SESSION, on("1", None), false, START, told("6"))
            .await
            .unwrap()
    );
    assert!(
        !f.storage
            .set_label(SESSION, on("1", None), false, START, told("7"))
            .await
            .unwrap()
    );
    assert!(f.storage.remove_label(SESSION, "2", told("8")).await.unwrap());
    assert!(f.storage.labelled(SESSION, "2").await.unwrap().is_empty());
    assert_eq!(f.told().await.len(), 5);
}
