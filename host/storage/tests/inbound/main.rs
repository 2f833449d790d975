//! What arrives, over a real database: messages and what happens to them, people, chats, groups, labels, search, history,
//! and what is forgotten.

// Marked, because that is what the lints take for tests.
#[cfg(test)]
mod chats;
#[cfg(test)]
mod contacts;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod history;
#[cfg(test)]
mod labels;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod migration;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod retention;
#[cfg(test)]
mod search;
#[cfg(test)]
mod support;
