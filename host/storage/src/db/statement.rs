//! Statements are prepared once a connection. A text may hold several of them, which share the values.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::CachedStatement;

use super::query::{Found, Query, Take};
use super::row::{Names, SqliteRow};
use super::{Error, SqliteConnection};

/// What a parameter of a statement is given.
#[derive(Debug, Clone, Copy)]
enum Parameter {
    /// `?7`: the seventh value (1-based).
    Numbered(usize),
    /// `?`: the one after the last such.
    Next,
    /// A number that this statement leaves out.
    Gap,
}

impl Parameter {
    /// Which of the values it takes (1-based). `next`: how many the parameters before have taken in turn.
    fn number(self, next: &mut usize) -> Option<usize> {
        match self {
            Self::Numbered(number) => Some(number),
            Self::Next => {
                *next += 1;
                Some(*next)
            }
            Self::Gap => None,
        }
    }
}

/// One of the statements of a text.
#[derive(Debug)]
struct Part {
    sql: Box<str>,
    parameters: Box<[Parameter]>,
    names: Names,
}

/// What is known about a text.
#[derive(Debug)]
pub(super) struct Parts {
    parts: Box<[Part]>,
    /// How many values it names.
    values: usize,
}

impl Parts {
    fn of(connection: &rusqlite::Connection, text: &str) -> Result<Self, Error> {
        let parts: Box<[Part]> = split(text)
            .map(|sql| {
                let statement = connection.prepare_cached(sql)?;
                Ok(Part {
                    sql: sql.into(),
                    parameters: parameters(&statement),
                    names: statement.column_names().into_iter().map(Box::from).collect(),
                })
            })
            .collect::<Result<_, Error>>()?;
        let mut next = 0;
        let named = parts.iter().flat_map(|part| &part.parameters);
        let values = named
            .filter_map(|parameter| parameter.number(&mut next))
            .max()
            .unwrap_or(0);
        Ok(Self { parts, values })
    }
}

fn parameters(statement: &CachedStatement<'_>) -> Box<[Parameter]> {
    let numbers: Vec<Option<usize>> = (1..=statement.parameter_count())
        .map(|place| {
            let name = statement.parameter_name(place)?;
            name.strip_prefix('?')?.parse().ok()
        })
        .collect();
    // Statements here number all of their parameters or none.
    let without = if numbers.iter().any(Option::is_some) {
        Parameter::Gap
    } else {
        Parameter::Next
    };
    numbers
        .into_iter()
        .map(|number| number.map_or(without, Parameter::Numbered))
        .collect()
}

/// The statements of a text of this crate: no comments, no triggers.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut quote = None;
    text.split(move |character| {
        match quote {
            Some(open) if open == character => quote = None,
            None if matches!(character, '\'' | '"') => quote = Some(character),
            None => return character == ';',
            Some(_) => {}
        }
        false
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

impl SqliteConnection {
    /// Runs every statement of the query, or as far as `take` wants.
    pub(crate) fn ask(&mut self, query: &Query<'_>, take: Take) -> Result<Found, Error> {
        let parts = match query.sql {
            Cow::Borrowed(text) => self.parts(text)?,
            // Put together for the occasion.
            Cow::Owned(ref text) => Arc::new(Parts::of(&self.inner, text)?),
        };
        if query.values.len() < parts.values {
            return Err(Error::Unbound(parts.values));
        }
        let mut found = Found::default();
        let mut next = 0;
        for part in &parts.parts {
            let mut statement = self.inner.prepare_cached(&part.sql)?;
            for (place, parameter) in (1..).zip(&part.parameters) {
                let Some(number) = parameter.number(&mut next) else {
                    continue;
                };
                let value = number.checked_sub(1).and_then(|index| query.values.get(index));
                statement.raw_bind_parameter(place, value.ok_or(Error::Unbound(number))?)?;
            }
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                if take == Take::Nothing {
                    continue;
                }
                found.rows.push(SqliteRow::of(&part.names, row)?);
                if take == Take::First {
                    return Ok(found);
                }
            }
            drop(rows);
            drop(statement);
            found.changed += self.inner.changes();
        }
        Ok(found)
    }

    fn parts(&mut self, text: &'static str) -> Result<Arc<Parts>, Error> {
        if let Some(parts) = self.parts.get(text) {
            return Ok(Arc::clone(parts));
        }
        let parts = Arc::new(Parts::of(&self.inner, text)?);
        self.parts.insert(text, Arc::clone(&parts));
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn a_semicolon_in_quotes_ends_no_statement() {
        let parts: Vec<&str> = split("BEGIN; INSERT INTO t VALUES ('a;''b', \"c;\"); COMMIT; ").collect();
        assert_eq!(
            parts,
            ["BEGIN", "INSERT INTO t VALUES ('a;''b', \"c;\")", "COMMIT"]
        );
    }
}
