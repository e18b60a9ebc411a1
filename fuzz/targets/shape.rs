//! A shape with a member of every kind, as the actions' inputs are made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wire::Blob;

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Entry {
    pub id: String,
    pub delay: Option<i32>,
    pub data: Option<Blob>,
    #[serde(default)]
    pub attributes: BTreeMap<String, Value>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Value {
    pub data_type: String,
    pub string_value: Option<String>,
    pub binary_value: Option<Blob>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Shape {
    pub url: Option<String>,
    pub names: Vec<String>,
    pub attributes: BTreeMap<String, String>,
    pub message_attributes: BTreeMap<String, Value>,
    pub entries: Vec<Entry>,
    pub flag: Option<bool>,
    pub number: Option<u64>,
    pub ratio: Option<f64>,
    pub data: Option<Blob>,
    pub tags: BTreeMap<String, String>,
    pub nested: Option<Box<Shape>>,
}
