//! What a session does by itself because it is set to, as the people on the other side see it.

use std::time::Duration;

use serde_json::{Value, json};
use wagate_e2e::{Gateway, Network, Phone, eventually};

use crate::WAGATE;

const SOON: Duration = Duration::from_secs(30);

/// A linked session that starts with these settings.
async fn set_to(network: &Network, owner: &Phone<'_>, config: &Value) -> Gateway {
    let mut gateway = Gateway::start(WAGATE, network);
    gateway.pair("shop", owner).await;
    gateway.terminate();
    sqlx::query("UPDATE sessions SET config = ?")
        .bind(config.to_string())
        .execute(&mut gateway.database(true).await)
        .await
        .expect("the settings are written");
    gateway.start_again();
    gateway.wait_status("shop", "CONNECTED").await;
    gateway
}

/// The receipts of the contact's message that came from the session's account.
async fn receipts(contact: &Phone<'_>, owner: &Phone<'_>, id: &str) -> Vec<String> {
    let outbox = contact.outbox().await;
    let message = outbox.iter().find(|message| message["id"] == id);
    let receipts = message.and_then(|message| message["receipts"].as_array());
    receipts
        .into_iter()
        .flatten()
        .filter(|receipt| receipt["number"] == owner.number.as_str() && from_linked_device(receipt))
        .map(|receipt| receipt["type"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// Phones are device 0.
fn from_linked_device(receipt: &Value) -> bool {
    receipt["from"].as_str().is_some_and(|from| from.contains(':'))
}

async fn wait_receipt(contact: &Phone<'_>, owner: &Phone<'_>, id: &str, kind: &str) {
    eventually(&format!("{id} is {kind}"), SOON, async || {
        receipts(contact, owner, id)
            .await
            .contains(&kind.to_owned())
            .then_some(())
    })
    .await;
}

async fn wait_unread(gateway: &Gateway, chat: &str, wanted: i64) {
    eventually(&format!("{chat} has {wanted} unread"), SOON, async || {
        let unread: Option<i64> =
            sqlx::query_scalar("SELECT unread FROM chats WHERE jid = ? AND last_message IS NOT NULL")
                .bind(chat)
                .fetch_optional(&mut gateway.database(false).await)
                .await
                .expect("the chat is read");
        (unread == Some(wanted)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_session_that_reads_everything_says_so_to_the_sender() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025550111", "pn").await;
    let contact = network.phone("12025550112", "pn").await;
    let gateway = set_to(&network, &owner, &json!({ "autoRead": true })).await;
    let id = contact.write(&owner.jid, "read me").await;
    wait_receipt(&contact, &owner, &id, "read").await;
    wait_unread(&gateway, &contact.jid, 0).await;
}

#[tokio::test]
async fn a_session_without_read_receipts_reads_in_silence() {
    let network = Network::start(WAGATE);
    let owner = network.phone("12025550113", "pn").await;
    let contact = network.phone("12025550114", "pn").await;
    let config = json!({ "autoRead": true, "readReceipts": false });
    let gateway = set_to(&network, &owner, &config).await;
    let first = contact.write(&owner.jid, "one").await;
    wait_unread(&gateway, &contact.jid, 0).await;
    // Receipts travel in order: after the second message's delivery nothing of the first is under way.
    let second = contact.write(&owner.jid, "two").await;
    wait_receipt(&contact, &owner, &second, "inactive").await;
    assert_eq!(receipts(&contact, &owner, &first).await, ["inactive"]);
}

#[tokio::test]
async fn a_session_shows_as_available_only_when_it_is_set_to() {
    let network = Network::start(WAGATE);
    let contact = network.phone("12025550115", "pn").await;
    for (number, config, shown) in [
        ("12025550116", json!({}), "inactive"),
        ("12025550117", json!({ "alwaysOnline": true }), "delivered"),
        (
            "12025550118",
            json!({ "alwaysOnline": true, "ghostMode": true }),
            "inactive",
        ),
    ] {
        let owner = network.phone(number, "pn").await;
        let _gateway = set_to(&network, &owner, &config).await;
        // What arrives in the first moments may come before the account has said how it wants to be seen.
        eventually(&format!("{config} shows as {shown}"), SOON, async || {
            let id = contact.write(&owner.jid, "are you there?").await;
            eventually("it is delivered", SOON, async || {
                (!receipts(&contact, &owner, &id).await.is_empty()).then_some(())
            })
            .await;
            (receipts(&contact, &owner, &id).await == [shown]).then_some(())
        })
        .await;
    }
}
