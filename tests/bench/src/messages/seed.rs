//! The messages: made-up words, as frequent as words are.

use std::sync::Arc;
use std::time::Instant;

use wagate_storage::SharedStorage;
use wagate_storage::contacts::{ContactSighting, TellContact};
use wagate_storage::events::NewEvent;
use wagate_storage::messages::{Inbound, MessageRow, MessageStatus, NewMessage};

use super::{CHATS, MESSAGES, SESSION};
use crate::figures::rate;

const WORDS: usize = 5_000;
/// Commits that wait together, as in a busy gateway.
const TOGETHER: usize = 32;

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(sides).unwrap_or(1).max(1)).unwrap_or(0)
    }
}

/// Where texts come from.
pub(super) struct Text {
    dice: Dice,
    words: Vec<String>,
    /// Place of each word in a roll: the n-th has a share of 1/n.
    shares: Vec<usize>,
}

impl Text {
    pub(super) fn new() -> Self {
        let mut dice = Dice(7);
        let letters: Vec<char> = "etaoinshrdlucmfwypvbgk".chars().collect();
        let mut words: Vec<String> = [
            "the", "and", "you", "that", "with", "have", "this", "for", "are", "not",
        ]
        .map(str::to_owned)
        .into();
        while words.len() < WORDS {
            let length = 2 + dice.roll(8);
            words.push(
                (0..length)
                    .filter_map(|_| letters.get(dice.roll(22)).copied())
                    .collect(),
            );
        }
        let mut sum = 0;
        let shares = (1..=WORDS)
            .map(|rank| {
                sum += 1_000_000 / rank;
                sum
            })
            .collect();
        Self { dice, words, shares }
    }

    /// One word.
    pub(super) fn word(&mut self) -> String {
        let top = self.shares.last().copied().unwrap_or(1);
        let roll = self.dice.roll(top);
        let at = self.shares.partition_point(|share| *share <= roll);
        self.words.get(at).cloned().unwrap_or_default()
    }

    fn sentence(&mut self) -> String {
        let count = 3 + self.dice.roll(18);
        let words: Vec<String> = (0..count).map(|_| self.word()).collect();
        words.join(" ")
    }
}

/// A chat's address.
pub(super) fn chat(number: usize) -> String {
    format!("1202555{:04}@s.whatsapp.net", number % CHATS)
}

fn message(number: usize, text: &mut Text) -> Inbound {
    let chat = chat(text.dice.roll(CHATS) * text.dice.roll(CHATS) / CHATS);
    let row = MessageRow {
        id: wagate_storage::new_row_id(),
        session_id: SESSION.to_owned(),
        sender: chat.clone(),
        chat,
        from_me: false,
        wa_id: format!("3EB0{number:018X}"),
        push_name: Some("Somebody".to_owned()),
        kind: "TEXT".to_owned(),
        content: Some(text.sentence()),
        status: MessageStatus::Pending,
        played: false,
        timestamp: 1_700_000_000_000 + i64::try_from(number).unwrap_or(0) * 10_000,
        quote_id: None,
        edited_at: None,
        deleted_at: None,
        deleted_by: None,
        starred: false,
        mime_type: None,
        file_name: None,
        file_size: None,
        wire: vec![7; 180],
    };
    let event = NewEvent {
        id: row.wa_id.clone(),
        session_id: SESSION.to_owned(),
        kind: "message.received".to_owned(),
        chat: Some(row.chat.clone()),
        timestamp: row.timestamp,
        schema: 1,
        data: format!(
            "{{\"content\":\"{}\",\"padding\":\"{}\"}}",
            row.content.as_deref().unwrap_or(""),
            "x".repeat(400)
        ),
    };
    let contact = ContactSighting {
        pn: Some(row.sender.clone()),
        push_name: row.push_name.clone(),
        ..ContactSighting::default()
    };
    Inbound::Message(Box::new(NewMessage {
        row,
        event: Some(event),
        contact,
        media: None,
    }))
}

/// Stores them all.
pub(super) async fn fill(storage: &SharedStorage, text: &mut Text) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut number = 0;
    while number < MESSAGES {
        let commits: Vec<_> = (number..(number + TOGETHER).min(MESSAGES))
            .map(|number| {
                let batch: Arc<[Inbound]> = vec![message(number, text)].into();
                storage.commit_inbound(batch, TellContact::nothing())
            })
            .collect();
        number += commits.len();
        futures::future::try_join_all(commits).await?;
    }
    let elapsed = started.elapsed();
    println!(
        "{:.0} messages/s committed with their events, {TOGETHER} waiting together",
        rate(MESSAGES, elapsed)
    );
    Ok(())
}
