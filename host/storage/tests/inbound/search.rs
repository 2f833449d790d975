//! Search: a substring, whatever the case, in one session.

use wagate_storage::messages::{Inbound, MessageRow, NewEdit};
use wagate_storage::search::{MAX_SEARCH_CHARS, SearchQuery};

use super::support::{ANN, BOB, Fixture, SESSION, START, arrived, event, own, session, text};

fn query(text: &str) -> SearchQuery {
    SearchQuery {
        text: text.to_owned(),
        limit: 100,
        ..SearchQuery::default()
    }
}

async fn found(f: &Fixture, query: SearchQuery) -> Vec<String> {
    let rows = f.storage.search(SESSION, &query).await.unwrap();
    let all = SearchQuery {
        offset: 0,
        ..query.clone()
    };
    let count = f.storage.count_found(SESSION, &all).await.unwrap();
    if query.offset == 0 && count <= query.limit {
        assert_eq!(i64::try_from(rows.len()).unwrap(), count, "{}", query.text);
    }
    rows.into_iter().map(|row| row.wa_id).collect()
}

async fn filled() -> Fixture {
    let f = Fixture::open().await;
    f.commit(vec![
        arrived(text(1, "Hello World")),
        arrived(own(2, "hello again")),
        arrived(MessageRow {
            kind: "IMAGE".to_owned(),
            ..text(3, "the world from above")
        }),
        arrived(MessageRow {
            chat: BOB.to_owned(),
            sender: BOB.to_owned(),
            ..text(4, "Othello")
        }),
        arrived(text(5, "Ärger über Öl")),
        arrived(text(6, "100% _sure_ \\ \"quoted\" it's")),
        arrived(text(7, "你好世界")),
        arrived(MessageRow {
            content: None,
            ..text(8, "")
        }),
    ])
    .await;
    f
}

#[tokio::test]
async fn a_substring_is_found_whatever_the_case_and_the_newest_stands_first() {
    let f = filled().await;
    for (text, expected) in [
        ("hello", vec!["M4", "M2", "M1"]),
        ("HELLO", vec!["M4", "M2", "M1"]),
        ("ello w", vec!["M1"]),
        ("ell", vec!["M4", "M2", "M1"]),
        ("orl", vec!["M3", "M1"]),
        ("nothing like it", vec![]),
        // Shorter than the index knows.
        ("wo", vec!["M3", "M1"]),
        ("H", vec!["M4", "M3", "M2", "M1"]),
        ("ö", vec!["M5"]),
        ("Ü", vec!["M5"]),
        // Not of ASCII.
        ("ärg", vec!["M5"]),
        ("ÜBER", vec!["M5"]),
        ("你好", vec!["M7"]),
        ("你好世", vec!["M7"]),
    ] {
        assert_eq!(found(&f, query(text)).await, expected, "{text}");
    }
}

#[tokio::test]
async fn filters_and_pages() {
    let f = filled().await;
    let hello = || query("hello");
    let in_ann = SearchQuery {
        chat: Some(ANN.to_owned()),
        ..hello()
    };
    assert_eq!(found(&f, in_ann.clone()).await, ["M2", "M1"]);
    assert_eq!(
        found(
            &f,
            SearchQuery {
                from_me: Some(true),
                ..hello()
            }
        )
        .await,
        ["M2"]
    );
    assert_eq!(
        found(
            &f,
            SearchQuery {
                from_me: Some(false),
                ..in_ann
            }
        )
        .await,
        ["M1"]
    );
    assert_eq!(
        found(
            &f,
            SearchQuery {
                kind: Some("IMAGE".to_owned()),
                ..query("world")
            }
        )
        .await,
        ["M3"]
    );
    assert_eq!(
        found(
            &f,
            SearchQuery {
                kind: Some("TEXT".to_owned()),
                ..query("world")
            }
        )
        .await,
        ["M1"]
    );
    assert_eq!(
        found(
            &f,
            SearchQuery {
                offset: 1,
                limit: 1,
                ..hello()
            }
        )
        .await,
        ["M2"]
    );
    assert_eq!(
        f.storage
            .count_found(
                SESSION,
                &SearchQuery {
                    offset: 1,
                    limit: 1,
                    ..hello()
                }
            )
            .await
            .unwrap(),
        3
    );
    let since = SearchQuery {
        since: Some(START + 2_000),
        until: Some(START + 4_000),
        ..hello()
    };
    assert_eq!(found(&f, since).await, ["M2"]);
    // No text: everything the filters leave.
    assert_eq!(found(&f, query("")).await.len(), 8);
    assert_eq!(
        found(
            &f,
            SearchQuery {
                chat: Some(BOB.to_owned()),
                ..query("")
            }
        )
        .await,
        ["M4"]
    );
    assert_eq!(
        found(
            &f,
            SearchQuery {
                kind: Some("IMAGE".to_owned()),
                ..query("")
            }
        )
        .await,
        ["M3"]
    );
    assert!(found(&f, SearchQuery { limit: -1, ..hello() }).await.is_empty());
}

#[tokio::test]
async fn no_character_of_a_search_has_a_meaning() {
    let f = filled().await;
    for text in [
        "100%",
        "_sure_",
        "\"quoted\"",
        "it's",
        "\\ \"",
        "%",
        "_",
        "\\",
        "\"",
        "'",
    ] {
        assert_eq!(found(&f, query(text)).await, ["M6"], "{text}");
    }
    for text in [
        "hello OR world",
        "hello*",
        "content:hello",
        "NEAR(hello)",
        "^hello",
        "-hello",
        "hello AND",
        "(((",
        "\"\"\"",
        "hello\" OR \"world",
        "{content}: hello",
        "\u{FFFF}\u{10FFFF}xx",
        "';--",
        "a\0b\0c",
        "\0",
        "hel%lo",
    ] {
        let rows = found(&f, query(text)).await;
        assert!(rows.is_empty() || text == "\0", "{text}: {rows:?}");
    }
    assert!(
        found(&f, query(&"h".repeat(MAX_SEARCH_CHARS + 1)))
            .await
            .is_empty()
    );
    assert!(found(&f, query(&"h".repeat(MAX_SEARCH_CHARS))).await.is_empty());
}

#[tokio::test]
async fn an_edit_is_found_and_what_stood_there_is_not() {
    let f = filled().await;
    assert_eq!(found(&f, query("hello world")).await, ["M1"]);
    f.commit(vec![Inbound::Edit(Box::new(NewEdit {
        session_id: SESSION.to_owned(),
        chat: ANN.to_owned(),
        wa_id: "M1".to_owned(),
        editor: vec![ANN.to_owned()],
        content: Some("goodbye moon".to_owned()),
        wire: Vec::new(),
        at: START,
        event: event("message.edited", "M1", ANN),
    }))])
    .await;
    assert!(found(&f, query("hello world")).await.is_empty());
    assert_eq!(found(&f, query("bye moon")).await, ["M1"]);
    assert!(f.storage.forget_message(SESSION, ANN, "M1").await.unwrap());
    assert!(found(&f, query("bye moon")).await.is_empty());
}

#[tokio::test]
async fn a_session_finds_its_own_messages_only_also_after_another_was_deleted() {
    let f = filled().await;
    assert_eq!(found(&f, query("hello")).await.len(), 3);
    f.storage.insert_session(session("other")).await.unwrap();
    let rows = f.storage.search("other", &query("hello")).await.unwrap();
    assert!(rows.is_empty());
    assert!(f.storage.delete_session(SESSION).await.unwrap());
    // It gets the number that was freed, with messages of the same seconds.
    f.storage.insert_session(session("third")).await.unwrap();
    let row = MessageRow {
        session_id: "third".to_owned(),
        ..text(1, "something else")
    };
    let tell = wagate_storage::contacts::TellContact::nothing();
    f.storage
        .commit_inbound(vec![arrived(row)].into(), tell)
        .await
        .unwrap();
    assert!(
        f.storage
            .search("third", &query("hello"))
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        f.storage
            .search("third", &query("something"))
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(
        f.storage
            .search("nobody", &query("something"))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn more_than_a_search_waits_for_is_found_once_it_is_indexed() {
    let f = Fixture::open().await;
    for chunk in 0..25 {
        let batch = (0..100)
            .map(|number| arrived(text(chunk * 100 + number, "needle")))
            .collect();
        f.commit(batch).await;
    }
    f.storage.search(SESSION, &query("needle")).await.unwrap();
    while f.storage.index_text(100).await.unwrap() {}
    assert_eq!(
        f.storage.count_found(SESSION, &query("needle")).await.unwrap(),
        2_500
    );
}
