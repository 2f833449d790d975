//! The plugin `autoreply` with as many rules as a session can have: what its hook takes for a text that none of them
//! answers (every rule is looked at), and what it takes when the rules have to be read first.
//!
//! A text that is answered would be sent, and the session here is connected to nothing.

use std::time::Duration;

use serde_json::json;
use wagate_plugin_host::PluginHost;

use crate::bundled::alone;
use crate::figures::{median, micros, print_table};
use crate::host::{Call, Ground};

const RULES: usize = 1000;
const ROUNDS: usize = 5;
/// More than an instance is used for: now and then a new one reads the rules.
const EVENTS: usize = 1500;
/// Of one that has to read them first.
const COLD_ROUNDS: usize = 9;
const TEXT: &str = "my item 999 twelve, and what about the other one from yesterday?";
const ROUTE: &str = "/api/autoreplies/session";
/// Of which no two are alike.
const EACH_ANOTHER: &str = "order # has not come, and item # of yesterday is not the one from the picture";
/// In a backtracking engine each of these takes for ever on many `a`. None is in a text here: an answer would wait for a
/// connection, and the events behind it too.
const HOSTILE: [&str; 4] = ["(a+)+$x", "(a|a)*z", "(a|aa)+q", "(.*a){12}z"];

pub(crate) async fn run() -> anyhow::Result<()> {
    let hostile_text = "a".repeat(1000);
    let none = Bot::open().await?;
    let many = Bot::open().await?;
    let regexes = many.add_rules(RULES, &[]).await?;
    let beside = Bot::open().await?;
    beside.add_rules(RULES, &HOSTILE).await?;

    let mut warm: [Vec<f64>; 6] = Default::default();
    for _ in 0..ROUNDS {
        let [no_rules, all, all_new, all_hostile, long, long_hostile] = &mut warm;
        no_rules.push(none.mean(TEXT).await?);
        all.push(many.mean(TEXT).await?);
        all_new.push(many.mean(EACH_ANOTHER).await?);
        all_hostile.push(beside.mean(TEXT).await?);
        long.push(many.mean(&hostile_text).await?);
        long_hostile.push(beside.mean(&hostile_text).await?);
    }
    let [no_rules, all, all_new, all_hostile, long, long_hostile] = &warm;
    let row = |name: &str, values: &[f64], against: Option<&[f64]>| {
        let ratio = |against: &[f64]| {
            let ratios = values.iter().zip(against).map(|(value, against)| value / against);
            format!("{:.2}", median(ratios))
        };
        vec![
            name.to_owned(),
            format!("{:.0}", median(values.iter().copied())),
            against.map_or_else(|| "-".to_owned(), ratio),
        ]
    };
    print_table(
        &format!(
            "autoreply: {RULES} rules, {regexes} of them regular expressions; us an event, mean of {EVENTS}, median of {ROUNDS} rounds"
        ),
        &["", "us an event", "against the row named"],
        &[
            row("no rules", no_rules, None),
            row("all rules (against: none)", all, Some(no_rules)),
            row("the same, each text another (against: all)", all_new, Some(all)),
            row(
                "hostile expressions among them (against: all)",
                all_hostile,
                Some(all),
            ),
            row("all rules, 1,000 times a", long, None),
            row(
                "the same, hostile ones among them (against: without)",
                long_hostile,
                Some(long),
            ),
        ],
    );

    let cold = cold(&many).await?;
    let ms = |values: &[f64]| format!("{:.1}", median(values.iter().copied()) / 1000.0);
    print_table(
        &format!("autoreply: one event until the hook is through with it, ms, median of {COLD_ROUNDS}"),
        &["", "ms"],
        &[
            vec!["warm".to_owned(), ms(&cold.warm)],
            vec![
                "after a change of a rule: the rules are read again".to_owned(),
                ms(&cold.changed),
            ],
            vec![
                "after a start: a new instance, the rules are read".to_owned(),
                ms(&cold.started),
            ],
        ],
    );
    Ok(())
}

/// Microseconds of one event.
#[derive(Default)]
struct Cold {
    warm: Vec<f64>,
    changed: Vec<f64>,
    started: Vec<f64>,
}

async fn cold(bot: &Bot) -> anyhow::Result<Cold> {
    let mut cold = Cold::default();
    let change = rule(RULES - 1, "EXACT");
    let list = Call::find(&bot.host, "GET", ROUTE, "")?.once(&bot.host).await?;
    let list: serde_json::Value = serde_json::from_slice(&list.body)?;
    let rows = list["data"].as_array().or_else(|| list.as_array());
    let id = rows
        .and_then(|rows| rows.first()?["id"].as_str())
        .unwrap_or_default();
    let replace = Call::find(&bot.host, "PUT", &format!("{ROUTE}/{id}"), &change)?;
    for _ in 0..COLD_ROUNDS {
        cold.warm.push(micros(bot.one(&bot.host).await?));
        replace.repeat(&bot.host, 1).await?;
        cold.changed.push(micros(bot.one(&bot.host).await?));
        let fresh = bot
            .ground
            .open_with(&bot.ground.cache_dir(), alone("autoreply"))
            .await?;
        cold.started.push(micros(bot.one(&fresh).await?));
    }
    Ok(cold)
}

struct Bot {
    ground: Ground,
    host: PluginHost,
}

impl Bot {
    async fn open() -> anyhow::Result<Self> {
        let ground = Ground::lay().await?;
        let host = ground.open_with(&ground.cache_dir(), alone("autoreply")).await?;
        let bot = Self { ground, host };
        bot.one(&bot.host).await?;
        Ok(bot)
    }

    /// Rules of all kinds in turn, by the plugin's own route. Gives back how many are regular expressions: all of them
    /// together have a limit.
    async fn add_rules(&self, count: usize, hostile: &[&str]) -> anyhow::Result<usize> {
        let mut regexes = 0;
        let kinds = ["REGEX", "EXACT", "CONTAINS", "STARTS_WITH"];
        for (number, kind) in kinds.iter().cycle().take(count).enumerate() {
            let body = match hostile.get(number / 4) {
                Some(pattern) if *kind == "REGEX" => {
                    json!({ "keyword": pattern, "response": "no", "matchType": "REGEX" }).to_string()
                }
                _ => rule(number, kind),
            };
            let mut answer = Call::find(&self.host, "POST", ROUTE, &body)?
                .once(&self.host)
                .await?;
            if answer.status == 409 {
                answer = Call::find(&self.host, "POST", ROUTE, &rule(number, "CONTAINS"))?
                    .once(&self.host)
                    .await?;
            } else if *kind == "REGEX" {
                regexes += 1;
            }
            anyhow::ensure!(
                answer.status < 300,
                "a rule is refused: {} {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            );
        }
        Ok(regexes)
    }

    /// Microseconds an event.
    async fn mean(&self, text: &str) -> anyhow::Result<f64> {
        self.ground.write(text, EVENTS).await?;
        let took = self.ground.drain(&self.host, "autoreply").await?;
        Ok(micros(took) / f64::from(u32::try_from(EVENTS)?))
    }

    async fn one(&self, host: &PluginHost) -> anyhow::Result<Duration> {
        self.ground.write(TEXT, 1).await?;
        self.ground.drain(host, "autoreply").await
    }
}

fn rule(number: usize, kind: &str) -> String {
    let keyword = if kind == "REGEX" {
        format!(r"\bitem {number}\s+(\d+|none)$")
    } else {
        format!("item {number:04}!")
    };
    json!({ "keyword": keyword, "response": "yes", "matchType": kind }).to_string()
}
