//! All operations of the reference, each as it is meant and with everything that has to be refused.

use std::io::Write as _;

use wagate_contract::World;
use wagate_contract::book::Book;
use wagate_contract::reference::{self, OPERATIONS};

use crate::WAGATE;

#[tokio::test]
async fn every_operation_of_the_reference_works() {
    let operations = reference::operations();
    assert_eq!(operations.len(), OPERATIONS);
    let world = World::start(WAGATE, Book::of(&operations)).await;
    // What is at the end takes away what those before it need.
    crate::accounts::run(&world).await;
    crate::sessions::run(&world).await;
    crate::bot::run(&world).await;
    crate::contacts::run(&world).await;
    crate::sends::run(&world).await;
    crate::messages::run(&world).await;
    crate::media::run(&world).await;
    crate::chats::run(&world).await;
    crate::groups::run(&world).await;
    crate::profile::run(&world).await;
    crate::status::run(&world).await;
    crate::labels::run(&world).await;
    crate::autoreply::run(&world).await;
    crate::scheduler::run(&world).await;
    crate::webhooks::run(&world).await;
    crate::notifications::run(&world).await;
    crate::system::run(&world).await;
    let (table, is_good) = world.book.table();
    // The table is shown in any case: that is what it is for.
    let _ = writeln!(std::io::stderr(), "{table}");
    assert!(is_good, "the contract is broken, see the table above");
}
