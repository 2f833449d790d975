//! Copies of messages, and their secrets.

use std::sync::Arc;

use wacore::store::traits::{Backend, MsgSecretEntry, PendingInboundKey, PendingInboundRow};

fn secret(msg_id: &str, byte: u8, expires_at: i64, message_ts: i64) -> MsgSecretEntry {
    MsgSecretEntry {
        chat: Arc::from("1@g.us"),
        sender: Arc::from("a@lid"),
        msg_id: Arc::from(msg_id),
        secret: [byte; 32],
        expires_at,
        message_ts,
    }
}

pub(super) async fn a_sent_message_is_taken_once(store: &dyn Backend) {
    assert_eq!(store.take_sent_message("1@g.us", "M1").await.unwrap(), None);
    store.store_sent_message("1@g.us", "M1", b"draft").await.unwrap();
    store.store_sent_message("1@g.us", "M1", b"final").await.unwrap();
    store
        .store_sent_message("2@g.us", "M1", b"other chat")
        .await
        .unwrap();
    assert_eq!(
        store.take_sent_message("1@g.us", "M1").await.unwrap(),
        Some(b"final".to_vec())
    );
    assert_eq!(store.take_sent_message("1@g.us", "M1").await.unwrap(), None);
    assert_eq!(
        store.take_sent_message("2@g.us", "M1").await.unwrap(),
        Some(b"other chat".to_vec())
    );

    store
        .store_sent_message("1@g.us", "M2", b"wanted by two")
        .await
        .unwrap();
    let (first, second) = tokio::join!(
        store.take_sent_message("1@g.us", "M2"),
        store.take_sent_message("1@g.us", "M2")
    );
    let got = [first.unwrap(), second.unwrap()];
    assert_eq!(got.iter().flatten().count(), 1);
}

pub(super) async fn sent_messages_are_pruned_by_age(store: &dyn Backend) {
    store.store_sent_message("1@g.us", "M1", b"one").await.unwrap();
    store.store_sent_message("1@g.us", "M2", b"two").await.unwrap();
    assert_eq!(store.delete_expired_sent_messages(0).await.unwrap(), 0);
    assert_eq!(store.delete_expired_sent_messages(i64::MAX).await.unwrap(), 2);
    assert_eq!(store.take_sent_message("1@g.us", "M1").await.unwrap(), None);
}

pub(super) async fn pending_messages_stay_until_deleted(store: &dyn Backend) {
    assert_eq!(
        store.get_pending_inbound("1@g.us", "a@lid", "M1").await.unwrap(),
        None
    );
    store
        .store_pending_inbound("1@g.us", "a@lid", "M1", b"old")
        .await
        .unwrap();
    store
        .store_pending_inbound("1@g.us", "a@lid", "M1", b"text")
        .await
        .unwrap();
    for _ in 0..2 {
        assert_eq!(
            store.get_pending_inbound("1@g.us", "a@lid", "M1").await.unwrap(),
            Some(b"text".to_vec())
        );
    }
    // The id alone names nothing.
    assert_eq!(
        store.get_pending_inbound("1@g.us", "b@lid", "M1").await.unwrap(),
        None
    );
    assert_eq!(
        store.get_pending_inbound("2@g.us", "a@lid", "M1").await.unwrap(),
        None
    );
    store
        .delete_pending_inbound("1@g.us", "a@lid", "M1")
        .await
        .unwrap();
    store
        .delete_pending_inbound("1@g.us", "a@lid", "M1")
        .await
        .unwrap();
    assert_eq!(
        store.get_pending_inbound("1@g.us", "a@lid", "M1").await.unwrap(),
        None
    );
}

pub(super) async fn pending_messages_are_written_and_deleted_in_batches(store: &dyn Backend) {
    let row = |id: &'static str, message: &'static [u8]| PendingInboundRow {
        chat: "1@g.us",
        sender: "a@lid",
        id,
        message,
    };
    store
        .store_pending_inbound_batch(&[row("M1", b"one"), row("M2", b"two"), row("M3", b"")])
        .await
        .unwrap();
    assert_eq!(
        store.get_pending_inbound("1@g.us", "a@lid", "M2").await.unwrap(),
        Some(b"two".to_vec())
    );
    assert_eq!(
        store.get_pending_inbound("1@g.us", "a@lid", "M3").await.unwrap(),
        Some(Vec::new())
    );
    let key = |id: &'static str| PendingInboundKey {
        chat: "1@g.us",
        sender: "a@lid",
        id,
    };
    store
        .delete_pending_inbound_batch(&[key("M1"), key("M2"), key("unknown")])
        .await
        .unwrap();
    assert_eq!(
        store.get_pending_inbound("1@g.us", "a@lid", "M1").await.unwrap(),
        None
    );
    assert_eq!(
        store.get_pending_inbound("1@g.us", "a@lid", "M3").await.unwrap(),
        Some(Vec::new())
    );
}

pub(super) async fn pending_messages_are_pruned_by_age(store: &dyn Backend) {
    store
        .store_pending_inbound("1@g.us", "a@lid", "M1", b"text")
        .await
        .unwrap();
    assert_eq!(store.delete_expired_pending_inbound(0).await.unwrap(), 0);
    assert_eq!(store.delete_expired_pending_inbound(i64::MAX).await.unwrap(), 1);
    assert_eq!(
        store.get_pending_inbound("1@g.us", "a@lid", "M1").await.unwrap(),
        None
    );
}

pub(super) async fn secrets_are_keyed_by_chat_sender_and_id(store: &dyn Backend) {
    assert_eq!(store.get_msg_secret("1@g.us", "a@lid", "M1").await.unwrap(), None);
    assert_eq!(
        store
            .get_msg_secret_with_ts("1@g.us", "a@lid", "M1")
            .await
            .unwrap(),
        None
    );
    let keys = [
        ("1@g.us", "a@lid", "M1", 1_u8),
        ("1@g.us", "a@lid", "M2", 2),
        ("1@g.us", "b@lid", "M1", 3),
        ("2@g.us", "a@lid", "M1", 4),
    ];
    for (chat, sender, id, byte) in keys {
        store.put_msg_secret(chat, sender, id, &[byte; 32]).await.unwrap();
    }
    for (chat, sender, id, byte) in keys {
        assert_eq!(
            store.get_msg_secret(chat, sender, id).await.unwrap(),
            Some(vec![byte; 32])
        );
        assert_eq!(
            store.get_msg_secret_with_ts(chat, sender, id).await.unwrap(),
            Some((vec![byte; 32], 0))
        );
    }
}

pub(super) async fn secrets_are_counted_as_written(store: &dyn Backend) {
    let batch = vec![
        secret("M1", 1, 0, 0),
        secret("M2", 2, 0, 0),
        secret("M1", 9, 0, 0),
    ];
    assert_eq!(store.put_msg_secrets(batch).await.unwrap(), 3);
    assert_eq!(
        store.get_msg_secret("1@g.us", "a@lid", "M1").await.unwrap(),
        Some(vec![9; 32])
    );
}

pub(super) async fn secrets_keep_the_longer_life_and_the_later_time(store: &dyn Backend) {
    // M1 lives until 200 although 100 was written later; M2 lives for ever; M3 ends exactly at the cutoff.
    let first = vec![
        secret("M1", 1, 200, 50),
        secret("M2", 2, 0, 0),
        secret("M3", 3, 100, 10),
    ];
    store.put_msg_secrets(first).await.unwrap();
    let second = vec![
        secret("M1", 4, 100, 0),
        secret("M2", 5, 100, 60),
        secret("M3", 6, 150, 5),
    ];
    store.put_msg_secrets(second).await.unwrap();
    let third = vec![secret("M3", 7, 150, 20)];
    store.put_msg_secrets(third).await.unwrap();

    let with_time = async |id: &str| store.get_msg_secret_with_ts("1@g.us", "a@lid", id).await.unwrap();
    assert_eq!(with_time("M1").await, Some((vec![4; 32], 50)));
    assert_eq!(with_time("M2").await, Some((vec![5; 32], 60)));
    assert_eq!(with_time("M3").await, Some((vec![7; 32], 20)));

    assert_eq!(store.delete_expired_msg_secrets(149).await.unwrap(), 0);
    assert_eq!(store.delete_expired_msg_secrets(150).await.unwrap(), 1);
    assert_eq!(with_time("M3").await, None);
    assert_eq!(store.delete_expired_msg_secrets(i64::MAX).await.unwrap(), 1);
    assert_eq!(with_time("M1").await, None);
    assert_eq!(with_time("M2").await, Some((vec![5; 32], 60)));
}
