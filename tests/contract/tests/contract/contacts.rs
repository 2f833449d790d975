//! Contacts: listed, searched, blocked.

use wagate_contract::world::{FRIENDS, OWNER, jid};
use wagate_contract::{Call, World};

const BLOCK: &str = "POST /contacts/{sessionId}/{jid}/block";
const UNBLOCK: &str = "POST /contacts/{sessionId}/{jid}/unblock";

pub(crate) async fn run(world: &World) {
    let list = Call::to("GET /contacts/{sessionId}");
    let listed = world.works(list.clone()).await;
    let rows = listed.list("/data");
    for number in FRIENDS {
        let is_there = rows.iter().any(|row| row["jid"] == jid(number).as_str());
        world.holds(list.operation, &format!("{number} is listed"), is_there);
    }
    let paged = world.again(list.clone().query("page=2&limit=1")).await;
    let is_page = paged.list("/data").len() == 1 && paged.body["meta"]["page"] == 2;
    world.holds(list.operation, "one row on the second page", is_page);
    let found = world
        .again(list.clone().query(&format!("search={}", FRIENDS[1])))
        .await
        .list("/data");
    let is_one = found.len() == 1 && found[0]["jid"] == jid(FRIENDS[1]).as_str();
    world.holds(list.operation, "the search finds one", is_one);
    world.refused(list.query("page=0"), &[400], "page").await;

    let blocked = async |wanted: bool| {
        let profile = world.control.profile(OWNER).await;
        let blocked = profile["blocked"].as_array()?;
        (blocked.iter().any(|number| number == FRIENDS[2]) == wanted).then_some(())
    };
    world.works(Call::to(BLOCK).at("jid", &jid(FRIENDS[2]))).await;
    world
        .seen(BLOCK, "blocked at the phone", async || blocked(true).await)
        .await;
    world.works(Call::to(UNBLOCK).at("jid", &jid(FRIENDS[2]))).await;
    world
        .seen(UNBLOCK, "not blocked at the phone", async || blocked(false).await)
        .await;
}
