//! Setting a scenario up and taking its steps.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::control::Control;
use super::matching::{covers, differences};
use super::names::{message_named, stand_in};
use super::plan::{Action, Call, Founded, Plan, Step};
use super::{Report, StepReport};
use crate::clock::Clock;

/// Between two looks at something that cannot be waited for.
const PAUSE: Duration = Duration::from_millis(20);
/// The longest one request waits.
const POLL: Duration = Duration::from_secs(5);
/// How many messages a complaint shows.
const SHOWN: usize = 5;

/// A scenario under way.
pub(super) struct Player<'a> {
    plan: &'a Plan,
    control: Control,
    clock: Clock,
    /// Jids of the groups of the file; empty for one that is not there.
    groups: Vec<String>,
    /// Ids of messages by name.
    messages: HashMap<String, String>,
    /// Positions of the messages that steps have found, by phone.
    found: BTreeMap<String, Vec<u64>>,
    /// Numbers by jid, as far as asked for.
    numbers: HashMap<String, String>,
}

/// Puts everybody on the network.
pub(super) async fn set_up(plan: &Plan, control: &Control, clock: &Clock) -> Result<(), (usize, String)> {
    if let Some(start) = plan.clock_start {
        clock.set(start);
    }
    for (line, call) in &plan.setup {
        control.call(call).await.map_err(|error| (*line, error))?;
    }
    Ok(())
}

impl<'a> Player<'a> {
    pub(super) fn new(plan: &'a Plan, control: Control, clock: Clock) -> Self {
        Self {
            plan,
            control,
            clock,
            groups: Vec::new(),
            messages: HashMap::new(),
            found: BTreeMap::new(),
            numbers: HashMap::new(),
        }
    }

    /// Takes the steps up to the first that fails; `told` hears of each.
    pub(super) async fn play(mut self, mut told: impl FnMut(&StepReport)) -> Report {
        let mut report = Report::default();
        self.groups = self.find_groups().await;
        for step in &self.plan.steps {
            let failure = self.step(step).await.err();
            let failed = failure.is_some();
            let one = StepReport {
                line: step.line,
                what: step.what.clone(),
                failure,
            };
            told(&one);
            report.steps.push(one);
            if failed {
                break;
            }
        }
        report
    }

    /// Finds the groups that were made for the file.
    async fn find_groups(&self) -> Vec<String> {
        if self.plan.groups.is_empty() {
            return Vec::new();
        }
        let known = self.control.get("/groups").await.unwrap_or_default();
        let known = known.get("groups").and_then(Value::as_array).cloned();
        let known = known.unwrap_or_default();
        let text = |group: &Value, field: &str| group.get(field).and_then(Value::as_str).map(str::to_owned);
        let find = |wanted: &Founded| {
            let found = known.iter().find(|group| {
                text(group, "subject").as_ref() == Some(&wanted.subject)
                    && text(group, "creator").as_ref() == Some(&wanted.by)
            });
            found.and_then(|group| text(group, "jid")).unwrap_or_default()
        };
        self.plan.groups.iter().map(find).collect()
    }

    /// A text with the groups in it.
    fn with_groups(&self, text: &str) -> String {
        self.groups
            .iter()
            .enumerate()
            .fold(text.to_owned(), |text, (at, jid)| {
                text.replace(&stand_in(at), jid)
            })
    }

    async fn step(&mut self, step: &Step) -> Result<(), String> {
        for round in 1..=step.repeat {
            self.pass(step.after).await;
            match &step.action {
                Action::Pass => {}
                Action::Call(call) => {
                    let call = self.fill_in(call, round)?;
                    let answer = self.control.call(&call).await?;
                    if let (Some(name), Some(id)) = (&step.called, answer.get("id").and_then(Value::as_str)) {
                        self.messages.insert(name.clone(), id.to_owned());
                    }
                }
                Action::Receives { phone, message } => {
                    let message = self.named(message)?;
                    let got = self.receives(phone, &message, step.within).await?;
                    if let (Some(name), Some(id)) = (&step.called, got.get("id").and_then(Value::as_str)) {
                        self.messages.insert(name.clone(), id.to_owned());
                    }
                }
                Action::ReceivesNothing { phone, message } => {
                    let message = self.named(message)?;
                    if let Ok(got) = self.receives(phone, &message, step.within).await {
                        return Err(format!("it did: {}", brief(&got)));
                    }
                }
                Action::Device { phone, online, there } => {
                    self.device(phone, *online, *there, step.within).await?;
                }
                Action::Receipt { phone, of, kind } => {
                    let id = self.id_of(of)?;
                    self.receipt(phone, &id, kind, step.within).await?;
                }
                Action::Expect { path, at, is } => {
                    let (path, at) = (self.with_groups(path), self.with_groups(at));
                    self.expect(&path, &at, &self.named(is)?, step.within).await?;
                }
            }
        }
        Ok(())
    }

    /// Lets time pass on the network's clock.
    async fn pass(&self, time: Duration) {
        if self.plan.real_time {
            tokio::time::sleep(time).await;
        } else {
            self.clock
                .advance(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
        }
    }

    fn id_of(&self, name: &str) -> Result<String, String> {
        self.messages
            .get(name)
            .cloned()
            .ok_or_else(|| format!("no message was called {name}"))
    }

    /// A request with names of messages and the round filled in.
    fn fill_in(&self, call: &Call, round: u32) -> Result<Call, String> {
        let mut body = self.named(&call.body)?;
        let round = round.to_string();
        each_text(&mut body, &mut |text| {
            if text.contains("{n}") {
                *text = text.replace("{n}", &round);
            }
            Ok(())
        })?;
        Ok(Call {
            path: self.with_groups(&call.path).replace("{n}", &round),
            body,
            ..call.clone()
        })
    }

    /// The same JSON with `$name` replaced by that message's id.
    fn named(&self, value: &Value) -> Result<Value, String> {
        let mut value = value.clone();
        each_text(&mut value, &mut |text| {
            if text.contains("$@") {
                *text = self.with_groups(text);
            }
            if let Some(name) = message_named(text) {
                *text = self.id_of(name)?;
            }
            Ok(())
        })?;
        Ok(value)
    }

    async fn receives(&mut self, phone: &str, wanted: &Value, within: Duration) -> Result<Value, String> {
        let until = Instant::now() + within;
        let mut after = 0;
        let mut seen: Vec<String> = Vec::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let wait = left.min(POLL).as_millis();
            let path = format!("/phones/{phone}/inbox?after={after}&wait={wait}");
            let page = self.control.get(&path).await?;
            after = page.get("next").and_then(Value::as_u64).unwrap_or(after);
            let messages = page.get("messages").and_then(Value::as_array).cloned();
            for message in messages.unwrap_or_default() {
                let position = message.get("seq").and_then(Value::as_u64).unwrap_or(0);
                let sender = self.number_of(&message, "from").await?;
                let chat = self.number_of(&message, "chat").await?;
                let found = self.found.entry(phone.to_owned()).or_default();
                let mut why_not = differences(&message, wanted, sender.as_deref(), chat.as_deref());
                if found.contains(&position) {
                    why_not.push("a step before has found it".to_owned());
                }
                if why_not.is_empty() {
                    found.push(position);
                    return Ok(message);
                }
                seen.push(format!("{} ({})", brief(&message), why_not.join("; ")));
            }
            if left.is_zero() {
                let last: Vec<String> = seen.into_iter().rev().take(SHOWN).collect();
                return Err(if last.is_empty() {
                    "nothing came".to_owned()
                } else {
                    format!("not among what came, last first: {}", last.join(", "))
                });
            }
        }
    }

    /// The number of whoever sent a message, or of whom the chat is with.
    async fn number_of(&mut self, message: &Value, field: &str) -> Result<Option<String>, String> {
        let jid = message.get(field).and_then(Value::as_str);
        let Some(jid) = jid.filter(|jid| !jid.ends_with("@g.us")) else {
            return Ok(None);
        };
        if let Some(number) = self.numbers.get(jid) {
            return Ok(Some(number.clone()));
        }
        let state = self.control.get("/state").await?;
        let phones = state.get("phones").and_then(Value::as_array).cloned();
        for phone in phones.unwrap_or_default() {
            let text = |field: &str| phone.get(field).and_then(Value::as_str).map(str::to_owned);
            if let (Some(number), Some(pn), Some(lid)) = (text("number"), text("jid"), text("lid")) {
                self.numbers.insert(pn, number.clone());
                self.numbers.insert(lid, number);
            }
        }
        Ok(self.numbers.get(jid).cloned())
    }

    async fn device(&self, phone: &str, online: bool, there: bool, within: Duration) -> Result<(), String> {
        let field = if online { "live" } else { "linked" };
        self.until(within, async || {
            let state = self.control.get("/state").await?;
            let phones = state.get("phones").and_then(Value::as_array).cloned();
            let devices = phones
                .unwrap_or_default()
                .into_iter()
                .find(|entry| entry.get("number").and_then(Value::as_str) == Some(phone))
                .and_then(|entry| entry.get("devices").cloned());
            let devices = devices.and_then(|devices| devices.as_array().cloned());
            let some = devices
                .unwrap_or_default()
                .iter()
                .any(|device| device.get(field) == Some(&Value::Bool(true)));
            Ok((some == there)
                .then_some(())
                .ok_or_else(|| format!("still {some}")))
        })
        .await
    }

    async fn receipt(&self, phone: &str, id: &str, kind: &str, within: Duration) -> Result<(), String> {
        self.until(within, async || {
            let outbox = self.control.get(&format!("/phones/{phone}/outbox")).await?;
            let messages = outbox.get("messages").and_then(Value::as_array).cloned();
            let receipts: Vec<Value> = messages
                .unwrap_or_default()
                .into_iter()
                .filter(|message| message.get("id").and_then(Value::as_str) == Some(id))
                .filter_map(|message| message.get("receipts")?.as_array().cloned())
                .flatten()
                .collect();
            let there = receipts
                .iter()
                .any(|receipt| receipt.get("type").and_then(Value::as_str) == Some(kind));
            Ok(there
                .then_some(())
                .ok_or_else(|| format!("receipts so far: {}", Value::Array(receipts))))
        })
        .await
    }

    async fn expect(&self, path: &str, at: &str, is: &Value, within: Duration) -> Result<(), String> {
        self.until(within, async || {
            let answer = self.control.get(path).await?;
            let there = answer.pointer(at).unwrap_or(&Value::Null);
            Ok(covers(there, is)
                .then_some(())
                .ok_or_else(|| format!("it is {there}")))
        })
        .await
    }

    /// Looks until it is right or the time is over; the last complaint is the failure.
    async fn until(
        &self,
        within: Duration,
        look: impl AsyncFn() -> Result<Result<(), String>, String>,
    ) -> Result<(), String> {
        let end = Instant::now() + within;
        loop {
            match look().await? {
                Ok(()) => return Ok(()),
                Err(complaint) if Instant::now() >= end => return Err(complaint),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

/// Visits every text in a JSON value.
fn each_text(
    value: &mut Value,
    visit: &mut impl FnMut(&mut String) -> Result<(), String>,
) -> Result<(), String> {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter_mut().try_for_each(|item| each_text(item, visit)),
        Value::Object(fields) => fields.values_mut().try_for_each(|field| each_text(field, visit)),
        _ => Ok(()),
    }
}

/// A message in a few words.
fn brief(message: &Value) -> String {
    let text = |field: &str| message.get(field).and_then(Value::as_str).unwrap_or("-");
    format!("{} {:?} from {}", text("type"), text("text"), text("from"))
}
