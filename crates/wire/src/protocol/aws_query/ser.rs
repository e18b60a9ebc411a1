//! From a shape to XML.

use std::fmt;

use serde::ser::{self, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, Serializer};

use super::{QueryName, Style, xml};
use crate::text;

/// What cannot be written as XML. Shapes never meet it.
#[derive(Debug)]
pub(super) struct XmlError(String);

impl fmt::Display for XmlError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for XmlError {}

impl ser::Error for XmlError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Writes a value as the element of a name.
pub(super) struct Element<'a> {
    out: &'a mut String,
    name: &'a str,
    row: Option<&'a QueryName>,
    style: Style<'a>,
}

impl<'a> Element<'a> {
    pub(super) fn new(out: &'a mut String, name: &'a str, style: Style<'a>) -> Self {
        Self { out, name, row: None, style }
    }

    fn scalar(self, value: &dyn fmt::Display) {
        xml::element(self.out, self.name, &value.to_string());
    }

    fn element_name(&self) -> &'a str {
        match self.row {
            Some(row) if !row.element.is_empty() => row.element,
            _ => self.name,
        }
    }
}

macro_rules! scalars {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<(), XmlError> {
            self.scalar(&value);
            Ok(())
        })*
    };
}

impl<'a> Serializer for Element<'a> {
    type Ok = ();
    type Error = XmlError;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Impossible<(), XmlError>;
    type SerializeTupleStruct = Impossible<(), XmlError>;
    type SerializeTupleVariant = Impossible<(), XmlError>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Impossible<(), XmlError>;

    scalars!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char, serialize_str: &str
    );

    fn serialize_bytes(self, text: &[u8]) -> Result<(), XmlError> {
        self.serialize_str(&text::of(text))
    }
    fn serialize_none(self) -> Result<(), XmlError> {
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), XmlError> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<(), XmlError> {
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), XmlError> {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), XmlError> {
        self.scalar(&variant);
        Ok(())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), XmlError> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), XmlError> {
        Err(ser::Error::custom("unions are not written in this protocol"))
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, XmlError> {
        let flattened = self.style.dialect.flattened;
        let (name, item) = (self.name, if flattened { self.element_name() } else { "member" });
        if !flattened {
            xml::open(self.out, name);
        }
        Ok(Items { out: self.out, name, item, style: self.style })
    }
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, XmlError> {
        Err(ser::Error::custom("tuples are no shapes"))
    }
    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, XmlError> {
        Err(ser::Error::custom("tuples are no shapes"))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, XmlError> {
        Err(ser::Error::custom("tuples are no shapes"))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a>, XmlError> {
        let flattened = self.style.dialect.flattened;
        let entry = if flattened { self.element_name() } else { "entry" };
        if !flattened {
            xml::open(self.out, self.name);
        }
        let (key, value) = (self.style.key(self.row), self.style.value(self.row));
        Ok(Entries { out: self.out, name: self.name, entry, key, value, style: self.style })
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'a>, XmlError> {
        xml::open(self.out, self.name);
        Ok(Members { out: self.out, name: self.name, style: self.style })
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, XmlError> {
        Err(ser::Error::custom("unions are not written in this protocol"))
    }
}

/// A list.
pub(super) struct Items<'a> {
    out: &'a mut String,
    name: &'a str,
    item: &'a str,
    style: Style<'a>,
}

impl SerializeSeq for Items<'_> {
    type Ok = ();
    type Error = XmlError;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), XmlError> {
        value.serialize(Element::new(self.out, self.item, self.style))
    }
    fn end(self) -> Result<(), XmlError> {
        if !self.style.dialect.flattened {
            xml::close(self.out, self.name);
        }
        Ok(())
    }
}

/// A map.
pub(super) struct Entries<'a> {
    out: &'a mut String,
    name: &'a str,
    entry: &'a str,
    key: &'a str,
    value: &'a str,
    style: Style<'a>,
}

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = XmlError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), XmlError> {
        xml::open(self.out, self.entry);
        key.serialize(Element::new(self.out, self.key, self.style))
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), XmlError> {
        value.serialize(Element::new(self.out, self.value, self.style))?;
        xml::close(self.out, self.entry);
        Ok(())
    }
    fn end(self) -> Result<(), XmlError> {
        if !self.style.dialect.flattened {
            xml::close(self.out, self.name);
        }
        Ok(())
    }
}

/// A structure.
pub(super) struct Members<'a> {
    out: &'a mut String,
    name: &'a str,
    style: Style<'a>,
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = XmlError;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), XmlError> {
        let row = self.style.row(name);
        value.serialize(Element { out: self.out, name, row, style: self.style })
    }
    fn end(self) -> Result<(), XmlError> {
        xml::close(self.out, self.name);
        Ok(())
    }
}
