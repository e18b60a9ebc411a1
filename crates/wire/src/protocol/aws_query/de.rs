//! From a form's tree to a shape.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::form::Tree;
use super::{QueryName, Style};
use crate::DecodeError;

/// serde's errors as ours.
#[derive(Debug)]
pub(super) struct QueryError(pub(super) DecodeError);

impl fmt::Display for QueryError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

impl std::error::Error for QueryError {}

impl de::Error for QueryError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(DecodeError::Malformed(message.to_string()))
    }
    fn missing_field(field: &'static str) -> Self {
        Self(DecodeError::Missing(field.to_owned()))
    }
}

/// A member's tree, and how its lists and maps are written.
#[derive(Clone, Copy)]
pub(super) struct Member<'a> {
    tree: &'a Tree,
    style: Style<'a>,
    row: Option<&'a QueryName>,
}

impl<'a> Member<'a> {
    pub(super) fn root(tree: &'a Tree, style: Style<'a>) -> Self {
        Self { tree, style, row: None }
    }

    /// A struct's field, if the form has it.
    fn field(&self, name: &'static str) -> Option<Member<'a>> {
        let row = self.style.row(name);
        let element =
            row.map(|row| row.element).filter(|element| self.style.dialect.flattened && !element.is_empty());
        let tree = self.tree.children.get(element.unwrap_or(name))?;
        Some(Member { tree, style: self.style, row })
    }

    /// The elements of a list or map.
    fn elements(&self, between: &str) -> Vec<&'a Tree> {
        if self.style.dialect.flattened {
            return self.tree.numbered();
        }
        self.tree.children.get(between).map(Tree::numbered).unwrap_or_default()
    }

    fn below(&self, tree: &'a Tree) -> Self {
        Self { tree, style: self.style, row: None }
    }

    fn text(&self) -> Result<&'a str, QueryError> {
        self.tree.text.as_deref().ok_or_else(|| de::Error::custom("a value is needed, not a structure"))
    }

    fn parsed<T: std::str::FromStr>(&self, what: &str) -> Result<T, QueryError> {
        let text = self.text()?;
        text.trim().parse().map_err(|_| de::Error::custom(format!("{text:?} is not {what}")))
    }
}

macro_rules! parsed {
    ($($method:ident => $visit:ident, $what:literal;)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
            visitor.$visit(self.parsed($what)?)
        })*
    };
}

impl<'de> Deserializer<'de> for Member<'_> {
    type Error = QueryError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_str(self.text()?)
    }

    parsed! {
        deserialize_i8 => visit_i8, "a number";
        deserialize_i16 => visit_i16, "a number";
        deserialize_i32 => visit_i32, "a number";
        deserialize_i64 => visit_i64, "a number";
        deserialize_u8 => visit_u8, "a number";
        deserialize_u16 => visit_u16, "a number";
        deserialize_u32 => visit_u32, "a number";
        deserialize_u64 => visit_u64, "a number";
        deserialize_f32 => visit_f32, "a number";
        deserialize_f64 => visit_f64, "a number";
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        match self.text()? {
            "true" | "True" | "1" => visitor.visit_bool(true),
            "false" | "False" | "0" => visitor.visit_bool(false),
            other => Err(de::Error::custom(format!("{other:?} is neither true nor false"))),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        let items = self.elements("member").into_iter().map(|tree| self.below(tree)).collect::<Vec<_>>();
        visitor.visit_seq(Items(items.into_iter()))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        let (key, value) = (self.style.key(self.row), self.style.value(self.row));
        let mut pairs = Vec::new();
        for entry in self.elements("entry") {
            let name = entry.children.get(key).and_then(|tree| tree.text.clone());
            let name = name.ok_or_else(|| QueryError(DecodeError::Missing(key.to_owned())))?;
            let value = entry
                .children
                .get(value)
                .ok_or_else(|| QueryError(DecodeError::Missing(value.to_owned())))?;
            pairs.push((name, self.below(value)));
        }
        visitor.visit_map(Pairs { left: pairs.into_iter(), value: None })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        let present: Vec<(String, Member<'_>)> =
            fields.iter().filter_map(|name| Some(((*name).to_owned(), self.field(name)?))).collect();
        visitor.visit_map(Pairs { left: present.into_iter(), value: None })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, QueryError> {
        visitor.visit_enum(self.text()?.into_deserializer())
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, QueryError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

struct Items<'a>(std::vec::IntoIter<Member<'a>>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = QueryError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, QueryError> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }
}

struct Pairs<'a> {
    left: std::vec::IntoIter<(String, Member<'a>)>,
    value: Option<Member<'a>>,
}

impl<'de> MapAccess<'de> for Pairs<'_> {
    type Error = QueryError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, QueryError> {
        let Some((name, value)) = self.left.next() else { return Ok(None) };
        self.value = Some(value);
        let name: StringDeserializer<QueryError> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, QueryError> {
        match self.value.take() {
            Some(value) => seed.deserialize(value),
            None => Err(de::Error::custom("a value was read before its name")),
        }
    }
}
