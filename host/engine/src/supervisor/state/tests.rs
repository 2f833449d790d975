//! What is told of a session's state.

use std::sync::Arc;

use serde_json::Value;

use super::State;
use crate::SessionStatus;
use crate::fixture::Fixture;

async fn state(f: &Fixture) -> State {
    let row = f.storage().session("session").await.unwrap().unwrap();
    State::from_row(Arc::clone(&f.context), &row)
}

async fn told(f: &Fixture) -> Vec<(String, Value)> {
    f.events().await
}

#[tokio::test]
async fn codes_and_states_are_told_under_both_names() {
    let f = Fixture::open().await;
    let state = state(&f).await;
    state.show_qr("2@first".to_owned()).await;
    state.show_qr("2@second".to_owned()).await;
    state.show_pairing_code("ABCD1234".to_owned()).await;
    state.set(SessionStatus::Connected, None).await;
    state.set(SessionStatus::Connected, None).await;
    insta::assert_json_snapshot!(told(&f).await);
}
