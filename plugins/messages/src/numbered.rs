//! A list as a text: WhatsApp shows lists with buttons for a few business accounts only.

use serde::Deserialize;
use serde_json::Value;
use wagate_plugin_api::{Error, lenient};

use crate::fields;
use crate::limits::MAX_TEXT;

/// The body of a list: `options`, or `sections` with rows.
#[derive(Deserialize)]
pub(crate) struct Form {
    #[serde(default, deserialize_with = "lenient")]
    title: Option<String>,
    description: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    options: Option<Vec<String>>,
    sections: Option<Value>,
    footer: Option<String>,
}

#[derive(Deserialize)]
struct Section {
    title: Option<String>,
    #[serde(default)]
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    title: String,
    description: Option<String>,
}

impl Form {
    /// `*title*`, the numbered options, `_footer_`; with a blank line between them.
    pub(crate) fn text(self) -> Result<String, Error> {
        let required = || Error::bad_request("title and options (array) are required");
        let title = self.title.filter(|title| !title.trim().is_empty());
        let title = title.ok_or_else(required)?;
        let sections = match (self.options, self.sections) {
            (Some(options), _) => vec![Section::of(options)],
            (None, Some(written)) => sections(written)?,
            (None, None) => return Err(required()),
        };
        if sections.iter().all(|section| section.rows.is_empty()) {
            return Err(Error::bad_request("At least one option is required"));
        }
        let mut parts = vec![format!("*{title}*")];
        parts.extend(said(self.description));
        let mut number = 0;
        for section in sections {
            let mut lines: Vec<String> = said(section.title)
                .map(|title| format!("*{title}*"))
                .into_iter()
                .collect();
            for row in section.rows {
                number += 1;
                lines.push(row.line(number)?);
            }
            parts.push(lines.join("\n"));
        }
        parts.extend(said(self.footer).map(|footer| format!("_{footer}_")));
        let text = parts.join("\n\n");
        fields::at_most(&text, MAX_TEXT, "options")?;
        Ok(text)
    }
}

impl Section {
    fn of(options: Vec<String>) -> Self {
        let row = |title: String| Row {
            title,
            description: None,
        };
        Self {
            title: None,
            rows: options.into_iter().map(row).collect(),
        }
    }
}

impl Row {
    fn line(self, number: usize) -> Result<String, Error> {
        if self.title.trim().is_empty() {
            return Err(Error::bad_request(format!("options: number {number} is empty")));
        }
        Ok(match said(self.description) {
            Some(description) => format!("{number}. {}: {description}", self.title),
            None => format!("{number}. {}", self.title),
        })
    }
}

/// Forms of workflow tools hand lists over as JSON text.
fn sections(written: Value) -> Result<Vec<Section>, Error> {
    let read = match written {
        Value::String(text) => serde_json::from_str(&text),
        other => serde_json::from_value(other),
    };
    read.map_err(|error| {
        Error::bad_request(format!(
            "sections: must be a list of {{\"title\", \"rows\": [{{\"title\", \"description\"}}]}}: {error}"
        ))
    })
}

fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}
