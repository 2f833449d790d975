//! Scenarios: one file that says who is on the network, what happened before, what happens now, and what is expected of
//! the client under test.
//!
//! A scenario speaks to the network through the control API, in this process: what a test can do over HTTP a scenario can
//! do as well, and the other way round.

mod check;
mod content;
mod control;
mod file;
mod matching;
mod names;
mod plan;
mod play;

use std::fmt;
use std::path::Path;

use serde_json::Value;
use thiserror::Error;

use crate::clock::Clock;
use control::Control;
use plan::Plan;

/// A scenario that makes sense.
#[derive(Debug, Clone)]
pub struct Scenario {
    pub(crate) plan: Plan,
}

/// Where a file is wrong, and why.
#[derive(Debug, Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct ScenarioError {
    /// The file's name.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// The complaint.
    pub message: String,
}

impl Scenario {
    /// Reads a file; files it names are looked for beside it.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| ScenarioError {
            file: name.clone(),
            line: 1,
            column: 1,
            message: format!("cannot be read: {error}"),
        })?;
        Self::parse(&text, &name, path.parent())
    }

    /// Reads a scenario. `name` is for complaints; `folder` is where files are that it names.
    pub fn parse(text: &str, name: &str, folder: Option<&Path>) -> Result<Self, ScenarioError> {
        let source = Source { text, name };
        let file: file::File = toml::from_str(text)
            .map_err(|error| source.error(error.span().unwrap_or_default(), error.message()))?;
        let mut plan =
            check::check(file, folder).map_err(|wrong| source.error(wrong.span, &wrong.message))?;
        // Until here the places are bytes.
        for (line, _) in &mut plan.setup {
            *line = position(text, *line).0;
        }
        for step in &mut plan.steps {
            step.line = position(text, step.line).0;
        }
        Ok(Self { plan })
    }

    /// Its name, if it has one.
    pub fn name(&self) -> Option<&str> {
        self.plan.name.as_deref()
    }

    /// How many steps its timeline has.
    pub fn steps(&self) -> usize {
        self.plan.steps.len()
    }
}

/// Puts everybody on the network. A complaint names the line it is about.
pub(crate) async fn set_up(scenario: &Scenario, router: axum::Router, clock: &Clock) -> Result<(), String> {
    play::set_up(&scenario.plan, &Control::new(router), clock)
        .await
        .map_err(|(line, error)| format!("line {line}: {error}"))
}

/// Takes the steps of the timeline.
pub(crate) async fn play(
    scenario: &Scenario,
    router: axum::Router,
    clock: Clock,
    told: impl FnMut(&StepReport),
) -> Report {
    play::Player::new(&scenario.plan, Control::new(router), clock)
        .play(told)
        .await
}

/// A table as JSON.
fn json(table: &toml::Table) -> Value {
    serde_json::to_value(table).unwrap_or_default()
}

/// A value as JSON.
fn value(value: &toml::Value) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

struct Source<'a> {
    text: &'a str,
    name: &'a str,
}

impl Source<'_> {
    fn error(&self, span: std::ops::Range<usize>, message: &str) -> ScenarioError {
        let (line, column) = position(self.text, span.start);
        ScenarioError {
            file: self.name.to_owned(),
            line,
            column,
            message: message.to_owned(),
        }
    }
}

/// Line and column of a byte, both from 1.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

/// How a step ended.
#[derive(Debug, Clone)]
pub struct StepReport {
    /// Where the step is in the file.
    pub line: usize,
    /// What it was.
    pub what: String,
    /// Why it failed, if it did.
    pub failure: Option<String>,
}

impl fmt::Display for StepReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failure {
            None => write!(f, "ok      line {}: {}", self.line, self.what),
            Some(failure) => write!(f, "FAILED  line {}: {}: {failure}", self.line, self.what),
        }
    }
}

/// How a scenario ended.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The steps that were taken, in order; the first that failed is the last.
    pub steps: Vec<StepReport>,
}

impl Report {
    /// Whether everything was as expected.
    pub fn passed(&self) -> bool {
        self.steps.iter().all(|step| step.failure.is_none())
    }
}
