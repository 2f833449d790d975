//! A database with a user and a session, and short ways to make rows.

use std::sync::Arc;

use tempfile::TempDir;
use wagate_storage::SharedStorage;
use wagate_storage::api_keys::ApiKeyRow;
use wagate_storage::contacts::{ContactSighting, TellContact};
use wagate_storage::events::NewEvent;
use wagate_storage::messages::{Inbound, MessageRow, MessageStatus, NewMessage};
use wagate_storage::sessions::{Desired, SessionRow};
use wagate_storage::sqlite::SqliteStorage;
use wagate_storage::users::{Role, UserRow};

pub(crate) const SESSION: &str = "session";
pub(crate) const OWN: &str = "12025550100@s.whatsapp.net";
pub(crate) const ANN: &str = "12025550101@s.whatsapp.net";
pub(crate) const ANN_LID: &str = "100000000000101@lid";
pub(crate) const BOB: &str = "12025550102@s.whatsapp.net";
pub(crate) const GROUP: &str = "120363001122334455@g.us";
/// A time, ms.
pub(crate) const START: i64 = 1_700_000_000_000;

pub(crate) struct Fixture {
    pub(crate) storage: SharedStorage,
    pub(crate) directory: TempDir,
}

impl Fixture {
    pub(crate) async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let storage = open(&directory).await;
        let user = UserRow {
            id: "user".to_owned(),
            email: "user@example.org".to_owned(),
            name: None,
            password_hash: None,
            role: Role::SuperAdmin,
            disabled: false,
            created_at: 0,
            updated_at: 0,
        };
        let key = ApiKeyRow {
            id: "key".to_owned(),
            user_id: "user".to_owned(),
            name: "test".to_owned(),
            hash: vec![0; 32],
            last4: "0000".to_owned(),
            expires_at: None,
            created_at: 0,
            ..ApiKeyRow::default()
        };
        assert!(storage.insert_first_user(user, key).await.unwrap());
        storage.insert_session(session(SESSION)).await.unwrap();
        Self { storage, directory }
    }

    /// As after a restart.
    pub(crate) async fn reopen(self) -> Self {
        self.storage.close().await;
        let storage = open(&self.directory).await;
        Self { storage, ..self }
    }

    pub(crate) async fn commit(&self, things: Vec<Inbound>) {
        let tell = TellContact::nothing();
        self.storage.commit_inbound(things.into(), tell).await.unwrap();
    }

    /// A message that arrived, told.
    pub(crate) async fn receive(&self, row: MessageRow) {
        self.commit(vec![arrived(row)]).await;
    }

    pub(crate) async fn message(&self, wa_id: &str) -> MessageRow {
        let found = self.storage.message_by_wa_id(SESSION, wa_id).await.unwrap();
        found.unwrap_or_else(|| panic!("no message {wa_id}"))
    }

    /// Kinds of all events, in order.
    pub(crate) async fn told(&self) -> Vec<String> {
        let rows = self.storage.events_after(SESSION, 0, 100_000).await.unwrap();
        rows.into_iter().map(|row| row.event.kind).collect()
    }
}

pub(crate) async fn open(directory: &TempDir) -> SharedStorage {
    Arc::new(
        SqliteStorage::open(&directory.path().join("wagate.db"))
            .await
            .unwrap(),
    )
}

pub(crate) fn session(id: &str) -> SessionRow {
    SessionRow {
        id: id.to_owned(),
        user_id: "user".to_owned(),
        slug: id.to_owned(),
        name: id.to_owned(),
        desired: Desired::Stopped,
        status: "STOPPED".to_owned(),
        cause: None,
        pn: None,
        lid: None,
        push_name: None,
        config: "{}".to_owned(),
        created_at: 0,
        updated_at: 0,
    }
}

/// A text from Ann, `number` seconds after the start.
pub(crate) fn text(number: i64, content: &str) -> MessageRow {
    MessageRow {
        id: wagate_storage::new_row_id(),
        session_id: SESSION.to_owned(),
        chat: ANN.to_owned(),
        sender: ANN.to_owned(),
        from_me: false,
        wa_id: format!("M{number}"),
        push_name: None,
        kind: "TEXT".to_owned(),
        content: Some(content.to_owned()),
        status: MessageStatus::Pending,
        played: false,
        timestamp: START + number * 1000,
        quote_id: None,
        edited_at: None,
        deleted_at: None,
        deleted_by: None,
        starred: false,
        mime_type: None,
        file_name: None,
        file_size: None,
        wire: b"wire".to_vec(),
    }
}

/// A text of this account to Ann.
pub(crate) fn own(number: i64, content: &str) -> MessageRow {
    MessageRow {
        sender: OWN.to_owned(),
        from_me: true,
        status: MessageStatus::Sent,
        ..text(number, content)
    }
}

/// The same in the group.
pub(crate) fn in_group(row: MessageRow) -> MessageRow {
    MessageRow {
        chat: GROUP.to_owned(),
        ..row
    }
}

pub(crate) fn new(row: MessageRow) -> NewMessage {
    NewMessage {
        event: Some(event("message.received", &row.wa_id, &row.chat)),
        row,
        contact: ContactSighting::default(),
        media: None,
    }
}

pub(crate) fn arrived(row: MessageRow) -> Inbound {
    Inbound::Message(Box::new(new(row)))
}

pub(crate) fn event(kind: &str, of: &str, chat: &str) -> NewEvent {
    NewEvent {
        id: format!("{kind}/{of}"),
        session_id: SESSION.to_owned(),
        kind: kind.to_owned(),
        chat: Some(chat.to_owned()),
        timestamp: START,
        schema: 1,
        data: "{}".to_owned(),
    }
}
