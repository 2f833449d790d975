//! Timers over a real database: what is claimed, when, and how often.

// Marked, because that is what the lints take for tests.
#[cfg(test)]
mod timers {
    use std::sync::Arc;

    use tempfile::TempDir;
    use wagate_storage::SharedStorage;
    use wagate_storage::api_keys::ApiKeyRow;
    use wagate_storage::plugin_store::StoreChange;
    use wagate_storage::sessions::{Desired, SessionRow};
    use wagate_storage::sqlite::SqliteStorage;
    use wagate_storage::timers::{Correction, FireRow, NewTimer, Schedule, TimerRow};
    use wagate_storage::users::{RegistrationGate, Role, UserRow};

    const PLUGIN: &str = "reminders";
    const SESSION: &str = "session";

    struct Fixture {
        storage: SharedStorage,
        directory: TempDir,
    }

    impl Fixture {
        async fn open() -> Self {
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
                ..ApiKeyRow::default()
            };
            assert!(storage.insert_first_user(user, key).await.unwrap());
            let session = SessionRow {
                id: SESSION.to_owned(),
                user_id: "user".to_owned(),
                slug: SESSION.to_owned(),
                name: SESSION.to_owned(),
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
            storage.insert_session(session).await.unwrap();
            Self { storage, directory }
        }

        /// As after a restart.
        async fn reopen(self) -> Self {
            self.storage.close().await;
            let storage = open(&self.directory).await;
            Self { storage, ..self }
        }

        async fn set(&self, timer: NewTimer) -> Option<i64> {
            self.storage.put_timer(timer, false).await.unwrap()
        }

        async fn timer(&self, name: &str) -> Option<TimerRow> {
            self.storage.timer(PLUGIN, name).await.unwrap()
        }

        async fn due(&self, now: i64) -> Vec<String> {
            let due = self.storage.due_timers(PLUGIN, now, 100).await.unwrap();
            due.into_iter().map(|timer| timer.name).collect()
        }

        async fn claim(&self, name: &str, due_ms: i64, next_ms: Option<i64>) -> Option<FireRow> {
            let id = self.timer(name).await.unwrap().id;
            let claimed = self.storage.claim_timer(&id, due_ms, next_ms, due_ms + 1).await;
            claimed.unwrap()
        }

        async fn open_fires(&self, now: i64) -> Vec<String> {
            let open = self.storage.pending_fires(PLUGIN, now, 100).await.unwrap();
            open.into_iter().map(|fire| fire.id).collect()
        }
    }

    async fn open(directory: &TempDir) -> SharedStorage {
        Arc::new(
            SqliteStorage::open(&directory.path().join("test.db"))
                .await
                .unwrap(),
        )
    }

    fn at(name: &str, at_ms: i64) -> NewTimer {
        NewTimer {
            plugin: PLUGIN.to_owned(),
            name: name.to_owned(),
            id: format!("{name}@{at_ms}"),
            session_id: None,
            schedule: Schedule::At(at_ms),
            payload: "{}".to_owned(),
            next_ms: at_ms,
            created_at: 1,
        }
    }

    /// `id` tells one setting from the next.
    fn cron(name: &str, id: &str, expression: &str, next_ms: i64) -> NewTimer {
        NewTimer {
            id: id.to_owned(),
            schedule: Schedule::Cron {
                expression: expression.to_owned(),
                timezone: "Asia/Jakarta".to_owned(),
            },
            next_ms,
            ..at(name, next_ms)
        }
    }

    #[tokio::test]
    async fn a_timer_comes_back_as_it_was_set() {
        let fixture = Fixture::open().await;
        let mut timer = cron("daily", "one", "0 9 * * *", 900);
        timer.session_id = Some(SESSION.to_owned());
        assert_eq!(fixture.set(timer.clone()).await, Some(900));
        let fixture = fixture.reopen().await;
        let expected = TimerRow {
            plugin: PLUGIN.to_owned(),
            name: "daily".to_owned(),
            id: "one".to_owned(),
            session_id: timer.session_id,
            schedule: timer.schedule,
            payload: "{}".to_owned(),
            next_ms: Some(900),
            last_due_ms: None,
            created_at: 1,
        };
        assert_eq!(fixture.timer("daily").await, Some(expected));
        assert_eq!(fixture.timer("weekly").await, None);
        assert_eq!(fixture.storage.timer("other", "daily").await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_held_counts_for_the_owner_of_its_session() {
        let fixture = Fixture::open().await;
        let storage = &fixture.storage;
        let other = UserRow {
            id: "other".to_owned(),
            email: "other@example.org".to_owned(),
            name: None,
            password_hash: None,
            role: Role::Owner,
            disabled: false,
            created_at: 0,
            updated_at: 0,
        };
        assert!(storage.insert_user(other, RegistrationGate::Open).await.unwrap());
        let mine = storage.session(SESSION).await.unwrap().unwrap();
        for (id, user_id) in [("second", "user"), ("theirs", "other")] {
            let row = SessionRow {
                id: id.to_owned(),
                slug: id.to_owned(),
                user_id: user_id.to_owned(),
                ..mine.clone()
            };
            storage.insert_session(row).await.unwrap();
        }
        let put = |key: &str| StoreChange::Put {
            key: key.to_owned(),
            value: vec![0; 10],
        };
        let keys = ["session/a", "second/b", "theirs/c", "cache", "unknown/d"];
        let changes = keys.iter().map(|key| put(key)).collect();
        storage.plugin_apply(PLUGIN, changes).await.unwrap();
        for (name, session_id) in [("one", Some("second")), ("two", Some("theirs")), ("three", None)] {
            let timer = NewTimer {
                session_id: session_id.map(str::to_owned),
                payload: "12345".to_owned(),
                ..at(name, 5)
            };
            fixture.set(timer).await;
        }
        let of = async |session: &str| storage.plugin_held_for(PLUGIN, session).await.unwrap();
        assert_eq!(of("session").await, 9 + 10 + 8 + 10 + 5);
        assert_eq!(of("second").await, of("session").await, "one owner");
        assert_eq!(of("theirs").await, 8 + 10 + 5);
        assert_eq!(of("").await, 5 + 10 + 9 + 10 + 5);
        let all = storage.plugin_held(PLUGIN).await.unwrap();
        assert_eq!(all, of("session").await + of("theirs").await + of("").await);
        assert_eq!(storage.timers_count(PLUGIN, Some(SESSION)).await.unwrap(), 1);
        assert_eq!(storage.timers_count(PLUGIN, None).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn timers_are_listed_by_name() {
        let fixture = Fixture::open().await;
        for name in ["b/2", "a", "b/1", "c", "b/3"] {
            fixture.set(at(name, 5)).await;
        }
        let storage = &fixture.storage;
        let names = async |prefix: &str, after: Option<&str>, limit: i64| {
            let found = storage.timers_scan(PLUGIN, prefix, after, limit).await.unwrap();
            found.into_iter().map(|timer| timer.name).collect::<Vec<_>>()
        };
        assert_eq!(names("", None, 2).await, ["a", "b/1"]);
        assert_eq!(names("b/", None, 10).await, ["b/1", "b/2", "b/3"]);
        assert_eq!(names("b/", Some("b/1"), 1).await, ["b/2"]);
        assert_eq!(storage.timers_count(PLUGIN, None).await.unwrap(), 5);
        assert_eq!(storage.timers_count("other", None).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn an_occurrence_is_claimed_once() {
        let fixture = Fixture::open().await;
        fixture.set(cron("hourly", "one", "0 * * * *", 100)).await;
        assert_eq!(fixture.due(99).await, [""; 0]);
        assert_eq!(fixture.due(100).await, ["hourly"]);
        let claims = tokio::join!(
            fixture.claim("hourly", 100, Some(200)),
            fixture.claim("hourly", 100, Some(200)),
            fixture.claim("hourly", 100, Some(300)),
        );
        let won: Vec<FireRow> = [claims.0, claims.1, claims.2].into_iter().flatten().collect();
        assert_eq!(won.len(), 1);
        assert_eq!((won[0].id.as_str(), won[0].due_ms), ("one-100", 100));
        // The next one waits for the end of this one.
        assert_eq!(fixture.due(500).await, [""; 0]);
        let next_ms = fixture.timer("hourly").await.unwrap().next_ms.unwrap();
        assert!(fixture.claim("hourly", next_ms, Some(900)).await.is_none());
        fixture.storage.finish_fire("one-100").await.unwrap();
        assert_eq!(fixture.due(500).await, ["hourly"]);
        assert!(fixture.claim("hourly", 100, Some(900)).await.is_none());
    }

    #[tokio::test]
    async fn an_open_occurrence_outlives_a_restart_under_its_id() {
        let fixture = Fixture::open().await;
        fixture.set(at("once", 100)).await;
        let mut fire = fixture.claim("once", 100, None).await.unwrap();
        fire.attempts = 1;
        fire.waits = 2;
        fire.not_before_ms = 700;
        fixture.storage.postpone_fire(fire.clone()).await.unwrap();
        let fixture = fixture.reopen().await;
        assert_eq!(fixture.open_fires(699).await, [""; 0]);
        let open = fixture.storage.pending_fires(PLUGIN, 700, 100).await.unwrap();
        assert_eq!(open, [fire.clone()]);
        assert_eq!(
            fixture.storage.fire(PLUGIN, "once").await.unwrap(),
            Some(fire.clone())
        );
        // A clock that is set back does not make it wait longer.
        fixture.storage.hurry_fires(50).await.unwrap();
        assert_eq!(fixture.open_fires(50).await, [fire.id]);
    }

    #[tokio::test]
    async fn a_timer_that_will_not_fire_again_goes_with_its_last_occurrence() {
        let fixture = Fixture::open().await;
        fixture.set(at("once", 100)).await;
        let fire = fixture.claim("once", 100, None).await.unwrap();
        assert_eq!(fixture.timer("once").await.unwrap().next_ms, None);
        fixture.storage.finish_fire(&fire.id).await.unwrap();
        assert_eq!(fixture.timer("once").await, None);
        assert_eq!(fixture.open_fires(i64::MAX).await, [""; 0]);
        // Twice is no error.
        fixture.storage.finish_fire(&fire.id).await.unwrap();
    }

    #[tokio::test]
    async fn set_anew_while_it_is_delivered_it_stays() {
        let fixture = Fixture::open().await;
        fixture.set(at("once", 100)).await;
        let fire = fixture.claim("once", 100, None).await.unwrap();
        let set = fixture.storage.put_timer(at("once", 300), true).await.unwrap();
        assert_eq!(set, Some(300));
        assert_eq!(fixture.due(500).await, [""; 0]);
        fixture.storage.finish_fire(&fire.id).await.unwrap();
        assert_eq!(fixture.due(500).await, ["once"]);
    }

    #[tokio::test]
    async fn set_to_another_schedule_what_was_open_is_taken_back() {
        let fixture = Fixture::open().await;
        fixture.set(cron("daily", "one", "0 9 * * *", 100)).await;
        fixture.claim("daily", 100, Some(200)).await.unwrap();
        fixture.set(cron("daily", "two", "0 8 * * *", 150)).await;
        assert_eq!(fixture.open_fires(i64::MAX).await, [""; 0]);
        let timer = fixture.timer("daily").await.unwrap();
        assert_eq!(
            (timer.id.as_str(), timer.next_ms, timer.last_due_ms),
            ("two", Some(150), None)
        );
        // A moment is always meant anew, the same one too.
        fixture.set(at("now", 5)).await;
        fixture.claim("now", 5, None).await.unwrap();
        fixture.set(at("now", 5)).await;
        assert_eq!(fixture.due(5).await, ["now"]);
    }

    #[tokio::test]
    async fn set_to_the_rule_it_has_nothing_is_claimed_again() {
        let fixture = Fixture::open().await;
        fixture.set(cron("daily", "one", "0 9 * * *", 100)).await;
        fixture.claim("daily", 100, Some(200)).await.unwrap();
        // As by a plugin that sets its timers at every start; its look at the clock came before the claim.
        let mut again = cron("daily", "two", "0 9 * * *", 100);
        again.payload = "new".to_owned();
        assert_eq!(fixture.set(again).await, Some(200));
        let timer = fixture.timer("daily").await.unwrap();
        assert_eq!((timer.id.as_str(), timer.payload.as_str()), ("one", "new"));
        assert_eq!((timer.next_ms, timer.last_due_ms), (Some(200), Some(100)));
        assert_eq!(fixture.open_fires(i64::MAX).await, ["one-100"]);
        // Later than what was claimed: the caller knows better.
        assert_eq!(
            fixture.set(cron("daily", "three", "0 9 * * *", 150)).await,
            Some(150)
        );
    }

    #[tokio::test]
    async fn a_correction_never_goes_back_to_what_was_claimed() {
        let fixture = Fixture::open().await;
        fixture.set(cron("daily", "one", "0 9 * * *", 100)).await;
        fixture.set(at("once", 50)).await;
        let fire = fixture.claim("daily", 100, Some(900)).await.unwrap();
        fixture.storage.finish_fire(&fire.id).await.unwrap();
        let correct = async |expected_ms, next_ms| {
            let correction = Correction {
                id: "one".to_owned(),
                expected_ms,
                next_ms,
            };
            fixture.storage.correct_timers(vec![correction]).await.unwrap();
            fixture.timer("daily").await.unwrap().next_ms
        };
        assert_eq!(correct(900, 100).await, Some(900));
        assert_eq!(correct(800, 200).await, Some(900));
        assert_eq!(correct(900, 200).await, Some(200));
        let rules = fixture.storage.cron_timers("", 10).await.unwrap();
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0].id, "one");
        assert!(fixture.storage.cron_timers("one", 10).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn cancelled_it_takes_its_open_occurrence_along_unless_that_is_delivered() {
        let fixture = Fixture::open().await;
        fixture.set(at("one", 100)).await;
        fixture.set(at("two", 100)).await;
        fixture.claim("one", 100, None).await.unwrap();
        fixture.claim("two", 100, None).await.unwrap();
        fixture.storage.delete_timer(PLUGIN, "one", false).await.unwrap();
        fixture.storage.delete_timer(PLUGIN, "two", true).await.unwrap();
        fixture
            .storage
            .delete_timer(PLUGIN, "three", false)
            .await
            .unwrap();
        assert_eq!(fixture.open_fires(i64::MAX).await, ["two@100-100"]);
        assert_eq!(fixture.storage.timers_count(PLUGIN, None).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn timers_go_with_their_session() {
        let fixture = Fixture::open().await;
        for name in ["one", "two"] {
            let mut timer = at(name, 100);
            timer.session_id = Some(SESSION.to_owned());
            assert_eq!(fixture.set(timer).await, Some(100));
        }
        fixture.set(at("three", 100)).await;
        let fire = fixture.claim("one", 100, None).await.unwrap();
        assert_eq!(fire.session_id.as_deref(), Some(SESSION));
        fixture.storage.delete_session(SESSION).await.unwrap();
        assert_eq!(fixture.due(100).await, ["three"]);
        assert_eq!(fixture.open_fires(i64::MAX).await, [""; 0]);
        fixture.storage.finish_fire(&fire.id).await.unwrap();
        let mut late = at("late", 100);
        late.session_id = Some(SESSION.to_owned());
        assert_eq!(fixture.set(late).await, None);
        assert_eq!(fixture.timer("late").await, None);
    }

    #[tokio::test]
    async fn the_next_moment_is_that_of_a_timer_or_of_an_open_occurrence() {
        let fixture = Fixture::open().await;
        let wake_up = async |now| fixture.storage.timers_wake_up(PLUGIN, now).await.unwrap();
        assert_eq!(wake_up(0).await, None);
        fixture.set(at("one", 100)).await;
        fixture.set(at("two", 300)).await;
        assert_eq!(wake_up(0).await, Some(100));
        assert_eq!(wake_up(100).await, Some(300));
        let mut fire = fixture.claim("one", 100, None).await.unwrap();
        fire.not_before_ms = 200;
        fixture.storage.postpone_fire(fire).await.unwrap();
        assert_eq!(wake_up(100).await, Some(200));
        assert_eq!(fixture.storage.timers_wake_up("other", 0).await.unwrap(), None);
    }
}
