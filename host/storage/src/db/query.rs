//! What is asked, and whom.

use std::borrow::Cow;
use std::future::{Future, ready};

use super::row::{FromColumn, FromRow, SqliteRow};
use super::value::{IntoValue, Value};
use super::{Error, SqliteConnection};

/// How much of the rows is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// None of them.
    Nothing,
    /// The first one; what comes after it is not run.
    First,
    /// All of them.
    All,
}

/// What became of a query.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(super) rows: Vec<SqliteRow>,
    pub(super) changed: u64,
}

impl Found {
    /// How many rows were inserted, changed or deleted.
    pub(crate) fn rows_affected(&self) -> u64 {
        self.changed
    }
}

/// Runs queries.
pub(crate) trait Executor: Send {
    /// Runs this one.
    fn run(self, query: Query<'_>, take: Take) -> impl Future<Output = Result<Found, Error>> + Send;
}

impl Executor for &mut SqliteConnection {
    fn run(self, query: Query<'_>, take: Take) -> impl Future<Output = Result<Found, Error>> + Send {
        ready(self.ask(&query, take))
    }
}

/// A text of one or several statements, and the values they name.
#[derive(Debug)]
#[must_use = "nothing is run before it is executed"]
pub(crate) struct Query<'q> {
    pub(super) sql: Cow<'static, str>,
    pub(super) values: Vec<Value<'q>>,
}

/// Asks with this text.
pub(crate) fn query<'q>(sql: &'static str) -> Query<'q> {
    Query {
        sql: Cow::Borrowed(sql),
        values: Vec::new(),
    }
}

impl<'q> Query<'q> {
    /// The next value.
    pub(crate) fn bind(mut self, value: impl IntoValue<'q>) -> Self {
        self.values.push(value.into_value());
        self
    }

    /// The same, on its own feet.
    pub(crate) fn into_owned(self) -> Query<'static> {
        Query {
            sql: self.sql,
            values: self.values.into_iter().map(Value::into_owned).collect(),
        }
    }

    pub(crate) async fn execute(self, on: impl Executor) -> Result<Found, Error> {
        on.run(self, Take::Nothing).await
    }

    pub(crate) async fn fetch_all(self, on: impl Executor) -> Result<Vec<SqliteRow>, Error> {
        Ok(on.run(self, Take::All).await?.rows)
    }

    pub(crate) async fn fetch_optional(self, on: impl Executor) -> Result<Option<SqliteRow>, Error> {
        Ok(on.run(self, Take::First).await?.rows.pop())
    }

    pub(crate) async fn fetch_one(self, on: impl Executor) -> Result<SqliteRow, Error> {
        self.fetch_optional(on).await?.ok_or(Error::RowNotFound)
    }
}

/// A query whose rows are read as something.
#[derive(Debug)]
#[must_use = "nothing is run before it is executed"]
pub(crate) struct Typed<'q, T> {
    query: Query<'q>,
    read: fn(SqliteRow) -> Result<T, Error>,
}

/// Asks for rows as tuples.
pub(crate) fn query_as<'q, T: FromRow>(sql: &'static str) -> Typed<'q, T> {
    Typed {
        query: query(sql),
        read: |row| T::from_row(&row),
    }
}

/// Asks for the first column.
pub(crate) fn query_scalar<'q, T: for<'r> FromColumn<'r>>(sql: &'static str) -> Typed<'q, T> {
    Typed {
        query: query(sql),
        read: SqliteRow::into_first,
    }
}

impl<'q, T: Send> Typed<'q, T> {
    /// The next value.
    pub(crate) fn bind(mut self, value: impl IntoValue<'q>) -> Self {
        self.query = self.query.bind(value);
        self
    }

    pub(crate) async fn fetch_all(self, on: impl Executor) -> Result<Vec<T>, Error> {
        let rows = self.query.fetch_all(on).await?;
        rows.into_iter().map(self.read).collect()
    }

    pub(crate) async fn fetch_optional(self, on: impl Executor) -> Result<Option<T>, Error> {
        self.query.fetch_optional(on).await?.map(self.read).transpose()
    }

    pub(crate) async fn fetch_one(self, on: impl Executor) -> Result<T, Error> {
        let row = self.query.fetch_one(on).await?;
        (self.read)(row)
    }
}

/// Puts a query together.
#[derive(Debug)]
pub(crate) struct Builder {
    sql: String,
    values: Vec<Value<'static>>,
}

impl Builder {
    pub(crate) fn new(sql: &str) -> Self {
        Self {
            sql: sql.to_owned(),
            values: Vec::new(),
        }
    }

    /// More of the text.
    pub(crate) fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// A value.
    pub(crate) fn push_bind(&mut self, value: impl IntoValue<'static>) -> &mut Self {
        self.sql.push('?');
        self.values.push(value.into_value());
        self
    }

    pub(crate) fn build(self) -> Query<'static> {
        Query {
            sql: Cow::Owned(self.sql),
            values: self.values,
        }
    }
}
