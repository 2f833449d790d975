//! What leaves, over a real database: the event log's positions, deliveries, parked events, requests with a key, queued
//! sends.

// Marked, because that is what the lints take for tests.
#[cfg(test)]
mod outbox {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use tempfile::TempDir;
    use wagate_storage::SharedStorage;
    use wagate_storage::api_keys::ApiKeyRow;
    use wagate_storage::deliveries::{
        DeliveryFilter, DeliveryRow, DeliveryState, EndpointRow, EndpointState, NewDelivery, Outcome, Queued,
        Settled, Verdict,
    };
    use wagate_storage::events::{EventRow, NewEvent};
    use wagate_storage::parked::ParkedEvent;
    use wagate_storage::plugin_store::StoreChange;
    use wagate_storage::requests::{KeptAnswer, KeyState, RequestKey};
    use wagate_storage::send_queue::QueuedSend;
    use wagate_storage::sessions::{Desired, SessionRow};
    use wagate_storage::sqlite::SqliteStorage;
    use wagate_storage::users::{Role, UserRow};

    const PLUGIN: &str = "webhooks";
    const SESSIONS: [&str; 2] = ["session-a", "session-b"];
    const ENDPOINT: &str = "endpoint";
    const NOW: i64 = 1_000_000;

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
            for id in SESSIONS {
                let session = SessionRow {
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
                };
                storage.insert_session(session).await.unwrap();
            }
            Self { storage, directory }
        }

        /// With one endpoint.
        async fn with_endpoint() -> Self {
            let fixture = Self::open().await;
            fixture
                .storage
                .put_endpoint(endpoint(SESSIONS[0]))
                .await
                .unwrap()
                .unwrap();
            fixture
        }

        /// As after a restart.
        async fn reopen(self) -> Self {
            self.storage.close().await;
            let storage = open(&self.directory).await;
            Self { storage, ..self }
        }

        async fn queue(&self, lane: &str, key: &str) -> bool {
            let queued = self.storage.enqueue_deliveries(vec![delivery(lane, key)]).await;
            queued.unwrap()[0] != Queued::Not
        }

        async fn due(&self, now: i64) -> Vec<String> {
            let lanes = self.storage.due_lanes(ENDPOINT, now, 100).await.unwrap();
            lanes.into_iter().map(|lane| lane.lane).collect()
        }

        async fn first(&self, lane: &str) -> DeliveryRow {
            let waiting = self.storage.waiting_deliveries(ENDPOINT, lane, 1).await.unwrap();
            waiting.into_iter().next().unwrap()
        }

        async fn settle(&self, lane: &str, status: u16, verdict: Verdict) -> bool {
            let outcome = Outcome {
                at: NOW,
                status: Some(status),
                error: (verdict != Verdict::Delivered).then(|| "refused".to_owned()),
                response: None,
                duration_ms: 5,
            };
            let first = self.first(lane).await;
            self.storage
                .settle_delivery(&first, outcome, verdict)
                .await
                .unwrap()
        }

        async fn skipped(&self, lane: &str) -> i64 {
            let lanes = self.storage.due_lanes(ENDPOINT, i64::MAX, 100).await.unwrap();
            let lane = lanes.into_iter().find(|found| found.lane == lane);
            lane.map_or(0, |lane| lane.skipped)
        }

        async fn endpoint(&self) -> EndpointRow {
            self.storage.endpoint_by_id(ENDPOINT).await.unwrap().unwrap()
        }
    }

    async fn open(directory: &TempDir) -> SharedStorage {
        Arc::new(
            SqliteStorage::open(&directory.path().join("test.db"))
                .await
                .unwrap(),
        )
    }

    fn endpoint(session: &str) -> EndpointRow {
        EndpointRow {
            id: ENDPOINT.to_owned(),
            plugin: PLUGIN.to_owned(),
            session_id: session.to_owned(),
            name: "hook".to_owned(),
            url: "https://a.example/".to_owned(),
            headers: None,
            secret: Some("sealed".to_owned()),
            previous: None,
            owner: None,
            concurrency: None,
            timeout_ms: None,
            state: EndpointState::Active,
            reason: None,
            failing_since: None,
            hold_step: 0,
            hold_until: None,
            created_at: NOW,
            updated_at: NOW,
        }
    }

    fn delivery(lane: &str, key: &str) -> NewDelivery {
        NewDelivery {
            endpoint_id: ENDPOINT.to_owned(),
            id: format!("msg_{key}"),
            key: key.to_owned(),
            lane: lane.to_owned(),
            label: "message.received".to_owned(),
            content_type: "application/json".to_owned(),
            body: format!("body of {key}"),
            again: false,
            created_at: NOW,
        }
    }

    fn event(session: &str, id: &str) -> NewEvent {
        NewEvent {
            id: id.to_owned(),
            session_id: session.to_owned(),
            kind: "message.received".to_owned(),
            chat: None,
            timestamp: NOW,
            schema: 1,
            data: "{}".to_owned(),
        }
    }

    fn ids(events: &[EventRow]) -> Vec<&str> {
        events.iter().map(|row| row.event.id.as_str()).collect()
    }

    #[tokio::test]
    async fn positions_run_through_all_sessions_and_are_never_used_again() {
        let fixture = Fixture::open().await;
        let storage = &fixture.storage;
        let [a, b] = SESSIONS;
        for (session, id) in [(a, "1"), (b, "2"), (a, "3"), (a, "1")] {
            storage.append_events(vec![event(session, id)]).await.unwrap();
        }
        let all = storage.events_from(0, 10).await.unwrap();
        assert_eq!(ids(&all), ["1", "2", "3"]);
        assert!(all.windows(2).all(|pair| pair[0].position < pair[1].position));
        let last = all[2].position;
        assert_eq!(
            ids(&storage.events_from(all[0].position, 1).await.unwrap()),
            ["2"]
        );
        assert_eq!(storage.event_positions().await.unwrap(), (all[0].position, last));
        // The newest goes with its session; what comes next does not take its place.
        assert!(storage.delete_session(a).await.unwrap());
        let fixture = fixture.reopen().await;
        fixture.storage.append_events(vec![event(b, "4")]).await.unwrap();
        let newest = fixture.storage.events_from(last, 10).await.unwrap();
        assert_eq!(ids(&newest), ["4"]);
        assert_eq!(
            fixture.storage.last_sequences().await.unwrap(),
            [(b.to_owned(), b.to_owned(), 2)]
        );
    }

    /// What the tail says, and the log.
    async fn assert_tail_is_the_log(storage: &SharedStorage, from: i64) {
        let described = |row: &EventRow| {
            let event = &row.event;
            let place = (row.position, row.sequence, row.chat_sequence);
            (
                place,
                event.id.clone(),
                event.session_id.clone(),
                event.data.clone(),
            )
        };
        let log: Vec<_> = storage
            .events_from(from, 100)
            .await
            .unwrap()
            .iter()
            .map(described)
            .collect();
        let tail = storage.tail().after(from, 100).unwrap();
        assert_eq!(tail.iter().map(|row| described(row)).collect::<Vec<_>>(), log);
        assert_eq!(
            *storage.tail().head().borrow(),
            log.last().map_or(from, |((position, ..), ..)| *position)
        );
        for session in SESSIONS {
            let log: Vec<_> = storage
                .events_after(session, 0, 100)
                .await
                .unwrap()
                .iter()
                .map(described)
                .collect();
            let tail = storage.tail().session_after(session, 0, 100).unwrap_or_default();
            assert_eq!(tail.iter().map(|row| described(row)).collect::<Vec<_>>(), log);
        }
    }

    #[tokio::test]
    async fn the_tail_is_what_was_committed_and_nothing_else() {
        let fixture = Fixture::open().await;
        let storage = &fixture.storage;
        let [a, b] = SESSIONS;
        let in_chat = |id: &str| NewEvent {
            chat: Some("15550100@s.whatsapp.net".to_owned()),
            data: format!("{{\"of\":\"{id}\"}}"),
            ..event(a, id)
        };
        storage
            .append_events(vec![event(a, "1"), event(b, "1"), in_chat("2"), event(a, "1")])
            .await
            .unwrap();
        assert_tail_is_the_log(storage, 0).await;
        // Many in one transaction, some of which are there already.
        let writes = (0..40).map(|n| async move {
            let id = (n % 30 + 3).to_string();
            storage.append_events(vec![in_chat(&id), event(b, &id)]).await
        });
        for done in futures::future::join_all(writes).await {
            done.unwrap();
        }
        assert_tail_is_the_log(storage, 0).await;
        assert!(storage.delete_session(a).await.unwrap());
        assert!(storage.tail().session_after(a, 0, 1).is_none());
        // A new process begins at the end.
        let last = *storage.tail().head().borrow();
        let fixture = fixture.reopen().await;
        assert!(fixture.storage.tail().after(last - 1, 1).is_none());
        fixture
            .storage
            .append_events(vec![event(b, "new")])
            .await
            .unwrap();
        let newest = fixture.storage.tail().after(last, 10).unwrap();
        assert_eq!((newest.len(), newest[0].position), (1, last + 1));
    }

    #[tokio::test]
    async fn a_lane_keeps_its_order_and_a_key_is_queued_once() {
        let fixture = Fixture::with_endpoint().await;
        for (lane, key) in [("x", "1"), ("y", "2"), ("x", "3")] {
            assert!(fixture.queue(lane, key).await);
        }
        assert!(!fixture.queue("x", "1").await, "queued already");
        assert_eq!(fixture.due(NOW).await, ["x", "y"]);
        assert_eq!(fixture.first("x").await.delivery.body, "body of 1");
        fixture.settle("x", 200, Verdict::Delivered).await;
        assert_eq!(fixture.first("x").await.delivery.key, "3");
        // Nothing is marked as being under way: after a restart the same wait.
        let fixture = fixture.reopen().await;
        assert_eq!(fixture.due(NOW + 10).await.len(), 2);
        fixture.settle("x", 204, Verdict::Delivered).await;
        fixture.settle("y", 200, Verdict::Delivered).await;
        assert!(fixture.due(i64::MAX).await.is_empty());
        let counts = fixture.storage.delivery_counts(ENDPOINT).await.unwrap();
        assert_eq!((counts.pending, counts.delivered, counts.dead), (0, 3, 0));
        assert!(!fixture.queue("x", "1").await, "delivered already");
    }

    #[tokio::test]
    async fn trouble_makes_a_lane_wait_and_a_success_ends_every_wait() {
        let fixture = Fixture::with_endpoint().await;
        for (lane, key) in [("x", "1"), ("y", "2"), ("z", "3")] {
            fixture.queue(lane, key).await;
        }
        let later = |held| Verdict::Again {
            next_ms: NOW + 5000,
            held,
        };
        fixture.settle("x", 503, later(true)).await;
        fixture.settle("y", 400, later(false)).await;
        assert_eq!(fixture.due(NOW).await, ["z"]);
        assert_eq!(fixture.endpoint().await.failing_since, Some(NOW));
        fixture
            .storage
            .hold_endpoint(ENDPOINT, 1, NOW + 5000)
            .await
            .unwrap();
        assert!(fixture.storage.due_endpoints(NOW, 10).await.unwrap().is_empty());
        assert_eq!(
            fixture.storage.due_endpoints(NOW + 5000, 10).await.unwrap(),
            [ENDPOINT]
        );
        assert!(fixture.settle("z", 200, Verdict::Delivered).await, "it is back");
        let endpoint = fixture.endpoint().await;
        assert_eq!(
            (endpoint.failing_since, endpoint.hold_step, endpoint.hold_until),
            (None, 0, None)
        );
        assert_eq!(fixture.due(NOW + 100).await, ["x"], "what was refused waits on");
        assert!(
            !fixture.settle("x", 200, Verdict::Delivered).await,
            "it was back before"
        );
    }

    #[tokio::test]
    async fn the_dead_are_counted_until_something_arrives() {
        let fixture = Fixture::with_endpoint().await;
        for key in ["1", "2", "3"] {
            fixture.queue("x", key).await;
        }
        fixture.settle("x", 400, Verdict::Dead).await;
        fixture.settle("x", 400, Verdict::Dead).await;
        assert_eq!(fixture.skipped("x").await, 2);
        fixture.settle("x", 200, Verdict::Delivered).await;
        fixture.queue("x", "4").await;
        assert_eq!(fixture.skipped("x").await, 0);
        fixture.settle("x", 400, Verdict::Dead).await;
        assert!(fixture.due(i64::MAX).await.is_empty(), "nothing waits");
        fixture.queue("x", "5").await;
        assert_eq!(fixture.skipped("x").await, 1, "remembered while nothing waited");
        let dead = DeliveryFilter {
            state: Some(DeliveryState::Dead),
            before: None,
        };
        let dead = fixture.storage.deliveries(ENDPOINT, dead, 10).await.unwrap();
        let keys: Vec<&str> = dead.iter().map(|row| row.delivery.key.as_str()).collect();
        assert_eq!(keys, ["4", "2", "1"]);
    }

    #[tokio::test]
    async fn what_is_too_old_is_given_up_lane_by_lane() {
        let fixture = Fixture::with_endpoint().await;
        for (lane, key) in [("x", "1"), ("x", "2"), ("y", "3")] {
            fixture.queue(lane, key).await;
        }
        let young = NewDelivery {
            created_at: NOW + 100,
            ..delivery("x", "4")
        };
        fixture.storage.enqueue_deliveries(vec![young]).await.unwrap();
        let given_up = fixture
            .storage
            .give_up_deliveries(ENDPOINT, NOW + 50, "too old", NOW + 100)
            .await
            .unwrap();
        assert_eq!(given_up, 3);
        assert_eq!(fixture.due(i64::MAX).await, ["x"]);
        assert_eq!(fixture.skipped("x").await, 2);
        let row = fixture.storage.delivery("msg_3").await.unwrap().unwrap();
        assert_eq!(row.state, DeliveryState::Dead);
        assert_eq!(row.last.unwrap().error.as_deref(), Some("too old"));
    }

    #[tokio::test]
    async fn what_has_ended_can_begin_anew_and_the_log_forgets_nothing() {
        let fixture = Fixture::with_endpoint().await;
        fixture.queue("x", "1").await;
        let again = Verdict::Again {
            next_ms: NOW,
            held: true,
        };
        fixture.settle("x", 500, again).await;
        fixture.settle("x", 200, Verdict::Delivered).await;
        assert!(fixture.storage.redeliver("msg_1", NOW + 1).await.unwrap());
        assert!(
            !fixture.storage.redeliver("msg_1", NOW + 1).await.unwrap(),
            "it waits"
        );
        assert!(
            !fixture.storage.redeliver("msg_0", NOW + 1).await.unwrap(),
            "unknown"
        );
        assert_eq!(fixture.first("x").await.attempts, 0);
        fixture.settle("x", 204, Verdict::Delivered).await;
        let (log, total) = fixture.storage.delivery_log(ENDPOINT, None, 0, 10).await.unwrap();
        let statuses: Vec<_> = log.iter().map(|line| line.outcome.status.unwrap()).collect();
        assert_eq!((total, statuses.len()), (3, 3));
        for status in [200, 204, 500] {
            assert!(statuses.contains(&status), "{statuses:?}");
        }
        let replay = NewDelivery {
            again: true,
            ..delivery("x", "1")
        };
        assert_eq!(
            fixture.storage.enqueue_deliveries(vec![replay]).await.unwrap(),
            [Queued::Due]
        );
        assert_eq!(fixture.due(NOW + 10).await, ["x"]);
    }

    #[tokio::test]
    async fn what_ended_long_ago_is_forgotten_and_what_waits_is_not() {
        let fixture = Fixture::with_endpoint().await;
        for n in 0..10 {
            fixture.queue("x", &n.to_string()).await;
            let verdict = if n % 2 == 0 {
                Verdict::Delivered
            } else {
                Verdict::Dead
            };
            fixture.settle("x", 400, verdict).await;
        }
        fixture.queue("x", "waits").await;
        let gone = fixture.storage.prune_deliveries(ENDPOINT, None, 2).await.unwrap();
        assert_eq!(gone, 6);
        let counts = fixture.storage.delivery_counts(ENDPOINT).await.unwrap();
        assert_eq!((counts.pending, counts.delivered, counts.dead), (1, 2, 2));
        fixture
            .storage
            .prune_deliveries(ENDPOINT, Some(NOW + 1), 100)
            .await
            .unwrap();
        let counts = fixture.storage.delivery_counts(ENDPOINT).await.unwrap();
        assert_eq!((counts.pending, counts.delivered, counts.dead), (1, 0, 0));
    }

    #[tokio::test]
    async fn an_endpoint_is_replaced_paused_and_deleted() {
        let fixture = Fixture::with_endpoint().await;
        let storage = &fixture.storage;
        fixture.queue("x", "1").await;
        storage
            .set_endpoint_state(ENDPOINT, EndpointState::Disabled, Some("gone"), NOW)
            .await
            .unwrap();
        let other = EndpointRow {
            id: "another id".to_owned(),
            url: "https://b.example/".to_owned(),
            ..endpoint(SESSIONS[0])
        };
        let kept = storage.put_endpoint(other).await.unwrap().unwrap();
        assert_eq!(
            (kept.id.as_str(), kept.url.as_str()),
            (ENDPOINT, "https://b.example/")
        );
        assert_eq!(
            (kept.state, kept.reason.as_deref()),
            (EndpointState::Disabled, Some("gone"))
        );
        assert!(storage.due_endpoints(NOW, 10).await.unwrap().is_empty());
        storage
            .set_endpoint_state(ENDPOINT, EndpointState::Active, None, NOW)
            .await
            .unwrap();
        assert_eq!(storage.due_endpoints(NOW, 10).await.unwrap(), [ENDPOINT]);
        assert_eq!(storage.endpoints_of(PLUGIN, SESSIONS[0]).await.unwrap().len(), 1);
        assert!(
            storage
                .endpoint("other", SESSIONS[0], "hook")
                .await
                .unwrap()
                .is_none()
        );
        assert!(storage.delete_endpoint(ENDPOINT).await.unwrap());
        assert!(!storage.delete_endpoint(ENDPOINT).await.unwrap());
        assert!(storage.delivery("msg_1").await.unwrap().is_none());
        assert!(!fixture.queue("x", "2").await, "there is nowhere to send it");
        assert!(
            storage
                .put_endpoint(endpoint("no session"))
                .await
                .unwrap()
                .is_none()
        );
    }

    #[tokio::test]
    async fn what_was_just_queued_goes_on_from_memory_once() {
        let fixture = Fixture::with_endpoint().await;
        let storage = &fixture.storage;
        let queue = async |lane: &str, key: &str| {
            let queued = storage.enqueue_deliveries(vec![delivery(lane, key)]).await;
            queued.unwrap()[0]
        };
        let outcome = Outcome {
            at: NOW,
            status: Some(200),
            ..Outcome::default()
        };
        let arrived = async |rows: &[&DeliveryRow]| {
            let rows = rows.iter().map(|row| ((*row).clone(), outcome.clone()));
            storage.settle_delivered(rows.collect()).await.unwrap()
        };
        let next = |id: Option<&str>| Settled {
            is_recovered: false,
            next: id.map(str::to_owned),
        };
        assert_eq!(queue("x", "1").await, Queued::First);
        assert_eq!(queue("x", "1").await, Queued::Not);
        assert_eq!(queue("x", "2").await, Queued::Behind);
        assert_eq!(queue("y", "3").await, Queued::First);
        let (x1, y3) = (
            storage.queued_lately("msg_1").unwrap(),
            storage.queued_lately("msg_3").unwrap(),
        );
        assert_eq!(x1.delivery, delivery("x", "1"));
        assert!(storage.queued_lately("msg_1").is_none(), "it was handed out");
        assert_eq!(arrived(&[&x1, &y3]).await, [next(Some("msg_2")), next(None)]);
        assert_eq!(fixture.due(NOW).await, ["x"], "a lane with nothing in it goes");
        assert_eq!(
            storage.delivery("msg_3").await.unwrap().unwrap().last,
            Some(outcome.clone())
        );
        // Read with its lane: whoever has it from there tries it.
        let x2 = fixture.first("x").await;
        assert!(storage.queued_lately("msg_2").is_none());
        assert_eq!(arrived(&[&x2]).await, [next(None)]);
        // Written twice, it changes nothing.
        assert_eq!(arrived(&[&x2]).await, [next(None)]);
        assert_eq!(storage.delivery("msg_2").await.unwrap().unwrap().attempts, 1);
        // Something was left out before it: the lane has to be read.
        queue("x", "4").await;
        fixture.settle("x", 400, Verdict::Dead).await;
        assert_eq!(queue("x", "5").await, Queued::Due);
        let x5 = fixture.first("x").await;
        let settled = arrived(&[&x5]).await;
        assert_eq!((settled[0].is_recovered, &settled[0].next), (true, &None));
        assert_eq!(queue("x", "6").await, Queued::First);
    }

    /// What a reader is told, by id and by name: both the same, whatever is remembered.
    async fn told(storage: &SharedStorage) -> Option<EndpointRow> {
        let by_id = storage.endpoint_by_id(ENDPOINT).await.unwrap();
        let by_name = storage.endpoint(PLUGIN, SESSIONS[0], "hook").await.unwrap();
        let parts = |row: &EndpointRow| {
            let secrets = (row.secret.clone(), row.previous.clone());
            let trouble = (row.failing_since, row.hold_step, row.hold_until);
            (row.url.clone(), row.owner.clone(), row.state, secrets, trouble)
        };
        assert_eq!(by_id.as_ref().map(parts), by_name.as_ref().map(parts));
        by_id
    }

    #[tokio::test]
    async fn every_write_to_an_endpoint_is_seen_by_the_next_read() {
        let fixture = Fixture::with_endpoint().await;
        let storage = &fixture.storage;
        let see = async || told(storage).await.unwrap();
        assert_eq!(see().await.url, "https://a.example/");
        let mut row = endpoint(SESSIONS[0]);
        row.url = "https://b.example/".to_owned();
        storage.put_endpoint(row.clone()).await.unwrap();
        assert_eq!(see().await.url, "https://b.example/");
        row.previous = row
            .secret
            .replace("newly sealed".to_owned())
            .map(|old| (old, NOW));
        row.owner = Some("user".to_owned());
        storage.put_endpoint(row).await.unwrap();
        let rotated = see().await;
        assert_eq!(rotated.secret.as_deref(), Some("newly sealed"));
        assert_eq!(rotated.previous, Some(("sealed".to_owned(), NOW)));
        assert_eq!(rotated.owner.as_deref(), Some("user"));
        for state in [
            EndpointState::Paused,
            EndpointState::Disabled,
            EndpointState::Active,
        ] {
            storage
                .set_endpoint_state(ENDPOINT, state, None, NOW)
                .await
                .unwrap();
            assert_eq!(see().await.state, state);
        }
        storage.hold_endpoint(ENDPOINT, 2, NOW + 5).await.unwrap();
        assert_eq!(
            (see().await.hold_step, see().await.hold_until),
            (2, Some(NOW + 5))
        );
        fixture.queue("x", "1").await;
        let again = Verdict::Again {
            next_ms: NOW,
            held: true,
        };
        fixture.settle("x", 500, again).await;
        assert_eq!(see().await.failing_since, Some(NOW));
        fixture.settle("x", 200, Verdict::Delivered).await;
        assert_eq!((see().await.failing_since, see().await.hold_step), (None, 0));
        storage.delete_endpoint(ENDPOINT).await.unwrap();
        assert!(told(storage).await.is_none());
        storage.put_endpoint(endpoint(SESSIONS[0])).await.unwrap();
        assert!(told(storage).await.is_some());
        storage.delete_session(SESSIONS[0]).await.unwrap();
        assert!(told(storage).await.is_none());
    }

    #[tokio::test]
    async fn what_goes_with_a_user_or_a_session_is_not_remembered() {
        for is_user in [true, false] {
            let fixture = Fixture::with_endpoint().await;
            let storage = &fixture.storage;
            let key = format!("{}/key", SESSIONS[0]);
            let put = StoreChange::Put {
                key: key.clone(),
                value: b"value".to_vec(),
            };
            storage.plugin_apply(PLUGIN, vec![put]).await.unwrap();
            storage
                .put_document(PLUGIN, SESSIONS[0], "{}".to_owned(), NOW)
                .await
                .unwrap();
            assert!(told(storage).await.is_some());
            assert!(storage.plugin_get(PLUGIN, &key).await.unwrap().is_some());
            assert!(storage.document(PLUGIN, SESSIONS[0]).await.unwrap().is_some());
            if is_user {
                storage.delete_user("user").await.unwrap();
            } else {
                storage.delete_session(SESSIONS[0]).await.unwrap();
                assert!(storage.plugin_get(PLUGIN, &key).await.unwrap().is_none());
            }
            assert!(told(storage).await.is_none());
            assert!(storage.document(PLUGIN, SESSIONS[0]).await.unwrap().is_none());
        }
    }

    #[tokio::test]
    async fn a_plugin_reads_what_it_wrote() {
        let fixture = Fixture::open().await;
        let storage = &fixture.storage;
        let get = async || storage.plugin_get(PLUGIN, "key").await.unwrap();
        let value = |text: &str| text.as_bytes().to_vec();
        assert_eq!(get().await, None);
        let put = StoreChange::Put {
            key: "key".to_owned(),
            value: value("1"),
        };
        storage.plugin_apply(PLUGIN, vec![put]).await.unwrap();
        assert_eq!(get().await, Some(value("1")));
        assert_eq!(storage.plugin_get("another", "key").await.unwrap(), None);
        let replace = |expected: &str, new: &str| {
            storage.plugin_compare_and_put(PLUGIN, "key", Some(value(expected)), value(new))
        };
        assert!(!replace("0", "2").await.unwrap());
        assert!(replace("1", "2").await.unwrap());
        assert_eq!(get().await, Some(value("2")));
        let delete = StoreChange::Delete {
            key: "key".to_owned(),
        };
        storage.plugin_apply(PLUGIN, vec![delete]).await.unwrap();
        assert_eq!(get().await, None);
        for json in ["1", "2"] {
            storage
                .put_document(PLUGIN, SESSIONS[0], json.to_owned(), NOW)
                .await
                .unwrap();
            assert_eq!(
                storage.document(PLUGIN, SESSIONS[0]).await.unwrap().as_deref(),
                Some(json)
            );
        }
    }

    /// Readers look all the time: none ever keeps what a write has replaced.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whoever_wrote_reads_it_however_many_read_beside_it() {
        const ROUNDS: u32 = 100;
        let fixture = Fixture::open().await;
        let storage = &fixture.storage;
        let number =
            |value: Option<Vec<u8>>| value.map_or(0, |bytes| u32::from_be_bytes(bytes.try_into().unwrap()));
        let is_over = Arc::new(AtomicBool::new(false));
        let read = |storage: SharedStorage, is_over: Arc<AtomicBool>| async move {
            let mut seen = 0;
            while !is_over.load(Ordering::Acquire) {
                let now = number(storage.plugin_get(PLUGIN, "n").await.unwrap());
                assert!(now >= seen, "{now} after {seen}");
                seen = now;
                tokio::task::yield_now().await;
            }
        };
        let readers = [(); 3].map(|()| tokio::spawn(read(Arc::clone(storage), Arc::clone(&is_over))));
        for n in 1..=ROUNDS {
            let put = StoreChange::Put {
                key: "n".to_owned(),
                value: n.to_be_bytes().to_vec(),
            };
            storage.plugin_apply(PLUGIN, vec![put]).await.unwrap();
            assert_eq!(number(storage.plugin_get(PLUGIN, "n").await.unwrap()), n);
        }
        is_over.store(true, Ordering::Release);
        for reader in readers {
            reader.await.unwrap();
        }
    }

    fn request(body: &[u8]) -> (RequestKey, Vec<u8>) {
        let key = RequestKey {
            caller: "user".to_owned(),
            method: "POST".to_owned(),
            path: "/api/messages".to_owned(),
            key: "k".to_owned(),
        };
        (key, body.to_vec())
    }

    async fn begin(fixture: &Fixture, body: &[u8], run: &str, expired: i64) -> KeyState {
        let (key, hash) = request(body);
        fixture
            .storage
            .begin_request(key, hash, run, expired, NOW)
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_request_is_executed_once_and_its_answer_repeated() {
        let fixture = Fixture::open().await;
        let KeyState::Mine { request_id, again } = begin(&fixture, b"1", "run", 0).await else {
            panic!()
        };
        assert!(!again);
        assert_eq!(begin(&fixture, b"1", "run", 0).await, KeyState::Running);
        assert_eq!(begin(&fixture, b"2", "run", 0).await, KeyState::Different);
        let answer = KeptAnswer {
            status: 200,
            headers: "[]".to_owned(),
            body: b"sent".to_vec(),
        };
        fixture
            .storage
            .end_request(&request_id, Some(answer.clone()))
            .await
            .unwrap();
        assert_eq!(
            begin(&fixture, b"1", "run", 0).await,
            KeyState::Done(answer.clone())
        );
        assert_eq!(begin(&fixture, b"2", "run", 0).await, KeyState::Different);
        let fixture = fixture.reopen().await;
        assert_eq!(
            begin(&fixture, b"1", "another run", 0).await,
            KeyState::Done(answer)
        );
        // After a day it is a new one.
        let KeyState::Mine {
            request_id: later, ..
        } = begin(&fixture, b"2", "run", NOW + 1).await
        else {
            panic!()
        };
        assert_ne!(later, request_id);
        assert_eq!(fixture.storage.prune_requests(NOW + 1).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn what_a_crash_cut_short_goes_on_under_the_same_id() {
        let fixture = Fixture::open().await;
        let id = |state: KeyState| match state {
            KeyState::Mine { request_id, again } => (request_id, again),
            other => panic!("{other:?}"),
        };
        let (first, _) = id(begin(&fixture, b"1", "run", 0).await);
        let (second, again) = id(begin(&fixture, b"1", "next run", 0).await);
        assert_eq!((second.as_str(), again), (first.as_str(), true));
        // It came to no answer: again the same, but for another body.
        fixture.storage.end_request(&first, None).await.unwrap();
        let (third, again) = id(begin(&fixture, b"1", "next run", 0).await);
        assert_eq!((third.as_str(), again), (first.as_str(), true));
        fixture.storage.end_request(&first, None).await.unwrap();
        let (other, again) = id(begin(&fixture, b"2", "next run", 0).await);
        assert!(other != first && !again);
    }

    #[tokio::test]
    async fn parked_events_wait_with_their_error() {
        let fixture = Fixture::open().await;
        let storage = &fixture.storage;
        let parked = |sequence: i64, error: &str| ParkedEvent {
            plugin: PLUGIN.to_owned(),
            event: EventRow {
                position: sequence,
                sequence,
                chat_sequence: None,
                event: event(SESSIONS[0], &format!("evt_{sequence}")),
            },
            error: error.to_owned(),
            attempts: 3,
            parked_at: NOW,
        };
        for sequence in 1..=4 {
            assert_eq!(storage.park_event(parked(sequence, "boom"), 4).await.unwrap(), 0);
        }
        assert_eq!(
            storage.park_event(parked(5, "boom"), 4).await.unwrap(),
            1,
            "the oldest had to go"
        );
        storage.park_event(parked(5, "bang"), 4).await.unwrap();
        assert_eq!(
            storage.parked_counts(PLUGIN).await.unwrap(),
            [(SESSIONS[0].to_owned(), 4)]
        );
        let page = storage
            .parked_events(PLUGIN, None, Some("evt_3"), 10)
            .await
            .unwrap();
        let found: Vec<_> = page
            .iter()
            .map(|row| (row.event.sequence, row.error.as_str(), row.attempts))
            .collect();
        assert_eq!(found, [(4, "boom", 3), (5, "bang", 6)]);
        assert!(storage.parked_event(PLUGIN, "evt_5").await.unwrap().is_some());
        assert!(storage.unpark_event(PLUGIN, SESSIONS[0], "evt_5").await.unwrap());
        assert!(!storage.unpark_event(PLUGIN, SESSIONS[0], "evt_5").await.unwrap());
        storage.delete_session(SESSIONS[0]).await.unwrap();
        assert!(storage.parked_counts(PLUGIN).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn queued_sends_keep_their_order_and_their_end() {
        let fixture = Fixture::open().await;
        let storage = &fixture.storage;
        let send = |wa_id: &str, expires_at: i64| QueuedSend {
            session_id: SESSIONS[0].to_owned(),
            wa_id: wa_id.to_owned(),
            recipient: "12025550100@s.whatsapp.net".to_owned(),
            wire: vec![1],
            options: "{}".to_owned(),
            created_at: NOW,
            expires_at,
        };
        assert!(storage.queue_send(send("1", NOW + 5), 2).await.unwrap());
        assert!(storage.queue_send(send("2", NOW + 9), 2).await.unwrap());
        assert!(
            !storage.queue_send(send("3", NOW), 2).await.unwrap(),
            "no place left"
        );
        assert!(
            storage.queue_send(send("1", NOW), 2).await.unwrap(),
            "it waits already"
        );
        let waiting = storage.queued_sends(SESSIONS[0], 10).await.unwrap();
        let waiting: Vec<&str> = waiting.iter().map(|send| send.wa_id.as_str()).collect();
        assert_eq!(waiting, ["1", "2"]);
        let expired = storage.expired_sends(NOW + 5, 10).await.unwrap();
        assert_eq!(expired.len(), 1);
        assert!(storage.unqueue_send(SESSIONS[0], "1").await.unwrap());
        assert_eq!(storage.count_queued_sends(SESSIONS[0]).await.unwrap(), 1);
    }
}
