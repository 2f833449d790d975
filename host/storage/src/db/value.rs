//! Values on their way into a statement.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::types::{ToSqlOutput, ValueRef};

/// What a statement is given.
#[derive(Debug, Clone)]
pub(crate) enum Value<'q> {
    Null,
    Integer(i64),
    Text(Cow<'q, str>),
    Blob(Cow<'q, [u8]>),
}

impl Value<'_> {
    /// The same, on its own feet.
    pub(super) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Integer(value) => Value::Integer(value),
            Self::Text(value) => Value::Text(Cow::Owned(value.into_owned())),
            Self::Blob(value) => Value::Blob(Cow::Owned(value.into_owned())),
        }
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Text(value) => ValueRef::Text(value.as_bytes()),
            Self::Blob(value) => ValueRef::Blob(value),
        }))
    }
}

/// What can be given to a statement.
pub(crate) trait IntoValue<'q> {
    fn into_value(self) -> Value<'q>;
}

macro_rules! integers {
    ($($number:ty)*) => {$(
        impl<'q> IntoValue<'q> for $number {
            fn into_value(self) -> Value<'q> {
                Value::Integer(i64::from(self))
            }
        }
    )*};
}
integers!(i64 i32 u32 u16 u8 bool);

macro_rules! texts_and_bytes {
    ($($given:ty, $text:ident => $value:expr;)*) => {$(
        impl<'q> IntoValue<'q> for $given {
            fn into_value(self) -> Value<'q> {
                let $text = self;
                $value
            }
        }
    )*};
}
texts_and_bytes! {
    &'q str, text => Value::Text(Cow::Borrowed(text));
    &'q String, text => Value::Text(Cow::Borrowed(text));
    String, text => Value::Text(Cow::Owned(text));
    Arc<str>, text => Value::Text(Cow::Owned(String::from(&*text)));
    &'q [u8], bytes => Value::Blob(Cow::Borrowed(bytes));
    &'q Vec<u8>, bytes => Value::Blob(Cow::Borrowed(bytes));
    Vec<u8>, bytes => Value::Blob(Cow::Owned(bytes));
}

impl<'q, T: IntoValue<'q>> IntoValue<'q> for Option<T> {
    fn into_value(self) -> Value<'q> {
        self.map_or(Value::Null, T::into_value)
    }
}

impl<'q, T> IntoValue<'q> for &'q Option<T>
where
    &'q T: IntoValue<'q>,
{
    fn into_value(self) -> Value<'q> {
        self.as_ref().map_or(Value::Null, IntoValue::into_value)
    }
}
