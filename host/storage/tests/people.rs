//! Users, their keys and logins, shared sessions, notifications, the audit log, the secret key.

// Marked, because that is what the lints take for tests.
#[cfg(test)]
mod people {
    use tempfile::TempDir;
    use wagate_storage::access::{AccessRow, Granted, SessionAccess as _};
    use wagate_storage::api_keys::{ApiKeyRow, ApiKeys as _};
    use wagate_storage::audit::{Audit as _, AuditQuery, AuditRow, Outcome};
    use wagate_storage::logins::{LoginRow, Logins as _, MAX_LOGINS};
    use wagate_storage::notifications::{MAX_NOTIFICATIONS, NotificationRow, Notifications as _};
    use wagate_storage::secrets::SecretBox;
    use wagate_storage::sessions::{Desired, SessionRow, Sessions as _};
    use wagate_storage::sqlite::SqliteStorage;
    use wagate_storage::system::{System as _, SystemChange};
    use wagate_storage::users::{RegistrationGate, Role, UserChange, UserRefusal, UserRow, Users as _};
    use wagate_storage::{Health as _, Storage as _, StorageError, new_row_id};

    async fn storage() -> (TempDir, SqliteStorage) {
        let folder = tempfile::tempdir().unwrap();
        let storage = SqliteStorage::open(&folder.path().join("wagate.db"))
            .await
            .unwrap();
        (folder, storage)
    }

    fn user(name: &str, role: Role) -> UserRow {
        UserRow {
            id: name.to_owned(),
            email: format!("{name}@example.test"),
            name: Some(name.to_owned()),
            password_hash: Some("hash".to_owned()),
            role,
            disabled: false,
            created_at: 0,
            updated_at: 0,
        }
    }

    async fn add_user(storage: &SqliteStorage, name: &str, role: Role) {
        let added = storage
            .insert_user(user(name, role), RegistrationGate::Open)
            .await;
        assert!(added.unwrap());
    }

    async fn add_session(storage: &SqliteStorage, slug: &str, owner: &str) {
        let row = SessionRow {
            id: slug.to_owned(),
            user_id: owner.to_owned(),
            slug: slug.to_owned(),
            name: slug.to_owned(),
            desired: Desired::Stopped,
            status: "STOPPED".to_owned(),
            cause: None,
            pn: None,
            lid: None,
            push_name: None,
            config: "{}".to_owned(),
            created_at: 0,
            updated_at: 0,
        };
        storage.insert_session(row).await.unwrap();
    }

    fn key(name: &str, owner: &str, is_default: bool) -> ApiKeyRow {
        ApiKeyRow {
            id: new_row_id(),
            user_id: owner.to_owned(),
            name: name.to_owned(),
            hash: name.as_bytes().to_vec(),
            prefix: "wag_abcd".to_owned(),
            last4: "wxyz".to_owned(),
            is_default,
            ..ApiKeyRow::default()
        }
    }

    fn login(name: &str, owner: &str, last_seen_at: i64) -> LoginRow {
        LoginRow {
            id: name.to_owned(),
            user_id: owner.to_owned(),
            token_hash: name.as_bytes().to_vec(),
            address: None,
            user_agent: None,
            created_at: 0,
            last_seen_at,
            expires_at: 1_000,
        }
    }

    #[tokio::test]
    async fn the_last_superadmin_stays_one() {
        let (_folder, storage) = storage().await;
        add_user(&storage, "root", Role::SuperAdmin).await;
        let demotion = || UserChange {
            role: Some(Role::Owner),
            ..UserChange::default()
        };
        let refused = storage.update_user("root", demotion(), None, 1).await.unwrap();
        assert_eq!(refused.unwrap_err(), UserRefusal::LastSuperAdmin);
        let refused = storage.disable_user("root", 1).await.unwrap();
        assert_eq!(refused.unwrap_err(), UserRefusal::LastSuperAdmin);

        add_user(&storage, "second", Role::SuperAdmin).await;
        // Both at once: one of them stays.
        let (one, other) = tokio::join!(
            storage.update_user("root", demotion(), None, 1),
            storage.update_user("second", demotion(), None, 1)
        );
        let done = [one.unwrap().is_ok(), other.unwrap().is_ok()];
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    }

    #[tokio::test]
    async fn an_address_belongs_to_one_user() {
        let (_folder, storage) = storage().await;
        add_user(&storage, "ann", Role::Owner).await;
        let again = UserRow {
            id: "other".to_owned(),
            ..user("ann", Role::Owner)
        };
        let taken = storage.insert_user(again, RegistrationGate::Open).await;
        assert!(matches!(taken, Err(StorageError::Conflict("email"))));
        add_user(&storage, "ben", Role::Owner).await;
        let change = UserChange {
            email: Some("ann@example.test".to_owned()),
            ..UserChange::default()
        };
        let taken = storage.update_user("ben", change, None, 1).await;
        assert!(matches!(taken, Err(StorageError::Conflict("email"))));
    }

    #[tokio::test]
    async fn of_fifty_first_users_one_is_made() {
        let (_folder, storage) = storage().await;
        let tries = (0..50).map(|n| {
            storage.insert_user(
                user(&format!("user-{n}"), Role::SuperAdmin),
                RegistrationGate::First,
            )
        });
        let made = futures::future::join_all(tries).await;
        assert_eq!(made.into_iter().filter(|made| *made.as_ref().unwrap()).count(), 1);
        assert_eq!(storage.count_users().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_disabled_user_has_nothing_left_but_sessions() {
        let (_folder, storage) = storage().await;
        add_user(&storage, "root", Role::SuperAdmin).await;
        add_user(&storage, "ann", Role::Owner).await;
        add_session(&storage, "shop", "ann").await;
        add_session(&storage, "shared", "root").await;
        assert!(storage.insert_api_key(key("k", "ann", false)).await.unwrap());
        storage.insert_login(login("l", "ann", 0)).await.unwrap();
        let share = AccessRow {
            id: new_row_id(),
            session_id: "shared".to_owned(),
            user_id: "ann".to_owned(),
            created_at: 0,
        };
        assert_eq!(storage.grant_access(share.clone()).await.unwrap(), Granted::New);

        storage.disable_user("ann", 1).await.unwrap().unwrap();
        assert!(storage.user("ann").await.unwrap().unwrap().disabled);
        assert!(storage.api_key_by_hash(b"k").await.unwrap().is_none());
        assert!(storage.login_by_hash(b"l").await.unwrap().is_none());
        assert!(!storage.has_access("shared", "ann").await.unwrap());
        assert_eq!(storage.grant_access(share).await.unwrap(), Granted::Gone);
        assert_eq!(storage.sessions_of("ann").await.unwrap().len(), 1);
        assert!(storage.delete_user("ann").await.unwrap());
        assert!(storage.session("shop").await.unwrap().is_none());
        assert!(!storage.delete_user("ann").await.unwrap());
    }

    #[tokio::test]
    async fn a_user_has_one_default_key_and_each_key_its_limits() {
        let (_folder, storage) = storage().await;
        add_user(&storage, "ann", Role::Owner).await;
        assert!(storage.insert_api_key(key("first", "ann", true)).await.unwrap());
        assert!(storage.insert_api_key(key("next", "ann", true)).await.unwrap());
        assert!(storage.api_key_by_hash(b"first").await.unwrap().is_none());
        let limited = ApiKeyRow {
            scopes: Some(vec!["read".to_owned()]),
            sessions: Some(vec![]),
            expires_at: Some(7),
            ..key("limited", "ann", false)
        };
        assert!(storage.insert_api_key(limited).await.unwrap());
        let (found, owner) = storage.api_key_by_hash(b"limited").await.unwrap().unwrap();
        assert_eq!(owner.id, "ann");
        assert_eq!(found.scopes, Some(vec!["read".to_owned()]));
        assert_eq!(found.sessions, Some(Vec::new()), "none is not all");
        assert_eq!(found.expires_at, Some(7));
        let same = storage.insert_api_key(key("limited", "ann", false)).await;
        assert!(matches!(same, Err(StorageError::Conflict("key"))));

        storage.touch_api_key(&found.id, 100_000).await.unwrap();
        storage.touch_api_key(&found.id, 110_000).await.unwrap();
        let keys = storage.api_keys_of("ann").await.unwrap();
        assert_eq!(keys.len(), 2);
        assert_eq!(keys[0].last_used_at, Some(100_000), "to the minute");
        assert!(!storage.delete_api_key("ben", &found.id).await.unwrap());
        assert!(storage.delete_api_key("ann", &found.id).await.unwrap());
        assert!(storage.delete_default_api_key("ann").await.unwrap());
        assert!(!storage.delete_default_api_key("ann").await.unwrap());

        for n in 0..100 {
            assert!(
                storage
                    .insert_api_key(key(&format!("k{n}"), "ann", false))
                    .await
                    .unwrap()
            );
        }
        assert!(!storage.insert_api_key(key("k100", "ann", false)).await.unwrap());
    }

    #[tokio::test]
    async fn logins_are_bounded_and_swept() {
        let (_folder, storage) = storage().await;
        add_user(&storage, "ann", Role::Owner).await;
        for n in 0..=MAX_LOGINS {
            storage
                .insert_login(login(&format!("l{n:02}"), "ann", n))
                .await
                .unwrap();
        }
        let left = storage.logins_of("ann").await.unwrap();
        assert_eq!(i64::try_from(left.len()).unwrap(), MAX_LOGINS);
        assert!(left.iter().all(|login| login.id != "l00"), "not seen for longest");
        assert_eq!(storage.sweep_logins(10, 11).await.unwrap(), 10);
        assert_eq!(storage.sweep_logins(1_000, 0).await.unwrap(), 40);
        storage.insert_login(login("one", "ann", 0)).await.unwrap();
        storage.touch_login("one", 5).await.unwrap();
        assert_eq!(storage.logins_of("ann").await.unwrap()[0].last_seen_at, 5);
        assert!(storage.delete_login("one").await.unwrap());
    }

    #[tokio::test]
    async fn a_new_password_ends_the_other_logins() {
        let (_folder, storage) = storage().await;
        add_user(&storage, "ann", Role::Owner).await;
        for name in ["here", "there"] {
            storage.insert_login(login(name, "ann", 0)).await.unwrap();
        }
        let rename = UserChange {
            name: Some("Anna".to_owned()),
            ..UserChange::default()
        };
        storage
            .update_user("ann", rename, None, 1)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(storage.logins_of("ann").await.unwrap().len(), 2);
        let change = UserChange {
            password_hash: Some("other".to_owned()),
            ..UserChange::default()
        };
        let changed = storage
            .update_user("ann", change, Some("here"), 1)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(changed.name.as_deref(), Some("Anna"));
        let left = storage.logins_of("ann").await.unwrap();
        assert_eq!(left.len(), 1);
        assert_eq!(left[0].id, "here");
    }

    #[tokio::test]
    async fn a_session_is_shared_once_and_taken_back() {
        let (_folder, storage) = storage().await;
        add_user(&storage, "ann", Role::Owner).await;
        add_user(&storage, "ben", Role::Staff).await;
        add_session(&storage, "shop", "ann").await;
        let row = |session: &str| AccessRow {
            id: new_row_id(),
            session_id: session.to_owned(),
            user_id: "ben".to_owned(),
            created_at: 3,
        };
        assert_eq!(storage.grant_access(row("shop")).await.unwrap(), Granted::New);
        assert_eq!(storage.grant_access(row("shop")).await.unwrap(), Granted::Already);
        assert_eq!(storage.grant_access(row("none")).await.unwrap(), Granted::Gone);
        assert_eq!(storage.users_of_session("shop").await.unwrap(), ["ann", "ben"]);
        assert_eq!(storage.sessions_shared_with("ben").await.unwrap()[0].id, "shop");
        let (access, with) = storage.access_to("shop").await.unwrap().remove(0);
        assert_eq!((access.created_at, with.role), (3, Role::Staff));
        assert!(storage.revoke_access("shop", "ben").await.unwrap());
        assert!(!storage.revoke_access("shop", "ben").await.unwrap());
        assert!(storage.sessions_shared_with("ben").await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn the_audit_log_is_read_backwards_and_never_changed() {
        let (folder, storage) = storage().await;
        for n in 0..5 {
            let row = AuditRow {
                id: new_row_id(),
                at: n,
                actor_id: Some(if n == 2 { "ben" } else { "ann" }.to_owned()),
                actor: "ann@example.test".to_owned(),
                action: "user.create".to_owned(),
                target: Some(n.to_string()),
                outcome: Outcome::Ok,
                detail: None,
                address: None,
                request_id: None,
            };
            storage.append_audit(row).await.unwrap();
        }
        let read = async |before: Option<String>, actor_id: Option<&str>| {
            let query = AuditQuery {
                before,
                actor_id: actor_id.map(str::to_owned),
                action: Some("user.create".to_owned()),
                limit: 2,
            };
            storage.audit(query).await.unwrap()
        };
        let page = read(None, None).await;
        let at: Vec<i64> = page.iter().map(|row| row.at).collect();
        assert_eq!(at, [4, 3]);
        let page = read(Some(page[1].id.clone()), Some("ann")).await;
        let at: Vec<i64> = page.iter().map(|row| row.at).collect();
        assert_eq!(at, [1, 0]);
        assert_eq!(storage.prune_audit(2).await.unwrap(), 2);

        storage.close().await;
        use sqlx::ConnectOptions as _;
        let mut connection = sqlx::sqlite::SqliteConnectOptions::new()
            .filename(folder.path().join("wagate.db"))
            .connect()
            .await
            .unwrap();
        let change = sqlx::query("UPDATE audit SET actor = 'nobody'")
            .execute(&mut connection)
            .await;
        assert!(change.unwrap_err().to_string().contains("append-only"));
    }

    #[tokio::test]
    async fn notifications_are_a_users_own_and_bounded() {
        let (_folder, storage) = storage().await;
        add_user(&storage, "ann", Role::Owner).await;
        add_user(&storage, "ben", Role::Owner).await;
        let note = |id: String, user: &str| NotificationRow {
            id,
            user_id: user.to_owned(),
            title: "Title".to_owned(),
            message: "Text".to_owned(),
            kind: "INFO".to_owned(),
            read: false,
            href: None,
            created_at: 0,
        };
        let rows = vec![
            note("n1".to_owned(), "ann"),
            note("n2".to_owned(), "ben"),
            note("n3".to_owned(), "nobody"),
        ];
        assert_eq!(storage.insert_notifications(rows).await.unwrap(), 2);
        let foreign = Some(vec!["n2".to_owned()]);
        assert_eq!(storage.mark_notifications_read("ann", foreign).await.unwrap(), 0);
        assert!(!storage.delete_notification("ann", "n2").await.unwrap());
        assert_eq!(storage.mark_notifications_read("ann", None).await.unwrap(), 1);
        assert!(storage.notifications_of("ann", 50).await.unwrap()[0].read);
        assert!(storage.delete_notification("ann", "n1").await.unwrap());

        let many = (0..=MAX_NOTIFICATIONS)
            .map(|n| note(format!("m{n:04}"), "ann"))
            .collect();
        storage.insert_notifications(many).await.unwrap();
        let kept = storage.notifications_of("ann", i64::MAX).await.unwrap();
        assert_eq!(i64::try_from(kept.len()).unwrap(), MAX_NOTIFICATIONS);
        assert_eq!(kept[0].id, "m0500", "newest first");
    }

    #[tokio::test]
    async fn what_is_not_changed_in_the_system_settings_stays() {
        let (_folder, storage) = storage().await;
        assert_eq!(storage.system_settings().await.unwrap().timezone, "UTC");
        let closed = SystemChange {
            enable_registration: Some(false),
            logo_url: Some(Some("https://example.test/logo.png".to_owned())),
            ..SystemChange::default()
        };
        storage.save_system_settings(closed, 1).await.unwrap();
        let renamed = SystemChange {
            app_name: Some("Shop".to_owned()),
            logo_url: Some(None),
            ..SystemChange::default()
        };
        let now = storage.save_system_settings(renamed, 2).await.unwrap();
        assert_eq!(now.enable_registration, Some(false), "not opened by the way");
        assert_eq!((now.app_name.as_str(), now.logo_url), ("Shop", None));
    }

    #[tokio::test]
    async fn a_database_is_opened_with_its_own_secret_key_alone() {
        let (folder, storage) = storage().await;
        let sealed = storage.secrets().seal("webhook/1", "hush").unwrap();
        storage.close().await;
        let file = folder.path().join("wagate.db");
        let again = SqliteStorage::open(&file).await.unwrap();
        assert_eq!(
            again.secrets().open("webhook/1", &sealed).unwrap().expose(),
            "hush"
        );
        again.close().await;
        let other = SqliteStorage::open_with(&file, SecretBox::random().unwrap()).await;
        assert!(matches!(other, Err(StorageError::Secret(_))));
    }
}
