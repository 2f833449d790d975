//! Newsletters: made, found, followed, read.

use serde_json::json;
use whatsapp_rust::{Jid, NewsletterRole};

use crate::support::{ANN, BOB, TestNetwork};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_follows_what_a_phone_publishes() {
    let network = TestNetwork::with_phones("lid").await;
    let ann = network.linked(ANN).await;
    let (status, made) = network
        .post(&format!("/phones/{BOB}/newsletters"), &json!({ "name": "News" }))
        .await;
    assert_eq!(status, 201, "{made}");
    let jid: Jid = made["jid"].as_str().unwrap().parse().unwrap();
    let client = ann.client();
    let newsletters = client.newsletter();
    let found = newsletters
        .get_metadata_by_invite(made["invite"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!((&found.jid, found.name.as_str()), (&jid, "News"));
    assert_eq!(found.role, Some(NewsletterRole::Guest));
    assert!(newsletters.list_subscribed().await.unwrap().is_empty());
    let joined = newsletters.join(&jid).await.unwrap();
    assert_eq!(joined.role, Some(NewsletterRole::Subscriber));
    assert_eq!(joined.subscriber_count, 1);

    let path = format!("/phones/{BOB}/newsletters/{jid}/publish");
    let (status, published) = network.post(&path, &json!({ "text": "It rains" })).await;
    assert_eq!(status, 200, "{published}");
    let (chat, _) = ann.text("It rains").await;
    assert_eq!(chat, jid.to_string());
    network
        .state(|state| state["phones"][0]["devices"][0]["queued"] == 0)
        .await;
    let number = published["serverId"].as_u64().unwrap();
    newsletters.send_reaction(&jid, number, "+").await.unwrap();
    let messages = newsletters.get_messages(&jid, 10, None).await.unwrap();
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].server_id, messages[0].reactions.len()), (number, 1));
    let text = messages[0].message.as_ref().unwrap().conversation.as_deref();
    assert_eq!(text, Some("It rains"));

    newsletters.leave(&jid).await.unwrap();
    assert!(newsletters.list_subscribed().await.unwrap().is_empty());
    let nobody: Jid = "120364000000000000@newsletter".parse().unwrap();
    assert!(newsletters.get_metadata(&nobody).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_publishes_what_it_owns() {
    let network = TestNetwork::with_phones("pn").await;
    let ann = network.linked(ANN).await;
    let bob = network.linked(BOB).await;
    let client = ann.client();
    let made = client
        .newsletter()
        .create("News", Some("of the day"))
        .await
        .unwrap();
    assert_eq!(made.role, Some(NewsletterRole::Owner));
    bob.client().newsletter().join(&made.jid).await.unwrap();
    let id = ann.send_to(made.jid.clone(), "first").await;
    bob.text("first").await;
    ann.saw(&crate::support::Seen::Ack(id)).await;
    // Who only follows does not write.
    let id = bob.send_to(made.jid.clone(), "me too").await;
    bob.saw(&crate::support::Seen::Nack {
        id,
        code: "403".to_owned(),
    })
    .await;
    let renamed = client
        .newsletter()
        .update(&made.jid, Some("Late news"), None)
        .await
        .unwrap();
    assert_eq!(renamed.name, "Late news");
}
