//! A row that was found.

use std::sync::Arc;

use rusqlite::types::{Value, ValueRef};

use super::Error;

/// The names of a statement's columns.
pub(super) type Names = Arc<[Box<str>]>;

/// A row, apart from the connection it comes from.
#[derive(Debug)]
pub(crate) struct SqliteRow {
    names: Names,
    values: Box<[Value]>,
}

impl SqliteRow {
    pub(super) fn of(names: &Names, row: &rusqlite::Row<'_>) -> Result<Self, Error> {
        let values = (0..names.len())
            .map(|place| {
                Ok(match row.get_ref(place)? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(value) => Value::Integer(value),
                    ValueRef::Real(value) => Value::Real(value),
                    ValueRef::Text(value) => Value::Text(
                        std::str::from_utf8(value)
                            .map_err(|error| rusqlite::Error::Utf8Error(place, error))?
                            .to_owned(),
                    ),
                    ValueRef::Blob(value) => Value::Blob(value.to_vec()),
                })
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self {
            names: Arc::clone(names),
            values,
        })
    }

    /// A column, by its name or its place.
    pub(crate) fn try_get<'r, T, C>(&'r self, column: C) -> Result<T, Error>
    where
        T: FromColumn<'r>,
        C: Column,
    {
        let value = column.place(self).and_then(|place| self.values.get(place));
        value.and_then(T::from_column).ok_or_else(|| Error::Column {
            column: column.name(),
            found: value.map_or("nothing", kind),
            wanted: std::any::type_name::<T>(),
        })
    }

    /// The first column, taken out.
    pub(super) fn into_first<T: for<'r> FromColumn<'r>>(self) -> Result<T, Error> {
        self.try_get(0)
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "NULL",
        Value::Integer(_) => "an integer",
        Value::Real(_) => "a fraction",
        Value::Text(_) => "text",
        Value::Blob(_) => "bytes",
    }
}

/// What names a column.
pub(crate) trait Column {
    fn place(&self, row: &SqliteRow) -> Option<usize>;
    fn name(&self) -> String;
}

impl Column for &str {
    fn place(&self, row: &SqliteRow) -> Option<usize> {
        row.names.iter().position(|name| **name == **self)
    }

    fn name(&self) -> String {
        (*self).to_owned()
    }
}

impl Column for usize {
    fn place(&self, _row: &SqliteRow) -> Option<usize> {
        Some(*self)
    }

    fn name(&self) -> String {
        self.to_string()
    }
}

/// What a column is read as. None: it holds something else.
pub(crate) trait FromColumn<'r>: Sized {
    fn from_column(value: &'r Value) -> Option<Self>;
}

impl FromColumn<'_> for i64 {
    fn from_column(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(value) => Some(*value),
            _ => None,
        }
    }
}

macro_rules! integers {
    ($($number:ty)*) => {$(
        impl FromColumn<'_> for $number {
            fn from_column(value: &Value) -> Option<Self> {
                i64::from_column(value)?.try_into().ok()
            }
        }
    )*};
}
integers!(i32 u32 u16 u8);

impl FromColumn<'_> for bool {
    fn from_column(value: &Value) -> Option<Self> {
        i64::from_column(value).map(|value| value != 0)
    }
}

impl<'r> FromColumn<'r> for &'r str {
    fn from_column(value: &'r Value) -> Option<Self> {
        match value {
            Value::Text(value) => Some(value),
            _ => None,
        }
    }
}

impl FromColumn<'_> for String {
    fn from_column(value: &Value) -> Option<Self> {
        <&str>::from_column(value).map(str::to_owned)
    }
}

impl FromColumn<'_> for Vec<u8> {
    fn from_column(value: &Value) -> Option<Self> {
        match value {
            Value::Blob(value) => Some(value.clone()),
            _ => None,
        }
    }
}

impl<'r, T: FromColumn<'r>> FromColumn<'r> for Option<T> {
    fn from_column(value: &'r Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_column(value).map(Some),
        }
    }
}

/// A whole row as one value.
pub(crate) trait FromRow: Sized {
    fn from_row(row: &SqliteRow) -> Result<Self, Error>;
}

macro_rules! tuples {
    ($(($($name:ident $place:tt)*))*) => {$(
        impl<$($name: for<'r> FromColumn<'r>),*> FromRow for ($($name,)*) {
            fn from_row(row: &SqliteRow) -> Result<Self, Error> {
                Ok(($(row.try_get::<$name, usize>($place)?,)*))
            }
        }
    )*};
}
tuples! {
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
    (A 0 B 1 C 2 D 3 E 4)
    (A 0 B 1 C 2 D 3 E 4 F 5)
}
