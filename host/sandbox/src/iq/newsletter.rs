//! `newsletter`: what was published.

use std::collections::BTreeMap;

use wacore_binary::Node;
use wacore_binary::builder::NodeBuilder;

use super::Answer;
use crate::accounts::{AccountId, DeviceAddress};
use crate::newsletters::{self, Newsletter, Post};
use crate::stanza::attr;
use crate::stanza::iq::Iq;
use crate::state::State;

/// How long a device that wants to hear of reactions is taken to want it, in seconds.
const LIVE: u64 = 300;
/// The most messages in one answer.
const PAGE: usize = 100;

pub(super) fn answer(state: &State, by: DeviceAddress, query: &Iq) -> Answer {
    let found = query.to().map(|jid| state.newsletters.get(jid));
    let Some(Ok(newsletter)) = found else {
        return query.error(404, "item-not-found").into();
    };
    if let Some(asked) = query.child("messages") {
        return query.result(vec![messages(newsletter, by.account, asked)]).into();
    }
    if query.child("live_updates").is_some() {
        let live = NodeBuilder::new("live_updates").attr("duration", LIVE);
        return query.result(vec![live.build()]).into();
    }
    query.error(400, "bad-request").into()
}

fn messages(newsletter: &Newsletter, by: AccountId, asked: &Node) -> Node {
    let count = attr(asked, "count")
        .and_then(|count| count.parse().ok())
        .unwrap_or(PAGE);
    let before: u64 = attr(asked, "before")
        .and_then(|before| before.parse().ok())
        .unwrap_or(u64::MAX);
    let mut posts: Vec<&Post> = newsletter
        .posts
        .iter()
        .rev()
        .filter(|post| post.number < before)
        .take(count.min(PAGE))
        .collect();
    posts.reverse();
    let messages = posts.into_iter().map(|post| message(post, by));
    NodeBuilder::new("messages")
        .attr("jid", newsletter.jid())
        .children(messages)
        .build()
}

fn message(post: &Post, by: AccountId) -> Node {
    let mut node = NodeBuilder::new("message")
        .attr("id", post.id.as_str())
        .attr("server_id", post.number)
        .attr("t", post.at)
        .attr("type", post.kind.as_str());
    if post.by == by {
        node = node.attr("is_sender", "true");
    }
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for code in post.reactions.values() {
        *counts.entry(code).or_default() += 1;
    }
    let reactions = counts.into_iter().map(|(code, count)| {
        NodeBuilder::new("reaction")
            .attr("code", code)
            .attr("count", count)
            .build()
    });
    node.children([
        newsletters::plaintext(post.body.clone(), post.mediatype.as_deref()),
        NodeBuilder::new("reactions").children(reactions).build(),
    ])
    .build()
}
