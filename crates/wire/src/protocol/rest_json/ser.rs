//! An output structure, split into headers, status, bare payload and body.

use bytes::Bytes;
use serde::ser::{Error as _, Impossible, Serialize, SerializeStruct, Serializer};
use serde_json::{Error, Map, Value as Json};

use super::Rest;

/// Where the members went.
#[derive(Default)]
pub(super) struct Parts {
    pub(super) status: Option<u16>,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) payload: Option<Bytes>,
    pub(super) body: Map<String, Json>,
}

pub(super) fn split<T: Serialize>(rest: &Rest, output: &T) -> Result<Parts, Error> {
    output.serialize(Split { rest })
}

struct Split<'a> {
    rest: &'a Rest,
}

struct Fields<'a> {
    rest: &'a Rest,
    parts: Parts,
}

impl SerializeStruct for Fields<'_> {
    type Ok = Parts;
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        if self.rest.output_payload == Some(name) {
            self.parts.payload = value.serialize(BareBytes)?;
            return Ok(());
        }
        let value = serde_json::to_value(value)?;
        if self.rest.output_status == Some(name) {
            self.parts.status = value.as_u64().and_then(|status| u16::try_from(status).ok());
        } else if let Some(binding) = self.rest.output_headers.iter().find(|binding| binding.member == name) {
            match value {
                Json::Null => {}
                Json::String(text) => self.parts.headers.push((binding.name, text)),
                other => self.parts.headers.push((binding.name, other.to_string())),
            }
        } else {
            self.parts.body.insert(name.to_owned(), value);
        }
        Ok(())
    }

    fn end(self) -> Result<Parts, Error> {
        Ok(self.parts)
    }
}

/// Refuses every form of value but those written out by the two serializers below.
macro_rules! refused {
    ($ok:ty, $why:literal, $($method:ident($($argument:ty),*);)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$ok, Error> {
            Err(Error::custom($why))
        })*
        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<$ok, Error> {
            Err(Error::custom($why))
        }
        fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Error> {
            Err(Error::custom($why))
        }
        fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
            Err(Error::custom($why))
        }
        fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Error> {
            Err(Error::custom($why))
        }
        fn serialize_tuple_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<Self::SerializeTupleVariant, Error> {
            Err(Error::custom($why))
        }
        fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Error> {
            Err(Error::custom($why))
        }
        fn serialize_struct_variant(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: usize,
        ) -> Result<Self::SerializeStructVariant, Error> {
            Err(Error::custom($why))
        }
    };
}

impl<'a> Serializer for Split<'a> {
    type Ok = Parts;
    type Error = Error;
    type SerializeSeq = Impossible<Parts, Error>;
    type SerializeTuple = Impossible<Parts, Error>;
    type SerializeTupleStruct = Impossible<Parts, Error>;
    type SerializeTupleVariant = Impossible<Parts, Error>;
    type SerializeMap = Impossible<Parts, Error>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Impossible<Parts, Error>;

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, Error> {
        Ok(Fields { rest: self.rest, parts: Parts::default() })
    }
    fn serialize_unit(self) -> Result<Parts, Error> {
        Ok(Parts::default())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Parts, Error> {
        value.serialize(self)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Parts, Error> {
        value.serialize(self)
    }
    refused! { Parts, "an output is a structure",
        serialize_bool(bool); serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64); serialize_f32(f32);
        serialize_f64(f64); serialize_char(char); serialize_str(&str); serialize_bytes(&[u8]); serialize_none();
        serialize_unit_struct(&'static str); serialize_unit_variant(&'static str, u32, &'static str);
    }
}

/// Takes a blob's bytes as they are.
struct BareBytes;

impl Serializer for BareBytes {
    type Ok = Option<Bytes>;
    type Error = Error;
    type SerializeSeq = Impossible<Option<Bytes>, Error>;
    type SerializeTuple = Impossible<Option<Bytes>, Error>;
    type SerializeTupleStruct = Impossible<Option<Bytes>, Error>;
    type SerializeTupleVariant = Impossible<Option<Bytes>, Error>;
    type SerializeMap = Impossible<Option<Bytes>, Error>;
    type SerializeStruct = Impossible<Option<Bytes>, Error>;
    type SerializeStructVariant = Impossible<Option<Bytes>, Error>;

    fn is_human_readable(&self) -> bool {
        false
    }
    fn serialize_bytes(self, bytes: &[u8]) -> Result<Option<Bytes>, Error> {
        Ok(Some(Bytes::copy_from_slice(bytes)))
    }
    fn serialize_str(self, text: &str) -> Result<Option<Bytes>, Error> {
        Ok(Some(Bytes::copy_from_slice(text.as_bytes())))
    }
    fn serialize_none(self) -> Result<Option<Bytes>, Error> {
        Ok(None)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Option<Bytes>, Error> {
        value.serialize(self)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Option<Bytes>, Error> {
        value.serialize(self)
    }
    refused! { Option<Bytes>, "a bare payload is bytes",
        serialize_bool(bool); serialize_i8(i8); serialize_i16(i16); serialize_i32(i32); serialize_i64(i64);
        serialize_u8(u8); serialize_u16(u16); serialize_u32(u32); serialize_u64(u64); serialize_f32(f32);
        serialize_f64(f64); serialize_char(char); serialize_unit();
        serialize_unit_struct(&'static str); serialize_unit_variant(&'static str, u32, &'static str);
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Error> {
        Err(Error::custom("a bare payload is bytes"))
    }
}
