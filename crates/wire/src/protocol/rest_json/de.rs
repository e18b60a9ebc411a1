//! Members from several places, read as one structure.

use bytes::Bytes;
use serde::de::value::StringDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Error, Value as Json};

/// Where a member's value comes from.
pub(super) enum Source {
    /// The body.
    Json(Json),
    /// Path, query or header: text, whatever the member's type.
    Texts(Vec<String>),
    /// The bare body.
    Bytes(Bytes),
}

/// All members of a request.
pub(super) struct Members(pub(super) Vec<(String, Source)>);

impl<'de> Deserializer<'de> for Members {
    type Error = Error;
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Left { members: self.0.into_iter(), value: None })
    }
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Left {
    members: std::vec::IntoIter<(String, Source)>,
    value: Option<Source>,
}

impl<'de> MapAccess<'de> for Left {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = Some(value);
        let name: StringDeserializer<Error> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        match self.value.take() {
            Some(Source::Json(value)) => seed.deserialize(value),
            Some(Source::Texts(texts)) => seed.deserialize(Texts(texts)),
            Some(Source::Bytes(bytes)) => seed.deserialize(Bare(bytes)),
            None => Err(de::Error::custom("a value was read before its name")),
        }
    }
}

/// Text that becomes whatever is asked for.
struct Texts(Vec<String>);

impl Texts {
    fn first(&self) -> &str {
        self.0.first().map(String::as_str).unwrap_or_default()
    }

    fn parsed<T: std::str::FromStr>(&self) -> Result<T, Error> {
        self.first()
            .trim()
            .parse()
            .map_err(|_| de::Error::custom(format!("{:?} is not a number", self.first())))
    }
}

macro_rules! parsed {
    ($($method:ident => $visit:ident;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(self.parsed()?)
        })*
    };
}

impl<'de> Deserializer<'de> for Texts {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_str(self.first())
    }
    parsed! {
        deserialize_i32 => visit_i32;
        deserialize_i64 => visit_i64;
        deserialize_u32 => visit_u32;
        deserialize_u64 => visit_u64;
        deserialize_f64 => visit_f64;
    }
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.first() {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            other => Err(de::Error::custom(format!("{other:?} is neither true nor false"))),
        }
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(de::value::SeqDeserializer::new(self.0.into_iter()))
    }
    forward_to_deserialize_any! {
        i8 i16 i128 u8 u16 u128 f32 char str string bytes byte_buf unit unit_struct
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// A bare body.
struct Bare(Bytes);

impl<'de> Deserializer<'de> for Bare {
    type Error = Error;
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_byte_buf(self.0.into())
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
