//! A query as a type: decoded fields behind serde's deserializer. Not a form body.

use std::str::FromStr;

use serde::de::value::{Error, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

/// Reads the fields as `T`; the refusal names the field that does not fit.
pub(super) fn read<T: DeserializeOwned>(pairs: impl Iterator<Item = (String, String)>) -> Result<T, String> {
    let mut fields: Vec<(String, Field)> = Vec::new();
    for (name, value) in pairs {
        match fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, field)) => field.others.push(value),
            None => fields.push((name, Field::new(value))),
        }
    }
    let fields: MapDeserializer<'_, _, Error> = MapDeserializer::new(fields.into_iter());
    serde_path_to_error::deserialize(fields).map_err(|error| match error.path().to_string().as_str() {
        "." => error.inner().to_string(),
        path => format!("{path}: {}", error.inner()),
    })
}

/// What stands under one name: a text that is read as whatever the type wants, and more when the name is repeated.
struct Field {
    first: String,
    others: Vec<String>,
}

impl Field {
    fn new(first: String) -> Self {
        Self {
            first,
            others: Vec::new(),
        }
    }

    fn parse<T: FromStr>(&self, expected: &str) -> Result<T, Error> {
        self.first
            .parse()
            .map_err(|_| Error::invalid_value(Unexpected::Str(&self.first), &expected))
    }
}

impl IntoDeserializer<'_, Error> for Field {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! parsed {
    ($($method:ident, $visit:ident, $expected:literal;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.parse($expected)?)
        })*
    };
}

impl<'de> Deserializer<'de> for Field {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.first)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let all = std::iter::once(self.first).chain(self.others);
        visitor.visit_seq(SeqDeserializer::new(all.map(Field::new)))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.first
            .into_deserializer()
            .deserialize_enum(name, variants, visitor)
    }

    parsed! {
        deserialize_bool, visit_bool, "true or false";
        deserialize_u8, visit_u8, "a number from 0 to 255";
        deserialize_u16, visit_u16, "a whole number that is not negative";
        deserialize_u32, visit_u32, "a whole number that is not negative";
        deserialize_u64, visit_u64, "a whole number that is not negative";
        deserialize_i8, visit_i8, "a number from -128 to 127";
        deserialize_i16, visit_i16, "a whole number";
        deserialize_i32, visit_i32, "a whole number";
        deserialize_i64, visit_i64, "a whole number";
        deserialize_f32, visit_f32, "a number";
        deserialize_f64, visit_f64, "a number";
    }

    forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct tuple tuple_struct map struct identifier ignored_any
    }
}
